/** At most so many deliveries a second of each subscription: the next ones wait in their places, the others where they are. */
import type { Clock } from "../../ports/clock.ts";

export class Pace {
  readonly #clock: Clock;
  /** When the next one of a subscription may go; those in the past mean nothing. */
  readonly #next = new Map<string, number>();
  /** Those who wait, to be sent away. */
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when it is its turn: "go"; at once where too many wait already: "later"; "stop" where the platform does. */
  async turn(of: string, perSecond: number): Promise<"go" | "later" | "stop"> {
    const now = this.#clock.now();
    const at = Math.max(now, this.#next.get(of) ?? 0);
    if (at > now && this.#waiting.size >= MAX_WAITING) return "later";
    this.#next.set(of, at + 1000 / perSecond);
    if (this.#next.size > MAX_KNOWN) this.#forget(now);
    if (at > now && !this.#closed) await this.#wait(at - now);
    return this.#closed ? "stop" : "go";
  }

  /** Whether the next one of a subscription would have to wait for long. */
  isSlow(of: string): boolean {
    return (this.#next.get(of) ?? 0) > this.#clock.now() + SLOW_MS;
  }

  /** Sends away who waits. */
  close(): void {
    this.#closed = true;
    for (const leave of this.#waiting) leave();
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const leave = () => {
        cancel();
        this.#waiting.delete(leave);
        resolve();
      };
      const cancel = this.#clock.after(ms, leave);
      this.#waiting.add(leave);
    });
  }

  #forget(now: number): void {
    for (const [of, next] of this.#next) if (next <= now) this.#next.delete(of);
  }
}

const MAX_KNOWN = 10_000;
/** Places of deliveries that may be taken by who waits, of all subscriptions. */
const MAX_WAITING = 256;
const SLOW_MS = 100;
