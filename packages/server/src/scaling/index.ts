export {
  AccountAdmission,
  FunctionAdmission,
  type Permit,
  ProvisionedAdmission,
  RATE_PER_CONCURRENCY,
} from "./admission.ts";
export { giverFor, mayTakeIdle } from "./fair-share.ts";
export {
  FleetPolicy,
  type Load,
  type Machine,
  OCCUPIED_MS,
  type Policy,
  SLOW_MS,
} from "./fleet-policy.ts";
export { KeepAlive } from "./keep-alive.ts";
export { enoughMemory } from "./memory.ts";
export { LocalPermits, type Permits } from "./permits.ts";
export { PoolPolicy } from "./pool-policy.ts";
export { SharedPolicy } from "./shared-policy.ts";
