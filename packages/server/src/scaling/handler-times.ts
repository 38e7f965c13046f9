/** Weight of the newest handler time: the mean follows the last few dozen. */
const NEWEST = 1 / 16;

/** How long a function's handler has been taking lately. */
export class HandlerTimes {
  #mean = 0;
  #count = 0;

  /** A handler took so many milliseconds. */
  observe(ms: number): void {
    this.#count++;
    // The first few count in full, so that a slow first one (code not yet compiled) does not linger.
    const weight = Math.max(NEWEST, 1 / this.#count);
    this.#mean += (ms - this.#mean) * weight;
  }

  /** How many were observed. */
  get count(): number {
    return this.#count;
  }

  /** The recent mean in milliseconds; undefined before the first. */
  get meanMs(): number | undefined {
    return this.#count === 0 ? undefined : this.#mean;
  }
}
