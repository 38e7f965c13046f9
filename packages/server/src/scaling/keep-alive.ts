/**
 * Which idle instance ends first where there is no room for all: Greedy-Dual-Size-Frequency, as FaasCache has it for
 * functions (Fuerst and Sharma, ASPLOS 2021). What is used often, takes long to start and holds little memory stays;
 * a clock that moves on with every eviction lets what was of use long ago grow old. Decides only.
 *
 * What nobody used for the fixed idle time is gone before, whatever its worth.
 */

/** An idle instance. */
export interface IdleInstance {
  /** When it was of use last, monotonic milliseconds. */
  readonly idleSince: number;
  /** How long its handler took to load, in milliseconds. */
  readonly initMs: number;
}

/** What is known of the function that it is of. */
export interface FunctionWorth {
  /** Invocations since there are instances of it. */
  readonly uses: number;
  readonly memoryMB: number;
}

/** Moments that are remembered: what was idle before the oldest counts as old as that. */
const MOST_MOMENTS = 1_024;

/** One for the whole machine. */
export class KeepAlive {
  /** What the clock said after each eviction, the earliest first. */
  readonly #moments: { readonly at: number; readonly clock: number }[] = [];
  #clock = 0;

  /** The less, the sooner it ends. */
  worth({ uses, memoryMB }: FunctionWorth, { idleSince, initMs }: IdleInstance): number {
    return this.#clockAt(idleSince) + (uses * initMs) / memoryMB;
  }

  /** An instance of this worth was ended to make room. */
  evicted(worth: number, now: number): void {
    if (worth <= this.#clock) return;
    this.#clock = worth;
    this.#moments.push({ at: now, clock: worth });
    if (this.#moments.length > MOST_MOMENTS) this.#moments.shift();
  }

  /** What the clock said when an instance became idle. */
  #clockAt(time: number): number {
    let low = 0;
    let high = this.#moments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#moments[middle]?.at ?? time) <= time) low = middle + 1;
      else high = middle;
    }
    return this.#moments[low - 1]?.clock ?? 0;
  }
}
