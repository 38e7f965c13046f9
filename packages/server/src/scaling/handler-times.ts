/** Weight of the newest handler time: the mean follows the last few dozen. */
const NEWEST = 1 / 16;
/** A time counts at most as so many means, and a little: one that was interrupted does not make the function a slow one. */
const MOST_MEANS = 4;
const LITTLE_MS = 1;
/** Weights of a time that is quicker than what is quick, and of one that is not: about the tenth part are quicker. */
const QUICKER = 1 / 16;
const SLOWER = 1 / 128;

/** How long a function's handler has been taking lately. */
export class HandlerTimes {
  #mean = 0;
  #quick = 0;
  #count = 0;

  /** A handler took so many milliseconds. `crowded`: it had to wait for a processor, like everything on this machine. */
  observe(ms: number, crowded = false): void {
    this.#count++;
    // The first few count in full, so that a slow first one (code not yet compiled) does not linger.
    const weight = Math.max(NEWEST, 1 / this.#count);
    const most = this.#count === 1 ? ms : MOST_MEANS * this.#mean + LITTLE_MS;
    const seen = Math.min(ms, most);
    this.#mean += (seen - this.#mean) * weight;
    if (this.#count === 1) this.#quick = ms;
    else if (ms < this.#quick)
      this.#quick += (ms - this.#quick) * Math.max(QUICKER, 1 / this.#count);
    else if (!crowded) this.#quick += (seen - this.#quick) * SLOWER;
  }

  /** How many were observed. */
  get count(): number {
    return this.#count;
  }

  /** The recent mean in milliseconds; undefined before the first. */
  get meanMs(): number | undefined {
    return this.#count === 0 ? undefined : this.#mean;
  }

  /** What it takes when it need not wait for a processor, as far as was seen: no more than the mean. */
  get quickMs(): number | undefined {
    return this.#count === 0 ? undefined : Math.min(this.#quick, this.#mean);
  }
}
