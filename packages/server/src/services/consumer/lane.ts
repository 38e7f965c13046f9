import type { Clock } from "../../ports/clock.ts";

/** One queue as its consumer knows it: what runs of it, and when to look into it again. */
export class Lane {
  readonly queue: string;
  /** Messages that run, or are about to. */
  running = 0;
  /** Messages on their way into the queue. */
  arriving = 0;
  /** Messages that ran, and whose end is not durable yet. */
  settling = 0;
  /** A lease is being asked for. */
  leasing = false;
  /** There may be visible messages. */
  more = false;
  /** Nothing is leased before. */
  pausedUntil = 0;
  /** Pauses since the last message that did not ask for one. */
  pauses = 0;
  readonly #clock: Clock;
  readonly #wake: (lane: Lane) => void;
  #alarm: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(queue: string, clock: Clock, wake: (lane: Lane) => void) {
    this.queue = queue;
    this.#clock = clock;
    this.#wake = wake;
  }

  /** Nothing is known of it that would have to be remembered. */
  get idle(): boolean {
    return (
      this.running + this.arriving + this.settling === 0 &&
      !this.leasing &&
      !this.more &&
      this.#alarm === undefined
    );
  }

  /** Wakes the consumer then, or earlier where it is to be woken earlier already. */
  wakeAt(at: number): void {
    if (this.#alarm !== undefined) {
      if (this.#alarm.at <= at) return;
      this.#alarm.cancel();
    }
    const cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      this.#alarm = undefined;
      this.more = true;
      this.#wake(this);
    });
    this.#alarm = { at, cancel };
  }

  sleep(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }
}
