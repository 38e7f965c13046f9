/** Walls around strangers' code: the tiers, and which of them works here. */
export { delegation } from "./cgroups/delegation.ts";
export { ownGroup } from "./cgroups/open.ts";
export { chooseSandbox, SandboxUnavailable, TIERS, type Tier } from "./choose.ts";
export { processSandbox } from "./process.ts";
export { remedies } from "./walls/remedies.ts";
