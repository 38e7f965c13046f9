import type { StreamPosition, StreamRecord } from "../../ports/event-sources.ts";
import type { Prepared } from "./context.ts";

/** What is to be done with the records of a stream. `Last`: what is known of the last attempt of a batch. */
export interface StreamWork<Last> {
  readonly streamArn: string;
  /** Where shards begin that are there when the stream is read for the first time; later ones begin at their beginning. */
  readonly start: StreamPosition;
  readonly batchSize: number;
  /** How long a batch may wait for more records; 0: it does not. */
  readonly windowMs: number;
  /** Batches of one shard at a time. Records of one key are in one batch, or one after the other. */
  readonly factor: number;
  /** 0: no windows. */
  readonly tumblingMs: number;
  /** How often a batch that failed is tried again. */
  readonly retries: number;
  /** How old a record may become. */
  readonly ageMs: number;
  /** Whether batches that failed are halved. */
  readonly bisect: boolean;
  /** The record as JSON; undefined where it is filtered out. */
  prepare(record: StreamRecord, shardId: string): string | undefined;
  /** Never rejects. */
  process(call: StreamCall): Promise<StreamOutcome<Last>>;
  /** A batch is given up. Resolves once that is told where it is to be told; until then nothing goes on. */
  giveUp(lost: LostBatch<Last>): Promise<void>;
  polled(records: number, filtered: number): void;
  /** The stream could not be read, or what was done not be kept; it is tried again. */
  trouble(error: unknown): void;
  /** What was to be invoked is no more: the poller has stopped. */
  gone(): void;
}

export interface StreamItem extends Prepared {
  readonly record: StreamRecord;
}

export interface StreamCall {
  readonly shardId: string;
  readonly items: readonly StreamItem[];
  readonly window?: WindowCall;
}

/** The tumbling window that a batch belongs to. Times in milliseconds since the epoch. */
export interface WindowCall {
  readonly start: number;
  readonly end: number;
  readonly state: unknown;
  readonly final: boolean;
  readonly early: boolean;
}

export type StreamOutcome<Last> =
  /** `state`: of the window. */
  | { readonly kind: "done"; readonly state?: unknown }
  /** Those before `from` were processed. */
  | { readonly kind: "failed"; readonly from: number; readonly last: Last }
  /** It was not tried. */
  | { readonly kind: "refused" | "gone" | "closing" };

export interface LostBatch<Last> {
  readonly shardId: string;
  readonly items: readonly StreamItem[];
  readonly condition: "RetryAttemptsExhausted" | "RecordAgeExceeded";
  readonly invokeCount: number;
  /** Undefined where there was no attempt. */
  readonly last: Last | undefined;
}

/** How far a shard was processed. */
export interface ShardCheckpoint {
  /** The place behind the last record before which all are processed. */
  readonly after: string;
  /** It was read to its end. */
  readonly ended?: true;
  /** One for each batch at a time: how far it is beyond that, and its window. */
  readonly lanes?: readonly LaneCheckpoint[];
}

export interface LaneCheckpoint {
  readonly after?: string;
  readonly window?: OpenWindow;
}

export interface OpenWindow {
  readonly start: number;
  readonly state: unknown;
}

/** Where checkpoints are kept. Every call resolves once it is durable. */
export interface Checkpoints {
  load(): Promise<ReadonlyMap<string, ShardCheckpoint>>;
  save(changes: ReadonlyMap<string, ShardCheckpoint | undefined>): Promise<void>;
}

/** Orders sequence numbers, which are decimal numbers of any length. */
export function compareSequence(one: string, other: string): number {
  const a = one.replace(/^0+(?=\d)/, "");
  const b = other.replace(/^0+(?=\d)/, "");
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
