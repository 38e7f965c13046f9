export { createExecutor } from "./executor.ts";
export { nodeRuntime } from "./languages/node/runtime.ts";
export type { ExecutorLimits } from "./limits.ts";
export { chooseSandbox } from "./sandboxes/choose.ts";
export { processSandbox } from "./sandboxes/process.ts";
