/** Weight of the newest handler time: the mean follows the last few dozen. */
const NEWEST = 1 / 16;
/** A time counts at most as so many means, and a little: one that was interrupted does not make the function a slow one. */
const MOST_MEANS = 4;
const LITTLE_MS = 1;

/** How long a function's handler has been taking lately. */
export class HandlerTimes {
  #mean = 0;
  #count = 0;

  /** A handler took so many milliseconds. */
  observe(ms: number): void {
    this.#count++;
    // The first few count in full, so that a slow first one (code not yet compiled) does not linger.
    const weight = Math.max(NEWEST, 1 / this.#count);
    const most = this.#count === 1 ? ms : MOST_MEANS * this.#mean + LITTLE_MS;
    this.#mean += (Math.min(ms, most) - this.#mean) * weight;
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
