/** Walls around strangers' code: the tiers, and which of them works here. */
export { chooseSandbox, SandboxUnavailable, TIERS, type Tier } from "./choose.ts";
export { processSandbox } from "./process.ts";
