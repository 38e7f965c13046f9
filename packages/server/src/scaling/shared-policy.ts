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

  constructor(most: number) {
    this.depth = most;
  }

  observe(_handlerMs: number): void {}

  keepApart(): void {}

  wanted(load: Load): number {
    return this.enough(load);
  }

  enough({ waiting, inInstances }: Load): number {
    return Math.ceil((waiting + inInstances) / this.depth);
  }
}
