/** What other services do with event buses and API destinations: they send there. */
import type { CloudEventBuses } from "../admin/cloud-events.ts";
import { YunqueError } from "../domain/errors.ts";
import { partitionOf } from "../domain/function-name.ts";
import type { Buses } from "../services/buses/index.ts";
import type { TargetKind } from "./targets.ts";

/** Messages become events of buses, or requests to other people's web servers. */
export const busTargets = (buses: Buses): TargetKind => ({
  deliver: (message) => buses.deliver(message),
  exists: (arn) => buses.exists(arn),
});

/** Buses take CloudEvents as events. */
export const cloudEventBuses = (buses: Buses): CloudEventBuses => ({
  exists: ({ account, region }, bus) =>
    buses.exists(`arn:${partitionOf(region)}:events:${region}:${account}:event-bus/${bus}`),
  async put(scope, bus, entry) {
    try {
      const event = { ...entry, bus, resources: [], traceId: undefined };
      const [taken] = await buses.put(scope, [event]);
      if (taken !== undefined) return taken;
    } catch (error) {
      if (!(error instanceof YunqueError)) throw error;
      return { code: error.code, message: error.message };
    }
    return { code: "InternalFailure", message: "Internal failure." };
  },
});
