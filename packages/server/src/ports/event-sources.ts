/**
 * What event source mappings and pipes read: queues and streams of any service, by their ARNs. All of it is in process;
 * a wait ends at once when there is something, and early, without an error, when its signal is aborted.
 */
import type { MessageAttribute } from "./targets.ts";

/** Queues by their ARNs. Every call but `describe` throws SourceGone where the queue does not exist. */
export interface QueueSource {
  /** Undefined: there is no such queue. */
  describe(queueArn: string): Promise<SourceQueue | undefined>;

  /**
   * Receives messages as a client would, with every attribute: their receive counts grow, and those received too often
   * go to the dead-letter queue instead. Waits for the first one for `waitMs` at most. Answers none when aborted; what
   * was received nevertheless is visible again.
   */
  receive(queueArn: string, options: ReceiveOptions): Promise<readonly QueueMessage[]>;

  /** Deletes messages; those that are gone or were received again are passed over. At most 1,000. */
  delete(queueArn: string, receiptHandles: readonly string[]): Promise<void>;

  /** Hides messages for so long from now on; 0: visible at once. As `delete` about those not held. At most 1,000. */
  changeVisibility(
    queueArn: string,
    receiptHandles: readonly string[],
    visibilityMs: number,
  ): Promise<void>;
}

export interface SourceQueue {
  /** Of messages that are received without a visibility timeout of their own. */
  readonly visibilityMs: number;
  readonly fifo: boolean;
}

export interface ReceiveOptions {
  /** At most 1,000. Of a FIFO queue messages of several groups may come, each group's in order. */
  readonly max: number;
  readonly waitMs: number;
  /** Absent: the queue's own. */
  readonly visibilityMs?: number;
  /** Bodies and attributes of at most so many bytes together, but always one message. */
  readonly maxBytes?: number;
  readonly signal: AbortSignal;
}

export interface QueueMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** Hexadecimal. */
  readonly md5OfBody: string;
  /** Absent where there are no message attributes. */
  readonly md5OfMessageAttributes?: string;
  /** The system's: `ApproximateReceiveCount`, `SentTimestamp`, `MessageGroupId`, `AWSTraceHeader` and the others. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, MessageAttribute>>;
}

/** Streams of shards by their ARNs. Every call but `describe` throws SourceGone where stream or shard does not exist. */
export interface StreamSource {
  /** Undefined: there is no such stream. */
  describe(streamArn: string): Promise<SourceStream | undefined>;

  /** Every shard that can still be read, in the order in which they were made; parents come before children. */
  shards(streamArn: string): Promise<readonly SourceShard[]>;

  /**
   * The place in a shard from which a reader goes on. A **place** is text that lies between two records: it is fit to
   * be kept, and stays true. The `sequenceNumber` of a record is the place behind it.
   */
  place(streamArn: string, shardId: string, position: StreamPosition): Promise<string>;

  /**
   * The records behind a place, in their order; where they were trimmed away, from the oldest there is. Waits for the
   * first one for `waitMs` at most. Answers none when aborted.
   */
  read(streamArn: string, options: ReadOptions): Promise<StreamBatch>;

  /** Calls back after the stream's shards have changed, or it is gone. Returns the function that ends it. */
  watchShards(streamArn: string, listener: () => void): () => void;
}

export interface SourceStream {
  readonly status: "active" | "changing" | "deleting";
}

export interface SourceShard {
  readonly id: string;
  /** Those it was split or merged from: read these to their ends first. They may have been trimmed away. */
  readonly parents: readonly string[];
}

export type StreamPosition =
  /** The oldest record there is. */
  | { readonly at: "TRIM_HORIZON" }
  /** Behind the newest. */
  | { readonly at: "LATEST" }
  /** The first record that arrived then (milliseconds since the epoch) or later. */
  | { readonly at: "AT_TIMESTAMP"; readonly time: number };

export interface ReadOptions {
  readonly shardId: string;
  readonly after: string;
  /** At most 10,000. */
  readonly max: number;
  /** Data of at most so many bytes together, but always one record. */
  readonly maxBytes: number;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export interface StreamBatch {
  readonly records: readonly StreamRecord[];
  /** The shard is closed, and these are its last records. */
  readonly ended: boolean;
}

export interface StreamRecord {
  /** Unique in its shard; later records have greater ones. A decimal number. */
  readonly sequenceNumber: string;
  /** Records of one key stay in their order: the partition key, or the item's key. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
  readonly content: KinesisContent | TableContent;
}

export interface KinesisContent {
  readonly kind: "kinesis";
  readonly data: Uint8Array;
}

/** A change of an item, as DynamoDB Streams tell it. */
export interface TableContent {
  readonly kind: "dynamodb";
  readonly eventName: "INSERT" | "MODIFY" | "REMOVE";
  /** `dynamodb` of the event: Keys, NewImage, OldImage, SizeBytes and so on, as JSON has them. */
  readonly change: Readonly<Record<string, unknown>>;
  readonly userIdentity?: { readonly type: string; readonly principalId: string };
}

/** The queue, stream or shard does not exist (any longer). */
export class SourceGone extends Error {
  override readonly name = "SourceGone";
}
