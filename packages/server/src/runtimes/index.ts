export { createExecutor, type ExecutorOptions } from "./executor.ts";
export { customRuntime } from "./languages/custom/runtime.ts";
export { AWS_SDK } from "./languages/node/brought.ts";
export { installedRuntimes } from "./languages/node/node-versions.ts";
export { nodeRuntime } from "./languages/node/runtime.ts";
export { pythonRuntime } from "./languages/python/runtime.ts";
export type { ExecutorLimits } from "./limits.ts";
export { chooseSandbox, ownGroup, processSandbox, SandboxUnavailable } from "./sandboxes/index.ts";
