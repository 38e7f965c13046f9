import type { Clock } from "../ports/clock.ts";
import type { Instance } from "./instance.ts";

/** How often the memory of each busy instance is looked at: 2 us each. */
const EVERY_MS = 50;

/**
 * Ends instances that take more memory than their function has, where nothing else on this machine does. Idle ones
 * cannot grow by themselves for long: they are looked at again with their next invocation.
 */
export class MemoryWatch {
  readonly #clock: Clock;
  readonly #instances: () => Iterable<Instance>;
  #awake = false;

  constructor(clock: Clock, instances: () => Iterable<Instance>) {
    this.#clock = clock;
    this.#instances = instances;
  }

  /** Something runs. Falls asleep by itself when nothing does. */
  wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    this.#clock.after(EVERY_MS, () => this.#look());
  }

  #look(): void {
    this.#awake = false;
    let busy = false;
    for (const instance of this.#instances()) {
      if (instance.load === 0 && instance.loaded) continue;
      busy = true;
      instance.checkMemory();
    }
    if (busy) this.wake();
  }
}
