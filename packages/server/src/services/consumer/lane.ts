import { doubling } from "../../domain/backoff.ts";
import type { Clock } from "../../ports/clock.ts";

/** As many as a function's handler must have run before the executor knows how long it takes. */
const FIRST_WINDOW = 8;
const LARGEST_WINDOW = 10_000;
/** Messages that run for so long are no reason to wait with others. */
const WIDEN_MS = 1_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

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
  /**
   * How many messages may run at once. A backlog starts with few of them: it grows with every one that ended, and
   * doubles where all of them run for long.
   */
  window = FIRST_WINDOW;
  /** Since when as many run as may. */
  #fullSince: number | undefined;
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

  /** How many more messages may run, where nothing else limits them; asked while something waits. */
  room(now: number): number {
    if (this.pausedUntil > now) return 0;
    if (this.running < this.window) this.#fullSince = undefined;
    else if (this.#fullSince === undefined) this.#fullSince = now;
    else if (now - this.#fullSince >= WIDEN_MS) {
      this.window = Math.min(this.window * 2, LARGEST_WINDOW);
      this.#fullSince = now;
    }
    return this.window - this.running;
  }

  /** When `room` may have another answer, even if no message ends until then. */
  get roomAt(): number {
    return Math.max(this.pausedUntil, (this.#fullSince ?? 0) + WIDEN_MS);
  }

  /** A message had its run. */
  ran(now: number, pause: boolean): void {
    if (!pause) {
      this.window = Math.min(this.window + 1, LARGEST_WINDOW);
      this.pauses = 0;
      this.pausedUntil = 0;
    } else if (this.pausedUntil <= now) {
      const ms = doubling(FIRST_PAUSE_MS, this.pauses, LONGEST_PAUSE_MS);
      this.window = 1;
      this.pauses += 1;
      this.pausedUntil = now + ms;
    }
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
