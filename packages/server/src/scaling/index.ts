export { FleetPolicy, type Load, OCCUPIED_MS, SLOW_MS } from "./fleet-policy.ts";
