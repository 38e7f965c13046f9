/** What other services do with event buses and API destinations: they send there. */
import type { Buses } from "../services/buses/index.ts";
import type { TargetKind } from "./targets.ts";

/** Messages become events of buses, or requests to other people's web servers. */
export const busTargets = (buses: Buses): TargetKind => ({
  deliver: (message) => buses.deliver(message),
  exists: (arn) => buses.exists(arn),
});
