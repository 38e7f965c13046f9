/** Waiting for something to happen, for a time at most, or until all is to stop. */
import type { Clock } from "../../ports/clock.ts";

/** Waits so long; answers at once where the signal is aborted, before or meanwhile. */
export const pause = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  new Bell(clock, signal).wait(ms);

/** Who waits for a bell wakes when it rings, when the time is over, or when the signal is aborted. */
export class Bell {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  ring(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** `ms` absent: however long it takes. */
  async wait(ms?: number): Promise<void> {
    const signal = this.#signal;
    if (signal.aborted || (ms !== undefined && ms <= 0)) return;
    await new Promise<void>((resolve) => {
      let cancel: () => void = () => {};
      const wake = () => {
        cancel();
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake);
      if (ms !== undefined) cancel = this.#clock.after(ms, wake);
    });
  }
}
