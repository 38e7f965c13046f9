/** What a pipe does with the messages of a queue, and with the records of a stream. */
import { depthOf } from "../../domain/lineage.ts";
import { newTraceId, usableTraceId } from "../../domain/trace-id.ts";
import type { StreamPosition } from "../../ports/event-sources.ts";
import {
  compileFilters,
  type QueueItem,
  type QueueOutcome,
  type QueueWork,
  queueRecord,
  type SourceRecord,
  type StreamOutcome,
  type StreamWork,
  streamRecord,
} from "../pollers/index.ts";
import type { PipesDependencies } from "./context.ts";
import { tellOfLoss } from "./dead-letters.ts";
import { Delivery } from "./delivery.ts";
import type { Pipe, PipeStream } from "./model.ts";
import { batchSizeOf, PAYLOADS, targetBatch } from "./settings.ts";

/** AWS: pipes begin with five batches of a queue at a time, and have up to 1,250. */
const CONCURRENCY = { first: 5, most: 1250, shrinks: true };

export interface PipeReports {
  trouble(error: unknown): void;
}

export function queueWork(
  context: PipesDependencies,
  pipe: Pipe,
  arn: string,
  { trouble }: PipeReports,
): QueueWork {
  const { source, target } = pipe;
  const passes = compileFilters(source.filters ?? [], "body", context.compilePattern);
  const delivery = new Delivery(context, pipe, arn);
  const inOrder = source.arn.endsWith(".fifo");
  return {
    queueArn: source.arn,
    batchSize: Math.min(batchSizeOf(source), targetBatch(target)),
    windowMs: (source.windowSeconds ?? 0) * 1000,
    concurrency: CONCURRENCY,
    prepare(message) {
      const record = queueRecord(message, source.arn, undefined);
      return passes(record) ? JSON.stringify(record) : undefined;
    },
    async process(items): Promise<QueueOutcome> {
      try {
        const delivered = await delivery.deliver({
          records: recordsOf(items),
          ids: items.map(({ message }) => message.messageId),
          traceId: traceOf(items) ?? newTraceId(context.clock.now()),
          inOrder,
        });
        if (delivered.kind !== "done") return delivered;
        const failed = [...delivered.failed].map((index) => items[index]?.message.messageId ?? "");
        return { kind: "done", failed: new Set(failed) };
      } catch (error) {
        trouble(error);
        return { kind: "failed" };
      }
    },
    polled() {},
    deleted() {},
    trouble,
    gone() {},
  };
}

export function streamWork(
  context: PipesDependencies,
  pipe: Pipe,
  arn: string,
  { trouble }: PipeReports,
): StreamWork<undefined> {
  const { source, target, roleArn } = pipe;
  const stream: PipeStream = source.stream ?? { position: "TRIM_HORIZON" };
  const payload = PAYLOADS[source.kind];
  const passes = compileFilters(source.filters ?? [], payload, context.compilePattern);
  const delivery = new Delivery(context, pipe, arn);
  const { retries = -1, ageSeconds = -1 } = stream;
  return {
    streamArn: source.arn,
    start: startOf(stream),
    batchSize: Math.min(batchSizeOf(source), targetBatch(target)),
    windowMs: (source.windowSeconds ?? 0) * 1000,
    factor: stream.factor ?? 1,
    tumblingMs: 0,
    retries: retries === -1 ? Number.POSITIVE_INFINITY : retries,
    ageMs: ageSeconds === -1 ? Number.POSITIVE_INFINITY : ageSeconds * 1000,
    bisect: stream.bisect ?? false,
    prepare(record, shardId) {
      const origin = { streamArn: source.arn, shardId, role: roleArn };
      const value = flat(streamRecord(record, origin));
      return passes(value) ? JSON.stringify(value) : undefined;
    },
    async process({ items }): Promise<StreamOutcome<undefined>> {
      try {
        const delivered = await delivery.deliver({
          records: recordsOf(items),
          ids: items.map(({ record }) => record.sequenceNumber),
          traceId: newTraceId(context.clock.now()),
          inOrder: true,
        });
        if (delivered.kind === "failed") return { kind: "failed", from: 0, last: undefined };
        if (delivered.kind !== "done") return delivered;
        const { failed } = delivered;
        return failed.size === 0
          ? { kind: "done" }
          : { kind: "failed", from: Math.min(...failed), last: undefined };
      } catch (error) {
        trouble(error);
        return { kind: "failed", from: 0, last: undefined };
      }
    },
    giveUp: (lost) => tellOfLoss(context, pipe, arn, stream.deadLetter, lost),
    polled() {},
    trouble,
    gone() {},
  };
}

export const startOf = ({ position, time }: PipeStream): StreamPosition =>
  position === "AT_TIMESTAMP" ? { at: position, time: time ?? 0 } : { at: position };

/** Pipes have what is Kinesis's beside the rest, and not within. */
function flat({ kinesis, ...record }: SourceRecord): SourceRecord {
  return kinesis === undefined ? record : { ...(kinesis as object), ...record };
}

const recordsOf = (items: readonly { readonly json: string }[]): SourceRecord[] =>
  items.map(({ json }) => JSON.parse(json) as SourceRecord);

/** Where messages come from by way of functions, the batch goes on with the longest of their ways. */
function traceOf(items: readonly QueueItem[]): string | undefined {
  let deepest: string | undefined;
  for (const { message } of items) {
    const header = usableTraceId(message.attributes["AWSTraceHeader"]);
    if (header === undefined) continue;
    if (deepest === undefined || depthOf(header) > depthOf(deepest)) deepest = header;
  }
  return deepest;
}
