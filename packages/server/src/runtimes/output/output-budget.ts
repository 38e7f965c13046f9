/**
 * How much an instance may log: a bucket that fills with time. A handler that writes without end costs the platform
 * neither memory nor much of its time.
 */
export class OutputBudget {
  /** Bytes at once, and bytes per second. */
  static readonly BYTES = 8 * 1024 * 1024;
  /** What a line costs besides its bytes: many short ones are no cheaper than few long ones. */
  static readonly LINE_BYTES = 100;

  #left = OutputBudget.BYTES;
  #filledAt: number;
  #dropped = 0;

  /** Times are monotonic milliseconds. */
  constructor(now: number) {
    this.#filledAt = now;
  }

  /** Whether there is room for a line of this length; what has none is counted as dropped. */
  take(bytes: number, now: number): boolean {
    this.#fill(now);
    const cost = bytes + OutputBudget.LINE_BYTES;
    if (cost > this.#left) {
      this.#dropped += bytes;
      return false;
    }
    this.#left -= cost;
    return true;
  }

  /** Bytes dropped since the last question; 0 for none. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  #fill(now: number): void {
    const gained = ((now - this.#filledAt) / 1000) * OutputBudget.BYTES;
    this.#filledAt = now;
    this.#left = Math.min(OutputBudget.BYTES, this.#left + gained);
  }
}
