export { createExecutor, type ExecutorOptions } from "./executor.ts";
export { nodeRuntime } from "./languages/node/runtime.ts";
export { defaultLimits, type ExecutorLimits } from "./limits.ts";
export { processSandbox } from "./sandboxes/process.ts";
