/** What requests of Kinesis name, in our words. */
import type { Scope } from "../../domain/scope.ts";
import {
  type ConsumerRef,
  type NewRecord,
  type Position,
  parseResourceArn,
  parseStreamArn,
  type ShardFilter,
  type StreamRef,
} from "../../services/streams/index.ts";
import type {
  PutRecordsRequestEntry,
  ShardFilter as ShardFilterInput,
  ShardIteratorType,
} from "../api/kinesis.ts";
import { AwsError } from "../error.ts";

const invalid = (message: string) => new AwsError("InvalidArgumentException", message);

interface NamesStream {
  readonly StreamName?: string | undefined;
  readonly StreamARN?: string | undefined;
}

/** The stream that a request names, by its name, its ARN, or both. @throws AwsError InvalidArgumentException */
export function streamOf(input: NamesStream, scope: Scope): StreamRef {
  const { StreamName: name, StreamARN: arn } = input;
  if (arn === undefined) {
    if (name === undefined) throw invalid("Either StreamName or StreamARN must be provided.");
    return { account: scope.account, region: scope.region, name };
  }
  const ref = parseStreamArn(arn);
  if (!ref) throw invalid(`Invalid StreamARN: ${arn}`);
  if (name !== undefined && name !== ref.name)
    throw invalid("StreamName does not match the stream name in the StreamARN.");
  return ref;
}

export function consumerOf(input: {
  readonly StreamARN?: string | undefined;
  readonly ConsumerName?: string | undefined;
  readonly ConsumerARN?: string | undefined;
}): ConsumerRef {
  const { StreamARN: arn, ConsumerName: name, ConsumerARN: consumerArn } = input;
  if (consumerArn !== undefined && arn === undefined && name === undefined)
    return parseResourceArn(consumerArn);
  if (consumerArn !== undefined || arn === undefined || name === undefined)
    throw invalid("Either ConsumerARN, or both StreamARN and ConsumerName must be provided.");
  return { stream: streamOf({ StreamARN: arn }, { account: "", region: "" }), name };
}

export const positionOf = (input: {
  readonly type: ShardIteratorType;
  readonly sequenceNumber: string | undefined;
  readonly timestamp: Date | undefined;
}): Position => ({
  type: input.type,
  sequenceNumber: input.sequenceNumber,
  timestamp: input.timestamp?.getTime(),
});

export const recordOf = (input: PutRecordsRequestEntry): NewRecord => ({
  data: input.Data,
  partitionKey: input.PartitionKey,
  explicitHashKey: input.ExplicitHashKey,
});

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ShardFilter.html */
export function filterOf(input: ShardFilterInput | undefined): ShardFilter | undefined {
  if (input === undefined) return undefined;
  const { Type: type, ShardId: shardId, Timestamp: timestamp } = input;
  switch (type) {
    case "AFTER_SHARD_ID":
      if (shardId === undefined) throw invalid("ShardId is required for the type AFTER_SHARD_ID.");
      return { type, shardId };
    case "AT_TIMESTAMP":
    case "FROM_TIMESTAMP":
      if (timestamp === undefined) throw invalid(`Timestamp is required for the type ${type}.`);
      return { type, timestamp: timestamp.getTime() };
    default:
      return { type };
  }
}

/** What is not built says so. */
export function refuseWarmThroughput(input: {
  readonly WarmThroughputMiBps?: number | undefined;
}): void {
  if (input.WarmThroughputMiBps !== undefined)
    throw new AwsError("NotImplemented", "WarmThroughputMiBps is not implemented by Yunque.", {
      status: 501,
    });
}
