export { createExecutor } from "./executor.ts";
export { customRuntime } from "./languages/custom/runtime.ts";
export { nodeRuntime } from "./languages/node/runtime.ts";
export { pythonRuntime } from "./languages/python/runtime.ts";
export type { ExecutorLimits } from "./limits.ts";
export { chooseSandbox, processSandbox } from "./sandboxes/index.ts";
