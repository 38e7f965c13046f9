/** Walls around strangers' code: the tiers, and which of them works here. */
export { chooseSandbox, TIERS, type Tier } from "./choose.ts";
export { processSandbox } from "./process.ts";
