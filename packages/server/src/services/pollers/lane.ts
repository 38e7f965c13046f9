/** One of the batches at a time of a shard: it takes records in their order, and puts them together. */
import type { Bell } from "./bell.ts";
import { MAX_BATCH_BYTES } from "./context.ts";
import type { ProgressEntry } from "./progress.ts";
import type { StreamItem } from "./stream-work.ts";

export interface LaneItem extends StreamItem {
  readonly entry: ProgressEntry;
  /** When it was read. */
  readonly readAt: number;
}

export interface LaneRules {
  readonly batchSize: number;
  readonly windowMs: number;
  readonly tumblingMs: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** A batch; the end of a window; or neither, at the end of the shard. */
export type Taken =
  | { readonly kind: "batch"; readonly items: readonly LaneItem[] }
  | { readonly kind: "windowEnd" }
  | { readonly kind: "over" };

export class Lane {
  readonly #rules: LaneRules;
  readonly #bell: Bell;
  #pending: LaneItem[] = [];
  #ended = false;

  constructor(rules: LaneRules, bell: Bell) {
    this.#rules = rules;
    this.#bell = bell;
  }

  push(item: LaneItem): void {
    this.#pending.push(item);
    this.#bell.ring();
  }

  /** No more will come. */
  end(): void {
    this.#ended = true;
    this.#bell.ring();
  }

  /** What is to be done next. `open`: the window that is open, by its start. */
  async take(open: number | undefined): Promise<Taken> {
    const { signal, now, windowMs, tumblingMs } = this.#rules;
    for (;;) {
      if (signal.aborted) return { kind: "over" };
      const first = this.#pending[0];
      const windowEnds = open === undefined ? undefined : open + tumblingMs;
      if (first === undefined) {
        if (windowEnds !== undefined && (this.#ended || now() >= windowEnds))
          return { kind: "windowEnd" };
        if (this.#ended) return { kind: "over" };
        await this.#bell.wait(windowEnds === undefined ? undefined : windowEnds - now());
        continue;
      }
      if (open !== undefined && this.windowOf(first) !== open) return { kind: "windowEnd" };
      const left = first.readAt + windowMs - now();
      const count = this.#countOfBatch();
      if (count.full || this.#ended || left <= 0) {
        return { kind: "batch", items: this.#pending.splice(0, count.items) };
      }
      await this.#bell.wait(left);
    }
  }

  /** The start of the tumbling window that a record belongs to: by its arrival. */
  windowOf({ record }: StreamItem): number | undefined {
    const { tumblingMs } = this.#rules;
    return tumblingMs === 0 ? undefined : Math.floor(record.arrivedAt / tumblingMs) * tumblingMs;
  }

  /** How many of those that wait make a batch, and whether it can grow no more. */
  #countOfBatch(): { readonly items: number; readonly full: boolean } {
    const { batchSize } = this.#rules;
    let bytes = 0;
    let window: number | undefined;
    for (const [index, item] of this.#pending.entries()) {
      if (index === 0) window = this.windowOf(item);
      bytes += item.bytes + 1;
      const other = this.windowOf(item) !== window;
      if (index > 0 && (other || bytes > MAX_BATCH_BYTES)) return { items: index, full: true };
      if (index + 1 === batchSize) return { items: batchSize, full: true };
    }
    return { items: this.#pending.length, full: false };
  }
}
