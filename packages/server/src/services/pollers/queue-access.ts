/** A queue as its poller uses it: messages come prepared, and what is to be done is tried until it is. */
import { doubling } from "../../domain/backoff.ts";
import { type QueueMessage, type QueueSource, SourceGone } from "../../ports/event-sources.ts";
import { Bell, pause } from "./bell.ts";
import { MAX_BATCH_BYTES, type PollerContext, prepared } from "./context.ts";
import type { QueueItem, QueueWork } from "./queue-work.ts";

/** Messages of one call. */
export const MAX_MESSAGES = 1000;
/** Bytes of messages that one receive brings. */
const MAX_RECEIVED_BYTES = 32 * 1024 * 1024;
/** Queues that hide nothing keep no order. */
const SHORTEST_HIDDEN_MS = 1000;
export const FIRST_RETRY_MS = 200;
export const LONGEST_RETRY_MS = 10_000;

export class QueueAccess {
  readonly #context: PollerContext;
  readonly #queues: QueueSource;
  readonly #work: QueueWork;
  readonly #signal: AbortSignal;

  constructor(context: PollerContext, queues: QueueSource, work: QueueWork, signal: AbortSignal) {
    this.#context = context;
    this.#queues = queues;
    this.#work = work;
    this.#signal = signal;
  }

  /** How long messages are hidden that were received; undefined where there is no queue. */
  async visibilityMs(): Promise<number | undefined> {
    return (await this.#queues.describe(this.#work.queueArn))?.visibilityMs;
  }

  /** What is left of the messages that come once they are filtered, and whether any came. */
  async receive(
    max: number,
    waitMs: number,
    batches: number,
  ): Promise<{ readonly items: readonly QueueItem[]; readonly empty: boolean }> {
    const messages = await this.#queues.receive(this.#work.queueArn, {
      max: Math.min(max, MAX_MESSAGES),
      waitMs,
      maxBytes: Math.min(MAX_RECEIVED_BYTES, MAX_BATCH_BYTES * batches),
      signal: this.#signal,
    });
    if (messages.length === 0) return { items: [], empty: true };
    const filtered: QueueMessage[] = [];
    const items: QueueItem[] = [];
    for (const message of messages) {
      const json = this.#work.prepare(message);
      if (json === undefined) filtered.push(message);
      else items.push({ message, ...prepared(json) });
    }
    this.#work.polled(messages.length, filtered.length);
    if (filtered.length > 0) await this.delete(filtered);
    return { items, empty: false };
  }

  /** Tries again until they are deleted: what was processed is not to come again. */
  async delete(messages: readonly QueueMessage[]): Promise<void> {
    const handles = messages.map(({ receiptHandle }) => receiptHandle);
    for (let at = 0; at < handles.length; at += MAX_MESSAGES) {
      const some = handles.slice(at, at + MAX_MESSAGES);
      for (let troubles = 0; ; troubles += 1)
        try {
          await this.#queues.delete(this.#work.queueArn, some);
          this.#work.deleted(some.length);
          break;
        } catch (error) {
          this.#work.trouble(error);
          if (isGone(error) || this.#signal.aborted) return;
          const wait = doubling(FIRST_RETRY_MS, troubles, LONGEST_RETRY_MS);
          await pause(this.#context.clock, wait, this.#signal);
        }
    }
  }

  /** Makes messages visible again. Where that fails they are so in time. */
  async release(items: readonly QueueItem[]): Promise<void> {
    const handles = items.map(({ message }) => message.receiptHandle);
    try {
      for (let at = 0; at < handles.length; at += MAX_MESSAGES) {
        const some = handles.slice(at, at + MAX_MESSAGES);
        await this.#queues.changeVisibility(this.#work.queueArn, some, 0);
      }
    } catch (error) {
      if (!isGone(error)) this.#work.trouble(error);
    }
  }

  /** Keeps messages hidden as long as this takes, so that no later one of their groups is handed out. */
  async hiding<T>(
    items: readonly QueueItem[],
    visibilityMs: number,
    work: () => Promise<T>,
  ): Promise<T> {
    if (visibilityMs < SHORTEST_HIDDEN_MS) return await work();
    const done = new AbortController();
    const bell = new Bell(this.#context.clock, done.signal);
    const handles = items.map(({ message }) => message.receiptHandle);
    const hidden = (async () => {
      for (;;) {
        await bell.wait(visibilityMs / 2);
        if (done.signal.aborted) return;
        await this.#queues
          .changeVisibility(this.#work.queueArn, handles, visibilityMs)
          .catch((error: unknown) => this.#work.trouble(error));
      }
    })();
    try {
      return await work();
    } finally {
      done.abort();
      await hidden;
    }
  }
}

const isGone = (error: unknown): boolean => error instanceof SourceGone;
