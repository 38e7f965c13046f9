/** What the service needs of the world. */
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Records } from "../../ports/records.ts";
import type { DimensionName } from "./dimensions.ts";

/** One kind of resource that can be scaled, as its own service knows it. `resourceId` is one of its dimension's. */
export interface ScalableResources {
  exists(scope: Scope, resourceId: string): Promise<boolean>;
  /** Undefined where there is no such resource. */
  capacity(scope: Scope, resourceId: string): Promise<ResourceCapacity | undefined>;
  /** Asks for a capacity; it may be fulfilled later. @throws an error whose message says why it cannot be had. */
  setCapacity(scope: Scope, resourceId: string, capacity: number): Promise<void>;
  /** The metric's value at this moment; 0 where nothing is used, or nothing is there. */
  utilisation(scope: Scope, resourceId: string): number;
}

export interface ResourceCapacity {
  /** What is asked for. */
  readonly desired: number;
  readonly status: "ready" | "changing" | "failed";
}

export interface AutoscalingDependencies {
  readonly records: Records;
  readonly clock: Clock;
  readonly resources: Readonly<Record<DimensionName, ScalableResources>>;
  /** Hears of errors that are nobody's request. */
  readonly onDefect: (error: unknown, where: object) => void;
}

/** What the parts of the service share. */
export interface AutoscalingContext extends AutoscalingDependencies {
  /** Microseconds since the epoch, never the same twice: what happens within one millisecond keeps its order. */
  sequence(): number;
}
