/** Enhanced fan-out: a consumer is sent what comes to a shard, for five minutes at a time. */
import { findConsumer } from "./consumers.ts";
import type { StreamsContext } from "./context.ts";
import { dryRun, inUse } from "./errors.ts";
import type { Consumer, Stream } from "./model.ts";
import { logOf, sequenceNumber, shardId } from "./names.ts";
import { type Position, placeOf, shardNamed } from "./positions.ts";
import { readShard, type ShardPage, sizeOf } from "./reading.ts";
import type { ResourceRef } from "./resources.ts";
import { READ_RATE, Throughput } from "./throughput.ts";
import { silent } from "./waiting.ts";

/** Kinesis: a subscription ends after so long ... */
const SUBSCRIPTION_MS = 300_000;
/** ... and cannot be taken over before that. */
const TAKE_OVER_MS = 5000;
/** An event without records shows that the subscription lives. */
const SILENCE_MS = 5000;
const EVENT_RECORDS = 10_000;
const EVENT_BYTES = 1 << 20;

export interface ShardEvent extends ShardPage {
  /** Where the next subscription goes on; absent at the end of the shard. */
  readonly continuation?: string;
}

interface Subscription {
  readonly since: number;
  readonly end: AbortController;
}

/** What a subscription is of, and behind which place it begins. */
interface Start {
  readonly ref: ResourceRef;
  readonly consumer: Consumer;
  readonly shard: number;
  readonly after: number;
}

export class Subscriptions {
  readonly #context: StreamsContext;
  /** By consumer and shard. */
  readonly #active = new Map<string, Subscription>();
  readonly #paces: Throughput;
  #closed = false;

  constructor(context: StreamsContext) {
    this.#context = context;
    this.#paces = new Throughput(context.clock, READ_RATE);
  }

  /** The events, until the shard, five minutes or the caller's patience end. @throws YunqueError as the position is wrong */
  async subscribe(
    ref: ResourceRef,
    shard: string,
    position: Position,
    options: { readonly signal: AbortSignal; readonly dryRun?: boolean | undefined },
  ): Promise<AsyncGenerator<ShardEvent>> {
    const { clock, store } = this.#context;
    const { consumer } = await findConsumer(this.#context, ref);
    const known = await store.usable(ref.stream);
    const found = shardNamed(known, shard);
    const after = await placeOf(this.#context, known, found, position, "SubscribeToShard");
    if (options.dryRun) throw dryRun();
    const key = `${logOf(known.stream, found.number)} ${consumer.name} ${consumer.created}`;
    const former = this.#active.get(key);
    if (former && clock.now() - former.since < TAKE_OVER_MS)
      throw inUse(
        `Another active subscription exists for this consumer: ${ref.arn} and shard ${shardId(found.number)}.`,
      );
    former?.end.abort();
    const subscription = { since: clock.now(), end: new AbortController() };
    this.#active.set(key, subscription);
    const start = { ref, consumer, shard: found.number, after };
    return this.#events(key, subscription, start, options.signal);
  }

  /** Ends all of them, also those that come later. */
  close(): void {
    this.#closed = true;
    for (const { end } of this.#active.values()) end.abort();
  }

  async *#events(
    key: string,
    subscription: Subscription,
    { ref, consumer, shard, after }: Start,
    signal: AbortSignal,
  ): AsyncGenerator<ShardEvent> {
    const { clock, store } = this.#context;
    const { end } = subscription;
    const abort = () => end.abort();
    signal.addEventListener("abort", abort);
    if (signal.aborted || this.#closed) abort();
    const cancel = clock.after(SUBSCRIPTION_MS, abort);
    try {
      let place = after;
      for (let first = true; !end.signal.aborted; first = false) {
        // Looked at anew: the shard may have been closed, the consumer or the stream be gone.
        const known = await store.find(ref.stream);
        const found = known?.byNumber.get(shard);
        if (!known || !found || !knows(known.stream, consumer)) return;
        const page = await readShard(this.#context, known, found, {
          after: place,
          limit: EVENT_RECORDS,
          maxBytes: EVENT_BYTES,
        });
        place = page.after;
        if (page.children) {
          yield page;
          return;
        }
        const event = { ...page, continuation: sequenceNumber(known.stream.created, shard, place) };
        if (first || page.records.length > 0) yield event;
        if (page.records.length > 0) await this.#pace(key, page, end.signal);
        else if (await silent(this.#context, known.stream, shard, place, SILENCE_MS, end.signal))
          yield event;
      }
    } finally {
      cancel();
      signal.removeEventListener("abort", abort);
      if (this.#active.get(key) === subscription) this.#active.delete(key);
    }
  }

  /** Kinesis: a consumer is sent 2 MiB of a shard in a second. */
  async #pace(key: string, { records }: ShardPage, signal: AbortSignal): Promise<void> {
    if (!this.#context.throughput) return;
    this.#paces.use(key, sizeOf(records));
    const ms = this.#paces.wait(key);
    if (ms === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        cancel();
        signal.removeEventListener("abort", go);
        resolve();
      };
      const cancel = this.#context.clock.after(ms, go);
      signal.addEventListener("abort", go);
    });
  }
}

const knows = ({ consumers }: Stream, { name, created }: Consumer): boolean =>
  consumers.some((one) => one.name === name && one.created === created);
