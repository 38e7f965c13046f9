/** How many batches of a queue run at a time. */
import type { Clock } from "../../ports/clock.ts";
import { Bell } from "./bell.ts";

/** Lambda adds up to 300 concurrent invocations each minute. */
const GROWTH_PER_MS = 300 / 60_000;

export class Lanes {
  readonly #clock: Clock;
  readonly #bell: Bell;
  readonly #signal: AbortSignal;
  readonly #first: number;
  readonly #most: number;
  readonly #shrinks: boolean;
  /** What demand has made of it: between the first and the most. */
  #wide: number;
  /** What refusals and failures have left of that. */
  #limit: number;
  #running = 0;
  /** Since when all of them are busy, less what was grown for it. */
  #busySince: number | undefined;

  constructor(
    clock: Clock,
    { first, most, shrinks }: { first: number; most: number; shrinks: boolean },
    signal: AbortSignal,
  ) {
    this.#clock = clock;
    this.#bell = new Bell(clock, signal);
    this.#signal = signal;
    this.#first = Math.min(first, most);
    this.#most = most;
    this.#shrinks = shrinks;
    this.#wide = this.#first;
    this.#limit = this.#first;
  }

  /** How many batches may start now. At least one, for who has waited for room. */
  get free(): number {
    return Math.max(1, this.#limit - this.#running);
  }

  /** Resolves once a batch may start. */
  async room(): Promise<void> {
    while (this.#running >= this.#limit && !this.#signal.aborted) {
      this.#busySince ??= this.#clock.now();
      await this.#bell.wait(this.#limit < this.#most ? 1 / GROWTH_PER_MS : undefined);
      this.#grow();
    }
  }

  take(lanes = 1): void {
    this.#running += lanes;
  }

  give(lanes = 1): void {
    this.#running -= lanes;
    this.#bell.ring();
  }

  /** There was nothing to do: as many as at first will be enough. */
  idle(): void {
    this.#busySince = undefined;
    this.#wide = this.#first;
    this.#limit = Math.min(this.#limit, this.#wide);
  }

  succeeded(): void {
    if (this.#limit < this.#wide) this.#limit += 1;
  }

  failed(): void {
    if (this.#shrinks) this.#limit = Math.max(1, this.#limit - 1);
  }

  refused(): void {
    this.#busySince = undefined;
    this.#wide = this.#first;
    this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, this.#running) / 2));
  }

  /** Demand widens only what nothing has narrowed. */
  #grow(): void {
    if (this.#busySince === undefined || this.#limit < this.#wide) return;
    const now = this.#clock.now();
    const more = Math.floor((now - this.#busySince) * GROWTH_PER_MS);
    if (more <= 0) return;
    this.#busySince += more / GROWTH_PER_MS;
    this.#wide = Math.min(this.#most, this.#wide + more);
    this.#limit = this.#wide;
  }
}
