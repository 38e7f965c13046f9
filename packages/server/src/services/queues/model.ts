/** What is kept of queues: a record each. Their messages are in `ports/queues.ts`, under `Queue.messages`. */
import type { QueueRef } from "../../domain/queue-name.ts";
import type { Scope } from "../../domain/scope.ts";

/** A queue as it is stored. */
export interface QueueRecord {
  readonly created: number;
  /** When its attributes were changed. */
  readonly modified: number;
  /** Tells it from earlier queues of the same name. */
  readonly generation: string;
  /** What was set, in AWS's words; the rest has its defaults. */
  readonly attributes: QueueAttributes;
  readonly tags: Tags;
  /** When it was purged. */
  readonly purged?: number;
}

export type QueueAttributes = Readonly<Record<string, string>>;
export type Tags = Readonly<Record<string, string>>;

/** What the attributes of a queue mean. */
export interface QueueSettings {
  readonly fifo: boolean;
  readonly visibilityMs: number;
  readonly delayMs: number;
  readonly retentionMs: number;
  /** How long a receive waits that does not say it. */
  readonly waitMs: number;
  /** Of a message. */
  readonly maxBytes: number;
  readonly contentDeduplication: boolean;
  /** Messages of different groups are never duplicates. */
  readonly groupDeduplication: boolean;
  /** ARN of the dead-letter queue, and how often a message is received before. */
  readonly redrive: { readonly arn: string; readonly max: number } | undefined;
}

/** A queue as it is at work: its record, read. */
export interface Queue extends QueueRef {
  readonly arn: string;
  readonly record: QueueRecord;
  readonly revision: number;
  readonly settings: QueueSettings;
  /** Its name among `ports/queues.ts`. */
  readonly messages: string;
}

/** The kind of our queues among all that use `ports/queues.ts`. */
export const MESSAGES_KIND = "sqs";

export const recordsSpace = ({ account, region }: Scope): string => `${account}/${region}/queues`;

/** No two queues share one, also those of one name that were there one after the other. */
export const messagesName = ({ account, region, name }: QueueRef, generation: string): string =>
  `${account}/${region}/${MESSAGES_KIND}/${name}/${generation}`;
