/** Keeps so many instances of one fleet initialised, whether there is work for them or not. */
import { doubling } from "../domain/backoff.ts";
import type { Clock } from "../ports/clock.ts";
import type { Fleet } from "./fleet.ts";

/** So long after an instance could not be initialised the next one is tried; twice as long each time. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;

/** One for each fleet that shall have instances. */
export class Keeper {
  /** How many there shall be. */
  wanted = 0;
  /** Why the last one could not be initialised. */
  failure: string | undefined;
  readonly #fleet: Fleet;
  readonly #clock: Clock;
  readonly #grow: (fleet: Fleet) => void;
  readonly #changed: () => void;
  #failures = 0;
  #cancel: (() => void) | undefined;

  /** `grow` finds places for what the fleet lacks; `changed` hears that instances became ready, or are gone. */
  constructor(fleet: Fleet, clock: Clock, grow: (fleet: Fleet) => void, changed: () => void) {
    this.#fleet = fleet;
    this.#clock = clock;
    this.#grow = grow;
    this.#changed = changed;
    fleet.keeper = this;
  }

  /** From now on there shall be so many. */
  keep(instances: number): void {
    this.wanted = instances;
    this.#failures = 0;
    this.failure = undefined;
    this.#resume();
  }

  initialised(): void {
    this.#failures = 0;
    this.failure = undefined;
    this.#changed();
  }

  /** An instance could not be initialised: trying again at once would fail alike. */
  failed(errorType: string): void {
    this.failure = errorType;
    this.#fleet.kept = Math.min(this.wanted, this.#fleet.loaded);
    this.#changed();
    if (this.#cancel) return;
    const wait = doubling(FIRST_WAIT_MS, this.#failures++, LONGEST_WAIT_MS);
    this.#cancel = this.#clock.after(wait, () => this.#resume());
  }

  /** An instance is gone: the next one takes its place, unless it would fail alike. */
  lost(): void {
    this.#changed();
    if (!this.#cancel) this.#grow(this.#fleet);
  }

  close(): void {
    this.wanted = 0;
    this.#fleet.kept = 0;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #resume(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#fleet.kept = this.wanted;
    this.#changed();
    this.#fleet.shed();
    this.#grow(this.#fleet);
  }
}
