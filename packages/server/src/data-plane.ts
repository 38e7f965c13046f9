/** What serves requests and runs functions: this process alone, or workers beside it. */
import type { WorkerState } from "./cluster/workers.ts";
import type { Config } from "./config.ts";
import { type Isolation, openLocalExecutor } from "./local-executor.ts";
import type { Log } from "./log.ts";
import type { Executor, ExecutorSnapshot } from "./ports/executor.ts";
import type { Logs } from "./ports/logs.ts";
import type { Metrics } from "./ports/metrics.ts";
import type { Packages } from "./ports/packages.ts";
import type { Tracer } from "./ports/tracer.ts";
import { openPublicFront, type PublicFront, type Routes } from "./public-front.ts";
import type { Functions, Publish } from "./services/functions/index.ts";
import type { MeterReading } from "./services/metering/index.ts";

export interface DataPlane {
  readonly executor: Omit<Executor, "snapshot" | "close">;
  readonly isolation: Isolation;
  /** With every line that instances have written so far. */
  readonly logs: Pick<Logs, "read" | "follow">;
  /** Where other processes need to be told of functions. */
  readonly publish?: Publish;
  readonly workers: readonly WorkerState[];
  snapshot(): Promise<ExecutorSnapshot>;
  /** Opens the public door over these routes, of which workers serve some themselves. */
  serve(functions: Functions, routes: Routes): Promise<Pick<PublicFront, "origin" | "close">>;
  /** Lets what runs finish for at most so long, then ends every instance. */
  end(graceMs: number): Promise<void>;
  /** Ends what is still there, at once. */
  close(): Promise<void>;
}

export interface DataPlaneOptions {
  readonly config: Config;
  readonly packages: Packages;
  readonly logs: Logs;
  readonly metrics: Metrics;
  /** What meters of other processes have counted. */
  readonly metered?: (readings: readonly MeterReading[]) => void;
  /** Where functions send what they trace, once it listens. */
  readonly traceDaemon: () => string | undefined;
  readonly tracer: Tracer;
  readonly log: Log;
  /** For what can be made again. */
  readonly directory: string;
  readonly onDefect: (error: unknown) => void;
}

/** @throws SandboxUnavailable where the walls that are asked for cannot be had. */
export async function openDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  if (options.config.workers === 0) return openOwnPlane(options);
  // Not imported where it is not needed: each module that is read makes the start longer.
  const { openWorkerPlane } = await import("./worker-plane.ts");
  return openWorkerPlane(options);
}

async function openOwnPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const { config, packages, logs, log, directory, traceDaemon, onDefect } = options;
  let origin = "";
  const endpoint = () => origin;
  const local = await openLocalExecutor({
    ...{ config, packages, logs, endpoint, traceDaemon, directory },
  });
  const { executor, isolation } = local;
  return {
    executor,
    isolation,
    logs,
    workers: [],
    snapshot: async () => executor.snapshot(),
    async serve(_functions, routes) {
      const { port, limits } = config;
      const { connections } = limits;
      const front = await openPublicFront({ ...routes, config, port, connections, log, onDefect });
      origin = front.inside;
      return front;
    },
    end: (graceMs) => executor.close(graceMs),
    close: () => local.close(),
  };
}
