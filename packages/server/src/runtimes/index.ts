export { createExecutor } from "./executor.ts";
export { nodeRuntime } from "./languages/node/runtime.ts";
export { installedDirectory } from "./languages/node/versions.ts";
export type { ExecutorLimits } from "./limits.ts";
export { listRuntimes } from "./runtime-list.ts";
export { chooseSandbox, processSandbox } from "./sandboxes/index.ts";
