/** Provisioned concurrency is metered: what is kept initialised, and what of it is at work, looked at when it is asked. */
import type { Clock } from "../ports/clock.ts";
import type { Executor, ProvisionedConcurrency } from "../ports/executor.ts";
import type { ProvisionedReading } from "../services/metering/index.ts";

type Watched = Omit<Executor, "snapshot" | "close">;

/** Nobody looked for longer than this: the platform stood still, or has just started. */
const MOST_MS = 120_000;

/**
 * The same executor, and what it keeps for provisioned concurrency since it was asked last.
 * @param onKept something is kept: it is to be read once a minute.
 */
export function meteredProvisioned(
  executor: Watched,
  clock: Clock,
  onKept: () => void,
): { readonly executor: Watched; read(): ProvisionedReading[] } {
  const kept = new Map<string, readonly ProvisionedConcurrency[]>();
  let last = clock.now();
  return {
    executor: {
      invoke: executor.invoke.bind(executor),
      stream: executor.stream.bind(executor),
      limit(functionArn, limits) {
        executor.limit(functionArn, limits);
        if (limits.provisioned.length === 0) return void kept.delete(functionArn);
        if (kept.size === 0) last = clock.now();
        kept.set(functionArn, limits.provisioned);
        onKept();
      },
      limitAccount: executor.limitAccount.bind(executor),
      provisioned: executor.provisioned.bind(executor),
      expect: executor.expect.bind(executor),
      initialise: executor.initialise.bind(executor),
      retire: executor.retire.bind(executor),
      get runtimes() {
        return executor.runtimes;
      },
      runtimeVersion: executor.runtimeVersion.bind(executor),
    },
    read() {
      const at = clock.now();
      const ms = Math.min(MOST_MS, Math.max(0, at - last));
      last = at;
      if (kept.size > 0) onKept();
      return [...kept].flatMap(([functionArn, all]) =>
        all.flatMap(({ qualifier, deployment }) => {
          const state = executor.provisioned(functionArn, qualifier);
          if (state === undefined) return [];
          const { account, region, functionName, version, architecture, memoryMB } = deployment;
          const { available, inUse } = state;
          return {
            scope: { account, region },
            ...{ functionName, version, qualifier, architecture, memoryMB },
            ...{ available, inUse, ms, at },
          };
        }),
      );
    },
  };
}
