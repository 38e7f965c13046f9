/** The service on the memory engine, with functions that have whatever capacity a test gives them. */
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { ManualClock, SCOPE } from "../functions/fixture.ts";
import type { ResourceCapacity, ScalableResources } from "./context.ts";
import { createAutoscaling } from "./index.ts";

export const RESOURCE = "function:f:live";
export const NAME = {
  namespace: "lambda",
  resourceId: RESOURCE,
  dimension: "lambda:function:ProvisionedConcurrency",
} as const;
export { SCOPE };

/** A resource: changes of its capacity are fulfilled at once, unless a test holds them back. */
export class PlainResources implements ScalableResources {
  readonly ids = new Map<string, ResourceCapacity>([[RESOURCE, { desired: 0, status: "ready" }]]);
  /** Every capacity that was set. */
  readonly set: number[] = [];
  /** What becomes of a change. */
  status: ResourceCapacity["status"] = "ready";
  refusal: string | undefined;
  /** Invocations at once. */
  load = 0;

  async exists(_scope: object, resourceId: string): Promise<boolean> {
    return this.ids.has(resourceId);
  }
  async capacity(_scope: object, resourceId: string): Promise<ResourceCapacity | undefined> {
    return this.ids.get(resourceId);
  }
  async setCapacity(_scope: object, resourceId: string, desired: number): Promise<void> {
    if (this.refusal !== undefined) throw new Error(this.refusal);
    this.set.push(desired);
    this.ids.set(resourceId, { desired, status: this.status });
  }
  utilisation(): number {
    const { desired = 0 } = this.ids.get(RESOURCE) ?? {};
    return desired === 0 ? 0 : Math.min(1, this.load / desired);
  }

  get desired(): number | undefined {
    return this.ids.get(RESOURCE)?.desired;
  }
}

/** `records` and `clock` of an earlier life make this one its successor. */
export function openAutoscaling({
  records = createMemoryEngine().records,
  clock = new ManualClock(),
  resources = new PlainResources(),
} = {}) {
  const defects: unknown[] = [];
  const autoscaling = createAutoscaling({
    records,
    clock,
    resources: { [NAME.dimension]: resources },
    onDefect: (error) => defects.push(error),
  });

  /** Lets everything happen that is due. The memory engine needs turns of the event loop, and no time. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  return {
    autoscaling,
    records,
    clock,
    resources,
    defects,
    settle,
    register: (more: object = {}) =>
      autoscaling.targets.register(SCOPE, { ...NAME, min: 1, max: 10, ...more }),

    /** Moves the clock on, minute by minute. */
    async minutes(count: number): Promise<void> {
      for (let minute = 0; minute < count; minute++) {
        clock.advance(60_000);
        await settle();
      }
    },

    /** What the history tells, newest first. */
    async told(includeNotScaled = false) {
      const { items } = await autoscaling.activities(SCOPE, {
        namespace: "lambda",
        includeNotScaled,
      });
      return items;
    },
  };
}

/** The same, and it scales. */
export async function started(options: Parameters<typeof openAutoscaling>[0] = {}) {
  const world = openAutoscaling(options);
  await world.autoscaling.start();
  return world;
}
