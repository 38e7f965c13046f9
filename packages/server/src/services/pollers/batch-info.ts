/** Which records of a stream were given up, as those are told of it who are told. */
import type { LostBatch } from "./stream-work.ts";

/** `KinesisBatchInfo` or `DDBStreamBatchInfo`, in the order of its members as AWS has it. */
export function batchInfo(
  kinesis: boolean,
  streamArn: string,
  { shardId, items }: Pick<LostBatch<unknown>, "shardId" | "items">,
  now: number,
): Readonly<Record<string, object>> {
  const [first, last] = [items[0]?.record, items.at(-1)?.record];
  // Recorded: times of DynamoDB have no fractions.
  const time = (ms: number) =>
    kinesis ? new Date(ms).toISOString() : `${new Date(ms).toISOString().slice(0, 19)}Z`;
  return {
    [kinesis ? "KinesisBatchInfo" : "DDBStreamBatchInfo"]: {
      shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: last?.sequenceNumber,
      approximateArrivalOfFirstRecord: time(first?.arrivedAt ?? now),
      approximateArrivalOfLastRecord: time(last?.arrivedAt ?? now),
      batchSize: items.length,
      streamArn,
    },
  };
}
