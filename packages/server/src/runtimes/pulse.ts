/** Whether an instance lives with several invocations in it: it is asked for those that it has not begun with, and answers. */
import type { Clock } from "../ports/clock.ts";

/** The instance. */
export interface PulseHost {
  /** Asks it. */
  recall(): void;
  /** It has not answered for long. Answers whether to go on waiting. */
  hangs(): boolean;
}

/** One that lives answers at once: after this others are started for what waits. */
const ANSWER_MS = 50;
/** And after this it may be ended. */
const HANG_MS = 1_000;

/** One for each such instance. */
export class Pulse {
  readonly #clock: Clock;
  readonly #host: PulseHost;
  #askedAt: number | undefined;
  #cancel: () => void = () => {};

  constructor(clock: Clock, host: PulseHost) {
    this.#clock = clock;
    this.#host = host;
  }

  /** It was asked, and has not answered yet. */
  get isAsked(): boolean {
    return this.#askedAt !== undefined;
  }

  /** It has not answered, although it had time to. */
  get isLate(): boolean {
    return this.#askedAt !== undefined && this.#clock.monotonic() - this.#askedAt > ANSWER_MS;
  }

  ask(): void {
    if (this.isAsked) return;
    this.#askedAt = this.#clock.monotonic();
    this.#host.recall();
    this.#wait();
  }

  /** False where nobody asked. */
  answered(): boolean {
    const { isAsked } = this;
    this.stop();
    return isAsked;
  }

  stop(): void {
    this.#askedAt = undefined;
    this.#cancel();
  }

  #wait(): void {
    this.#cancel = this.#clock.after(HANG_MS, () => {
      if (this.#host.hangs()) this.#wait();
    });
  }
}
