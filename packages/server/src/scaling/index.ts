export { FleetPolicy, OCCUPIED_MS, SLOW_MS } from "./fleet-policy.ts";
