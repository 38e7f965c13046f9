import type { QueueMessage } from "../../ports/event-sources.ts";
import type { Prepared } from "./context.ts";

/** What is to be done with the messages of a queue. */
export interface QueueWork {
  readonly queueArn: string;
  readonly batchSize: number;
  /** How long a batch may wait for more messages; 0: it does not. */
  readonly windowMs: number;
  /** Batches at a time. */
  readonly concurrency: {
    readonly first: number;
    readonly most: number;
    /** Whether batches that fail make them fewer. */
    readonly shrinks: boolean;
  };
  /** The message as JSON; undefined where it is filtered out, and so deleted. */
  prepare(message: QueueMessage): string | undefined;
  /** Never rejects. */
  process(items: readonly QueueItem[]): Promise<QueueOutcome>;
  /** How many messages came, and how many of them were filtered out. */
  polled(messages: number, filtered: number): void;
  deleted(messages: number): void;
  /** The queue could not be read or written; it is tried again. */
  trouble(error: unknown): void;
  /** What was to be invoked is no more: the poller has stopped. */
  gone(): void;
}

export interface QueueItem extends Prepared {
  readonly message: QueueMessage;
}

export type QueueOutcome =
  /** Those that failed stay hidden as long as the queue says; the others are deleted. */
  | { readonly kind: "done"; readonly failed: ReadonlySet<string> }
  /** All stay hidden as long as the queue says. */
  | { readonly kind: "failed" }
  /** It was not tried: once more later, as long as the messages are hidden. */
  | { readonly kind: "refused" }
  /** It was not tried, and will not be: all are visible again. */
  | { readonly kind: "gone" | "closing" };
