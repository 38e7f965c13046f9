/**
 * How many instances a deployment should have whose instances run several invocations at once. Simpler than for one at a
 * time: nothing stands in line, so the next instance starts when those that are there have as many as they may, and not
 * before.
 */
import type { Load, Policy } from "./fleet-policy.ts";

/** One for each such deployment. */
export class SharedPolicy implements Policy {
  /** How many invocations an instance may have. */
  readonly depth: number;
  readonly mostAtWork = Number.POSITIVE_INFINITY;
  /** Each says itself whose output it is. */
  readonly apart = false;
  /** Nothing waits behind a slow one. */
  readonly slowMs = Number.POSITIVE_INFINITY;
  readonly occupiedMs = Number.POSITIVE_INFINITY;

  readonly #room: () => { readonly instances: number; readonly spare: number };

  /** `room`: how many instances have a process, and how many more invocations these will take. */
  constructor(most: number, room: () => { readonly instances: number; readonly spare: number }) {
    this.depth = most;
    this.#room = room;
  }

  observe(_handlerMs: number): void {}

  keepApart(): void {}

  wanted(load: Load): number {
    return this.enough(load);
  }

  /** One that is being prepared will take as many as it may; one that hangs takes none. */
  enough({ waiting, instances }: Load): number {
    const there = this.#room();
    const spare = there.spare + (instances - there.instances) * this.depth;
    return instances + Math.max(0, Math.ceil((waiting - spare) / this.depth));
  }
}
