import type { Clock } from "../ports/clock.ts";
import type { Machine } from "../scaling/index.ts";
import type { Fleet } from "./fleet.ts";
import type { Instance } from "./instance.ts";
import type { ExecutorLimits } from "./limits.ts";

/** What a fleet needs of the executor that it belongs to. */
export interface FleetHost {
  readonly clock: Clock;
  readonly limits: ExecutorLimits;
  readonly machine: Machine;
  /** Starts an instance; within `initMs` its handler must be loaded. */
  start(fleet: Fleet, scratch: string, initMs: number): Promise<Instance>;
  /** There is room for an instance that nobody waits for. */
  readonly mayStart: boolean;
  /** How many more instances a fleet on a capacity provider may have now. */
  room(fleet: Fleet): number;
  /** The fleet has more work than instances. */
  grow(fleet: Fleet): void;
  /** A start has come to its end, well or not. */
  settled(fleet: Fleet): void;
  /** The process of an instance runs. */
  booted(): void;
  /** An instance is gone, its place is free. */
  ended(fleet: Fleet, instance: Instance): void;
}
