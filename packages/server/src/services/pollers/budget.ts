/** Bytes that all pollers together may hold. Who would exceed it waits, in turn; one alone may always go on. */
export class Budget {
  readonly #limit: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves once there is room for more. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#taken >= this.#limit && !signal.aborted)
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal.removeEventListener("abort", wake);
          resolve();
        };
        signal.addEventListener("abort", wake);
        this.#waiting.push(wake);
      });
  }

  take(bytes: number): void {
    this.#taken += bytes;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
    if (this.#taken < this.#limit) for (const wake of this.#waiting.splice(0)) wake();
  }
}
