/**
 * Receives a queue's messages, and has them processed in batches.
 *
 * Receivers ask for as many messages as there is room for: one where little comes, a few where there is plenty. How many batches run at a time
 * begins low and grows while all of them are busy, as Lambda's pollers do:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 * A batch that is refused is kept and tried again as long as its messages are hidden, and meanwhile fewer are received.
 */
import { doubling } from "../../domain/backoff.ts";
import type { QueueSource } from "../../ports/event-sources.ts";
import { Bell, pause } from "./bell.ts";
import { MAX_BATCH_BYTES, type Poller, type PollerContext } from "./context.ts";
import { Lanes } from "./lanes.ts";
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, QueueAccess } from "./queue-access.ts";
import type { QueueItem, QueueWork } from "./queue-work.ts";

const LONG_POLL_MS = 20_000;
const MOST_RECEIVERS = 4;
const DESCRIBE_MS = 60_000;
const LONGEST_TROUBLE_MS = 30_000;

interface Batch {
  readonly items: readonly QueueItem[];
  readonly bytes: number;
  /** When the first of its messages was received. */
  readonly receivedAt: number;
}

export class QueuePoller implements Poller {
  readonly #context: PollerContext;
  readonly #queue: QueueAccess;
  readonly #work: QueueWork;
  readonly #stopping = new AbortController();
  readonly #lanes: Lanes;
  readonly #bell: Bell;
  readonly #running = new Set<Promise<void>>();
  readonly #ended: Promise<void>;
  /** What did not fit into the last batch. */
  #carried: QueueItem[] = [];
  #visibilityMs = 30_000;
  readonly #fifo: boolean;
  /** When its settings are to be read again. */
  #describeAt = 0;
  #gone = false;
  /** Receives under way. */
  #receiving = 0;
  /** The last one brought as much as there was room for. */
  #plenty = false;
  /** Receives that failed, one after the other. */
  #troubles = 0;
  readonly #drained: (() => void)[] = [];

  constructor(context: PollerContext, queues: QueueSource, work: QueueWork) {
    this.#context = context;
    this.#queue = new QueueAccess(context, queues, work, this.#stopping.signal);
    this.#work = work;
    this.#fifo = work.queueArn.endsWith(".fifo");
    this.#lanes = new Lanes(context.clock, work.concurrency, this.#stopping.signal);
    this.#bell = new Bell(context.clock, this.#stopping.signal);
    this.#ended = this.#poll();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  async close(graceMs: number): Promise<number> {
    await this.stop();
    const over = new AbortController();
    const all = Promise.all(this.#running).then(() => over.abort());
    await Promise.race([all, pause(this.#context.clock, graceMs, over.signal)]);
    return this.#running.size;
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#lanes.room();
      await this.#context.budget.room(signal);
      while (this.#receiving >= this.#receivers && !signal.aborted) await this.#bell.wait();
      if (this.#troubles > 0) await this.#restAfterTrouble();
      if (signal.aborted) break;
      // Several receives at a time are worth it only where there is plenty to receive.
      const lanes = this.#windowed || this.#fifo ? 1 : this.#lanes.free;
      this.#lanes.take(lanes);
      this.#receiving += 1;
      void this.#fill(lanes).finally(() => {
        this.#receiving -= 1;
        this.#bell.ring();
        for (const wake of this.#drained.splice(0)) wake();
      });
    }
    while (this.#receiving > 0) await new Promise<void>((resolve) => this.#drained.push(resolve));
    await this.#queue.release(this.#carried.splice(0));
  }

  /** Receives what these lanes have room for, and starts it. Never rejects. */
  async #fill(lanes: number): Promise<void> {
    let batches: Batch[] = [];
    try {
      if (this.#context.clock.now() >= this.#describeAt) await this.#describe();
      batches = await this.#gather(lanes);
      this.#plenty = batches.length >= lanes;
      this.#troubles = 0;
    } catch (error) {
      this.#plenty = false;
      if (!this.#stopping.signal.aborted) {
        this.#work.trouble(error);
        this.#troubles += 1;
      }
    }
    this.#lanes.give(Math.max(0, lanes - batches.length));
    for (const batch of batches.slice(0, lanes)) this.#start(batch);
    // Byte limits may have made more batches than there are lanes for.
    await this.#queue.release(batches.slice(lanes).flatMap(({ items }) => items));
  }

  get #windowed(): boolean {
    return this.#work.windowMs > 0;
  }

  get #receivers(): number {
    return this.#plenty && !this.#windowed ? MOST_RECEIVERS : 1;
  }

  async #restAfterTrouble(): Promise<void> {
    const wait = doubling(1000, this.#troubles - 1, LONGEST_TROUBLE_MS);
    await pause(this.#context.clock, wait, this.#stopping.signal);
  }

  async #describe(): Promise<void> {
    const found = await this.#queue.visibilityMs();
    if (found === undefined) return;
    this.#visibilityMs = found;
    this.#describeAt = this.#context.clock.now() + DESCRIBE_MS;
  }

  /** The next batches; none where nothing came in a long time. */
  async #gather(lanes: number): Promise<Batch[]> {
    if (this.#windowed) return await this.#gatherWindow();
    const items = await this.#receive(this.#work.batchSize * lanes, LONG_POLL_MS, lanes);
    return this.#batches(items, this.#context.clock.now());
  }

  /** One batch: full, as old as the window, or as large as a batch may be. */
  async #gatherWindow(): Promise<Batch[]> {
    const { batchSize, windowMs } = this.#work;
    const { clock } = this.#context;
    const { signal } = this.#stopping;
    const gathered = new Map<string, QueueItem>();
    const keep = (item: QueueItem) => gathered.set(item.message.messageId, item);
    let bytes = 0;
    let first: number | undefined;
    const add = (items: readonly QueueItem[]) => {
      for (const [index, item] of items.entries()) {
        if (bytes + item.bytes > MAX_BATCH_BYTES && gathered.size > 0) {
          this.#carried.push(...items.slice(index));
          return;
        }
        bytes += item.bytes - (gathered.get(item.message.messageId)?.bytes ?? 0);
        keep(item);
      }
    };
    add(this.#carried.splice(0, batchSize));
    if (gathered.size > 0) first = clock.now();
    while (gathered.size < batchSize && this.#carried.length === 0 && !signal.aborted) {
      const left = first === undefined ? LONG_POLL_MS : first + windowMs - clock.now();
      if (left <= 0) break;
      try {
        add(await this.#receive(batchSize - gathered.size, Math.min(left, LONG_POLL_MS)));
      } catch (error) {
        await this.#queue.release([...gathered.values()]);
        throw error;
      }
      if (gathered.size > 0) first ??= clock.now();
    }
    if (signal.aborted) {
      await this.#queue.release([...gathered.values()]);
      return [];
    }
    return gathered.size === 0
      ? []
      : [{ items: [...gathered.values()], bytes, receivedAt: first ?? clock.now() }];
  }

  #batches(items: readonly QueueItem[], receivedAt: number): Batch[] {
    const batches: { items: QueueItem[]; bytes: number; receivedAt: number }[] = [];
    for (const item of items) {
      const last = batches.at(-1);
      if (
        last === undefined ||
        last.items.length >= this.#work.batchSize ||
        last.bytes + item.bytes > MAX_BATCH_BYTES
      )
        batches.push({ items: [item], bytes: item.bytes, receivedAt });
      else {
        last.items.push(item);
        last.bytes += item.bytes;
      }
    }
    // Messages of a group are not to run at once: what does not fit into one batch waits in the queue.
    if (this.#fifo && batches.length > 1)
      void this.#queue.release(batches.splice(1).flatMap((batch) => batch.items));
    return batches;
  }

  async #receive(max: number, waitMs: number, lanes = 1): Promise<readonly QueueItem[]> {
    const { items, empty } = await this.#queue.receive(max, waitMs, lanes);
    if (empty) this.#lanes.idle();
    return items;
  }

  #start(batch: Batch): void {
    if (this.#stopping.signal.aborted) {
      this.#lanes.give();
      void this.#queue.release(batch.items);
      return;
    }
    this.#context.budget.take(batch.bytes);
    const run = this.#run(batch)
      .catch((error: unknown) => this.#work.trouble(error))
      .finally(() => {
        this.#running.delete(run);
        this.#context.budget.give(batch.bytes);
        this.#lanes.give();
      });
    this.#running.add(run);
  }

  async #run({ items, receivedAt }: Batch): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#stopping;
    for (let refusals = 0; ; refusals += 1) {
      const outcome = this.#fifo
        ? await this.#queue.hiding(items, this.#visibilityMs, () => this.#work.process(items))
        : await this.#work.process(items);
      switch (outcome.kind) {
        case "done": {
          const { failed } = outcome;
          if (failed.size === 0) this.#lanes.succeeded();
          else this.#lanes.failed();
          await this.#queue.delete(
            items.map(({ message }) => message).filter(({ messageId }) => !failed.has(messageId)),
          );
          return;
        }
        case "failed":
          this.#lanes.failed();
          return;
        case "gone":
        case "closing":
          if (outcome.kind === "gone") this.#over();
          await this.#queue.release(items);
          return;
        case "refused": {
          this.#lanes.refused();
          const wait = doubling(FIRST_RETRY_MS, refusals, LONGEST_RETRY_MS);
          // Lambda: it tries again until the messages are visible, and so no longer its own.
          if (clock.now() + wait >= receivedAt + this.#visibilityMs) return;
          await pause(clock, wait, signal);
          if (!signal.aborted) break;
          await this.#queue.release(items);
          return;
        }
      }
    }
  }

  #over(): void {
    this.#stopping.abort();
    if (this.#gone) return;
    this.#gone = true;
    this.#work.gone();
  }
}
