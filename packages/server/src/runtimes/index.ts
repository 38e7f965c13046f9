export { createExecutor } from "./executor.ts";
export { AWS_SDK } from "./languages/node/brought.ts";
export { nodeRuntime } from "./languages/node/runtime.ts";
export type { ExecutorLimits } from "./limits.ts";
export { chooseSandbox, processSandbox } from "./sandboxes/index.ts";
