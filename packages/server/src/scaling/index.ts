export { FleetPolicy, type Load, SLOW_MS } from "./fleet-policy.ts";
