/** A rate with room for a burst: so many tokens at most, refilled continuously. Times are monotonic milliseconds. */
export class TokenBucket {
  #capacity: number;
  #perMs: number;
  #tokens: number;
  #filledAt: number;

  /** Full at first. */
  constructor(capacity: number, perMs: number, now: number) {
    this.#capacity = capacity;
    this.#perMs = perMs;
    this.#tokens = capacity;
    this.#filledAt = now;
  }

  /** Takes one; false where there is none. */
  tryTake(now: number): boolean {
    if (!this.has(now)) return false;
    this.#tokens--;
    return true;
  }

  /** Whether there is one. */
  has(now: number): boolean {
    const filled = this.#tokens + (now - this.#filledAt) * this.#perMs;
    this.#tokens = filled < this.#capacity ? filled : this.#capacity;
    this.#filledAt = now;
    return this.#tokens >= 1;
  }

  /** From now on it holds and gets so many. What is in it stays, as far as it fits. */
  resize(capacity: number, perMs: number, now: number): void {
    this.has(now);
    this.#tokens = Math.max(0, Math.min(capacity, this.#tokens + capacity - this.#capacity));
    this.#capacity = capacity;
    this.#perMs = perMs;
  }
}
