import type { Clock } from "../ports/clock.ts";
import { afterPoll } from "./tick.ts";

/**
 * A timer for a moment that keeps moving away: the deadline of whichever invocation runs, the end of a rest. It is set
 * once for many short ones; when it rings, it asks how long there is still to wait.
 */
export class Alarm {
  readonly #clock: Clock;
  readonly #left: () => number | undefined;
  readonly #due: () => void;
  #cancel: (() => void) | undefined;
  #stopped = false;

  /** `left`: milliseconds that are left, or undefined where there is nothing to wait for any more. */
  constructor(clock: Clock, left: () => number | undefined, due: () => void) {
    this.#clock = clock;
    this.#left = left;
    this.#due = due;
  }

  /** Makes sure that it rings in time. */
  set(): void {
    if (this.#cancel || this.#stopped) return;
    const left = this.#left();
    if (left === undefined) return;
    // Before it counts, whatever had arrived by then is looked at: an answer may be among it.
    this.#cancel = this.#clock.after(Math.max(0, left), () => afterPoll(() => this.#ring()));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #ring(): void {
    this.#cancel = undefined;
    const left = this.#left();
    if (this.#stopped || left === undefined) return;
    if (left <= 0) this.#due();
    else this.set();
  }
}
