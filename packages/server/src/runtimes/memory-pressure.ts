/** Gives memory back before the machine has none left: what waits and what is idle can be started again. */
import { totalmem } from "node:os";
import type { Clock } from "../ports/clock.ts";
import { enoughMemory } from "../scaling/index.ts";

/** Who holds the memory. */
export interface PressureOwner {
  /** Ends what is of least use, until about so many bytes are free again. */
  release(bytes: number): void;
}

const EVERY_MS = 1_000;

/** Looks once a second, from the first watch() on. */
export class MemoryPressure {
  readonly #clock: Clock;
  readonly #available: () => number;
  readonly #owner: PressureOwner;
  readonly #enough = enoughMemory(totalmem());
  #cancel: (() => void) | undefined;
  #closed = false;
  /** There is less than enough: nothing should be started ahead of time. */
  low = false;

  /** `available`: bytes that the machine could still give. */
  constructor(clock: Clock, available: () => number, owner: PressureOwner) {
    this.#clock = clock;
    this.#available = available;
    this.#owner = owner;
  }

  watch(): void {
    if (this.#cancel || this.#closed) return;
    this.#cancel = this.#clock.after(EVERY_MS, () => this.#look());
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #look(): void {
    this.#cancel = undefined;
    const lacking = this.#enough - this.#available();
    this.low = lacking > 0;
    if (this.low) this.#owner.release(lacking);
    this.watch();
  }
}
