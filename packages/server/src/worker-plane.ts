/** The primary's half of a data plane in several processes; a worker's is worker.ts. docs/design/workers.md */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Link } from "./cluster/link.ts";
import { routedExecutor } from "./cluster/routed-executor.ts";
import { Workers } from "./cluster/workers.ts";
import type { Config } from "./config.ts";
import type { DataPlane, DataPlaneOptions } from "./data-plane.ts";
import { openInternalFront } from "./front/internal.ts";
import { overNode } from "./front/node-direct.ts";
import { listen } from "./http/listen.ts";
import type { Isolation } from "./local-executor.ts";
import { systemClock as clock } from "./ports/clock.ts";
import type { ProvisionedState } from "./ports/executor.ts";
import { ownGroup } from "./runtimes/index.ts";
import type { FunctionSnapshot, Functions } from "./services/functions/index.ts";
import type { MeterReading } from "./services/metering/index.ts";

/** What a worker is told when it starts. */
export interface WorkerOrder {
  /** Which of the workers it is: 0 to `workers` - 1. A worker that replaces another one takes its place. */
  readonly place: number;
  readonly workers: number;
  readonly config: WorkerConfig;
  /** Of this place alone, for what can be made again. */
  readonly directory: string;
  /** Where the Unix sockets of all processes are. */
  readonly sockets: string;
  /** Where functions send what they trace. */
  readonly traceDaemon: string | undefined;
}

/** The configuration without what no worker needs to know. */
export type WorkerConfig = Omit<Config, "adminToken">;

/** Where the worker in this place listens for the others. */
export const linkSocket = (sockets: string, place: number): string =>
  join(sockets, `worker-${place}`);
/** Where the primary serves what workers do not. */
export const primarySocket = (sockets: string): string => join(sockets, "primary");

const PROGRAM = join(import.meta.dirname, "worker.ts");

/** Several processes cannot share a port here. */
class WorkersUnavailable extends Error {
  override readonly name = "WorkersUnavailable";
  readonly code = "WorkersUnavailable";

  constructor() {
    super("several workers need Linux and Node.js 23.1 or later");
  }
}

/** Starts the workers. @throws SandboxUnavailable, WorkersUnavailable */
export async function openWorkerPlane(options: DataPlaneOptions): Promise<DataPlane> {
  if (!sharesPorts()) throw new WorkersUnavailable();
  const { config, packages, logs, metrics, log, directory, onDefect } = options;
  const { adminToken: _, ...settings } = config;
  // Each has at least one instance of the machine's.
  const count = Math.min(config.workers, config.instances.max);
  // A path of a data directory may be longer than that of a socket can be.
  const sockets = await mkdtemp(join(tmpdir(), "yunque-"));
  let functions: Functions | undefined;
  /** By function and qualifier, as the homes tell. */
  const provisioned = new Map<string, ReadonlyMap<string, ProvisionedState>>();
  if (config.isolation !== "none") await ownGroup();

  const workers = new Workers<WorkerOrder, Isolation, FunctionSnapshot>({
    count,
    program: PROGRAM,
    order: (place) => ({
      place,
      workers: count,
      config: settings,
      directory: join(directory, "workers", String(place)),
      sockets,
      traceDaemon: options.traceDaemon(),
    }),
    permits: config.limits.concurrency,
    clock,
    serve: (tell) => ({
      async load(scope, name) {
        await functions?.load(scope, name);
        functions?.snapshots(scope, name).forEach(tell);
      },
      async loadUrl(id) {
        const target = await functions?.urlTarget(id);
        if (target) functions?.snapshots(target.scope, target.url.functionName).forEach(tell);
      },
      packageDirectory: (id) => packages.directory(id),
      appendLogs(batches) {
        for (const { group, stream, lines } of batches) logs.append(group, stream, lines);
      },
      provisioned: (functionArn, report) => void provisioned.set(functionArn, new Map(report)),
      count: (name, dimensions, value) => metrics.count(name, dimensions, value),
      observe: (name, dimensions, value) => metrics.observe(name, dimensions, value),
      trace: (scope, segment) => options.tracer.tell(scope, segment),
      metered: (readings) => options.metered?.(readings as readonly MeterReading[]),
      defect: (words) => onDefect(words),
    }),
    known: () => functions?.snapshots() ?? [],
    onLost: (place, how, waitMs) =>
      log.error("a worker ended by itself, and is started again", { worker: place, how, waitMs }),
    onDefect,
  });
  const links = Array.from({ length: count }, (_, at) => new Link(linkSocket(sockets, at), clock));
  const close = async (): Promise<void> => {
    for (const link of links) link.close();
    await workers.end(0);
    await rm(sockets, { recursive: true, force: true });
  };

  const { runtimes, isolation } = await workers.prepare().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    executor: routedExecutor(links, {
      runtimes: new Set(runtimes),
      runtimeVersion: (name) => workers.runtimeVersion(name),
      // The homes limit functions as these are published; what they told of it before is over.
      limit: (functionArn) => void provisioned.delete(functionArn),
      limitAccount: (...limit) => workers.limitAccount(...limit),
      provisioned: (functionArn, qualifier) => provisioned.get(functionArn)?.get(qualifier),
    }),
    isolation,
    logs: {
      async read(group, asked) {
        await workers.flushLogs();
        return logs.read(group, asked);
      },
      follow: (group, listener) => logs.follow(group, listener),
    },
    publish: (scope, name, snapshot) => workers.publish(scope, name, snapshot),
    get workers() {
      return workers.states;
    },
    snapshot: () => workers.snapshot(),
    async serve(served, { direct, routes }) {
      functions = served;
      const port = await freePort(config.host, config.port);
      const path = primarySocket(sockets);
      const all = [...direct.map(overNode), ...routes];
      const internal = await openInternalFront(path, all, onDefect);
      const origin = await workers.listen(config.host, port).catch(async (error: unknown) => {
        await internal.close(0);
        throw error;
      });
      return {
        origin,
        async close(graceMs) {
          const deadline = clock.monotonic() + graceMs;
          await workers.drain(graceMs);
          await internal.close(Math.max(0, deadline - clock.monotonic()));
        },
      };
    },
    end: (graceMs) => workers.end(graceMs),
    close,
  };
}

/** Node.js added `reusePort` in 23.1; of the systems that have the socket option, Linux balances by it. */
function sharesPorts(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return process.platform === "linux" && (major > 23 || (major === 23 && minor >= 1));
}

/**
 * The port, or a free one for 0. Workers share it, and would share it with others who do: so it is seen first that
 * nobody has it. @throws the system's error, for example EADDRINUSE
 */
async function freePort(host: string, port: number): Promise<number> {
  const server = createServer();
  await listen(server, { host, port });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : port;
}
