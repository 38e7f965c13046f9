/** Reads one shard, from its checkpoint to its end. */
import { doubling } from "../../domain/backoff.ts";
import type { StreamSource } from "../../ports/event-sources.ts";
import { type AttemptsContext, attempt, attemptBatch } from "./attempts.ts";
import { Bell, pause } from "./bell.ts";
import { MAX_BATCH_BYTES, type PollerContext, prepared } from "./context.ts";
import { Lane } from "./lane.ts";
import { Progress } from "./progress.ts";
import type { Checkpoints, ShardCheckpoint, StreamWork } from "./stream-work.ts";

const LONG_POLL_MS = 20_000;
const MAX_READ = 10_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
/** Of the state of a tumbling window: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html */
const MAX_STATE_BYTES = 1024 * 1024;

export class Shard<Last> {
  readonly #context: PollerContext;
  readonly #streams: StreamSource;
  readonly #work: StreamWork<Last>;
  readonly #shardId: string;
  readonly #signal: AbortSignal;
  readonly #progress: Progress;
  readonly #lanes: readonly Lane[];
  readonly #room: Bell;
  #waiting = 0;
  #waitingBytes = 0;

  constructor(
    context: PollerContext,
    streams: StreamSource,
    work: StreamWork<Last>,
    shard: {
      readonly id: string;
      readonly from: ShardCheckpoint;
      readonly checkpoints: Checkpoints;
    },
    signal: AbortSignal,
  ) {
    this.#context = context;
    this.#streams = streams;
    this.#work = work;
    this.#shardId = shard.id;
    this.#signal = signal;
    const { factor, batchSize, windowMs, tumblingMs } = work;
    const { id, from, checkpoints } = shard;
    this.#progress = new Progress(checkpoints, id, from, factor, tumblingMs > 0);
    const rules = { batchSize, windowMs, tumblingMs, now: context.clock.now, signal };
    this.#lanes = Array.from(
      { length: factor },
      () => new Lane(rules, new Bell(context.clock, signal)),
    );
    this.#room = new Bell(context.clock, signal);
  }

  /** Whether the shard was processed to its end; not so where the poller was stopped. */
  async run(): Promise<boolean> {
    const lanes = this.#lanes.map((lane, index) => this.#runLane(lane, index));
    const read = await this.#read();
    for (const lane of this.#lanes) lane.end();
    const finished = await Promise.all(lanes);
    if (!read || !finished.every(Boolean)) return false;
    return await this.#untilKept(() => this.#progress.finish());
  }

  /** Whether it was read to its end. */
  async #read(): Promise<boolean> {
    const { streamArn, batchSize, factor } = this.#work;
    const signal = this.#signal;
    const max = Math.min(MAX_READ, batchSize * factor);
    let after = this.#progress.after;
    for (let troubles = 0; ; ) {
      while (this.#full() && !signal.aborted) await this.#room.wait();
      await this.#context.budget.room(signal);
      if (signal.aborted) return false;
      try {
        const where = { shardId: this.#shardId, after, max, maxBytes: MAX_BATCH_BYTES };
        const how = { waitMs: LONG_POLL_MS, signal };
        const { records, ended } = await this.#streams.read(streamArn, { ...where, ...how });
        troubles = 0;
        let filtered = 0;
        for (const record of records) {
          after = record.sequenceNumber;
          const json = this.#work.prepare(record, this.#shardId);
          const lane = laneOf(record.key, factor);
          const entry = this.#progress.add(record.sequenceNumber, lane, json === undefined);
          if (json === undefined) filtered += 1;
          else if (entry !== undefined) {
            const item = { record, entry, readAt: this.#context.clock.now(), ...prepared(json) };
            this.#count(1, item.bytes);
            this.#lanes[lane]?.push(item);
          }
        }
        if (records.length > 0) this.#work.polled(records.length, filtered);
        if (filtered > 0) await this.#untilKept(() => this.#progress.save());
        if (ended) return true;
      } catch (error) {
        if (signal.aborted) return false;
        this.#work.trouble(error);
        const wait = doubling(1000, troubles, LONGEST_RETRY_MS);
        await pause(this.#context.clock, wait, signal);
        troubles += 1;
      }
    }
  }

  /** Whether all that came was processed. */
  async #runLane(lane: Lane, index: number): Promise<boolean> {
    const progress = this.#progress;
    const { tumblingMs } = this.#work;
    let early = false;
    const context: AttemptsContext<Last> = {
      clock: this.#context.clock,
      work: this.#work,
      shardId: this.#shardId,
      signal: this.#signal,
      ended: async (items) => {
        progress.end(items.map(({ entry }) => entry));
        for (const { bytes } of items) this.#count(-1, -bytes);
        await this.#untilKept(() => progress.save());
      },
      setState: (state) => {
        const open = progress.windowOf(index);
        if (open === undefined) return;
        progress.setWindow(index, { start: open.start, state });
        early = Buffer.byteLength(JSON.stringify(state) ?? "") > MAX_STATE_BYTES;
      },
      window: () => {
        const open = progress.windowOf(index);
        return open && { ...open, end: open.start + tumblingMs, early };
      },
    };
    for (;;) {
      const taken = early
        ? ({ kind: "windowEnd" } as const)
        : await lane.take(progress.windowOf(index)?.start);
      if (taken.kind === "over") return !this.#signal.aborted;
      if (taken.kind === "windowEnd") {
        if (!(await this.#endWindow(context))) return false;
        early = false;
        progress.setWindow(index, undefined);
        await this.#untilKept(() => progress.save());
        continue;
      }
      const first = taken.items[0];
      if (first !== undefined && tumblingMs > 0 && progress.windowOf(index) === undefined)
        progress.setWindow(index, { start: lane.windowOf(first) ?? 0, state: {} });
      if (!(await attemptBatch(context, taken.items))) return false;
    }
  }

  /** The last invocation of a window, without records. Whether it is over, well or not. */
  async #endWindow(context: AttemptsContext<Last>): Promise<boolean> {
    for (let failures = 0, tries = 0; ; tries += 1) {
      const outcome = await attempt(context, [], true);
      if (outcome.kind === "done") return true;
      if (outcome.kind === "gone") this.#work.gone();
      if (outcome.kind === "gone" || outcome.kind === "closing") return false;
      if (outcome.kind === "failed") failures += 1;
      if (failures > this.#work.retries) return true;
      const wait = doubling(FIRST_RETRY_MS, tries, LONGEST_RETRY_MS);
      await pause(this.#context.clock, wait, this.#signal);
      if (this.#signal.aborted) return false;
    }
  }

  /** Tries until it is kept, or the poller is stopped. */
  async #untilKept(keep: () => Promise<void>): Promise<boolean> {
    for (let troubles = 0; ; troubles += 1)
      try {
        await keep();
        return true;
      } catch (error) {
        this.#work.trouble(error);
        if (this.#signal.aborted) return false;
        const wait = doubling(FIRST_RETRY_MS, troubles, LONGEST_RETRY_MS);
        await pause(this.#context.clock, wait, this.#signal);
      }
  }

  /** As much waits as the next batches can take. */
  #full(): boolean {
    const { batchSize, factor } = this.#work;
    return (
      this.#waiting >= 2 * batchSize * factor || this.#waitingBytes >= 2 * MAX_BATCH_BYTES * factor
    );
  }

  #count(items: number, bytes: number): void {
    this.#waiting += items;
    this.#waitingBytes += bytes;
    if (bytes > 0) this.#context.budget.take(bytes);
    else this.#context.budget.give(-bytes);
    if (items < 0) this.#room.ring();
  }

  /** What is held no more, at the end. */
  release(): void {
    this.#count(-this.#waiting, -this.#waitingBytes);
  }
}

/** Records of one key are of one lane. FNV-1a. */
function laneOf(key: string, lanes: number): number {
  if (lanes === 1) return 0;
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1)
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193) >>> 0;
  return hash % lanes;
}
