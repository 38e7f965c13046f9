/** Where functions run in this process: the walls that stand on this machine, the languages, and the executor over them. */
import { join } from "node:path";
import type { Health } from "./admin/index.ts";
import type { Config } from "./config.ts";
import { systemClock as clock } from "./ports/clock.ts";
import type { Executor } from "./ports/executor.ts";
import type { Logs } from "./ports/logs.ts";
import type { Packages } from "./ports/packages.ts";
import type { Sandbox } from "./ports/sandbox.ts";
import {
  AWS_SDK,
  chooseSandbox,
  createExecutor,
  customRuntime,
  type ExecutorLimits,
  type ExecutorOptions,
  installedRuntimes,
  nodeRuntime,
  pythonRuntime,
  SandboxUnavailable,
} from "./runtimes/index.ts";

/** What separates instances here, as health tells it. */
export type Isolation = Health["isolation"];

export interface LocalExecutor {
  readonly executor: Executor;
  readonly isolation: Isolation;
  /** Ends what still runs, at once, and what stands around it. */
  close(): Promise<void>;
}

export interface LocalExecutorOptions {
  readonly config: Pick<Config, "isolation" | "network" | "dataDir" | "instances" | "limits">;
  readonly packages: Pick<Packages, "directory">;
  readonly logs: Pick<Logs, "append">;
  /** Where functions find the platform. */
  readonly endpoint: () => string;
  readonly traceDaemon?: (() => string | undefined) | undefined;
  /** A directory of this process's alone, for what can be made again. */
  readonly directory: string;
  /** What accounts share, where that is shared with other processes. */
  readonly permits?: ExecutorOptions["permits"];
  /** Other than the configuration says. */
  readonly limits?: Partial<ExecutorLimits>;
}

/** @throws SandboxUnavailable where the walls that are asked for cannot be had. */
export async function openLocalExecutor(options: LocalExecutorOptions): Promise<LocalExecutor> {
  const { config, packages, logs, endpoint, traceDaemon, directory, permits, limits } = options;
  const { sandbox, refused } = await openSandbox(config, join(directory, "sandbox"));
  const ownFilesystem = sandbox.ownFilesystem === true;
  const runtimesDirectory = join(directory, "runtimes");
  const custom = customRuntime({ directory: runtimesDirectory, ownFilesystem });
  const executor = createExecutor({
    packages,
    logs,
    clock,
    sandbox,
    languages: [
      custom.extending(
        nodeRuntime({
          directory: runtimesDirectory,
          sdk: AWS_SDK,
          installed: installedRuntimes(config.dataDir),
          ownFilesystem,
        }),
      ),
      custom.extending(pythonRuntime({ directory: runtimesDirectory, ownFilesystem })),
      custom,
    ],
    endpoint,
    traceDaemon,
    directory,
    ...(permits ? { permits } : {}),
    limits: {
      concurrency: config.limits.concurrency,
      requestRate: config.limits.requestRate,
      waiting: config.limits.queuedInvocations,
      instances: config.instances.max,
      idleMs: config.instances.idleSeconds * 1000,
      ...limits,
    },
  });
  return {
    executor,
    isolation: {
      tier: sandbox.tier,
      enforces: sandbox.enforces,
      lacks: sandbox.lacks ?? [],
      refused,
      network: config.network,
    },
    async close() {
      await executor.close(0);
      await sandbox.close?.();
    },
  };
}

async function openSandbox(
  { isolation, network }: LocalExecutorOptions["config"],
  directory: string,
): ReturnType<typeof chooseSandbox> {
  const chosen = await chooseSandbox({ tier: isolation, directory });
  if (network === "host" || keepsNetworks(chosen.sandbox)) return chosen;
  throw new SandboxUnavailable(
    `without a sandbox functions cannot be kept to the network "${network}"`,
  );
}

/** Whether functions can be kept to less than the machine's own network. */
export const keepsNetworks = ({ tier }: Pick<Sandbox, "tier">): boolean => tier !== "none";
