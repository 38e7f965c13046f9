export { FleetPolicy, type Machine, OCCUPIED_MS, SLOW_MS } from "./fleet-policy.ts";
export { enoughMemory } from "./memory.ts";
export { PoolPolicy } from "./pool-policy.ts";
