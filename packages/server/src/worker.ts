/**
 * The composition root of a worker, and the program that it runs: it serves invocations and function URLs on the public
 * port, runs the functions whose home it is, and hands everything else to the primary. It lives as long as its channel.
 */
import { rm } from "node:fs/promises";
import { Socket } from "node:net";
import { createDirectUrlRoute } from "./aws/routes/direct-url.ts";
import { createFunctionUrlRoute } from "./aws/routes/function-url.ts";
import { createInvokeRoute } from "./aws/routes/invoke.ts";
import { Channel } from "./cluster/channel.ts";
import { homeOfArn } from "./cluster/home.ts";
import { LeasedPermits } from "./cluster/leased-permits.ts";
import { type Home, Link } from "./cluster/link.ts";
import { type LinkServer, serveLinks } from "./cluster/link-server.ts";
import { LogShipper } from "./cluster/log-shipper.ts";
import type { PrimaryProcedures, WorkerProcedures } from "./cluster/messages.ts";
import { permittedHome } from "./cluster/permitted-home.ts";
import { ProvisionedReports } from "./cluster/provisioned-reports.ts";
import { routedExecutor } from "./cluster/routed-executor.ts";
import { CHANNEL_DESCRIPTOR } from "./cluster/worker-process.ts";
import { createProxy } from "./front/proxy.ts";
import {
  type Isolation,
  keepsNetworks,
  type LocalExecutor,
  openLocalExecutor,
} from "./local-executor.ts";
import { createLog } from "./log.ts";
import { systemClock as clock } from "./ports/clock.ts";
import { openPublicFront, type PublicFront } from "./public-front.ts";
import {
  createReplica,
  type FunctionSnapshot,
  type FunctionsReplica,
} from "./services/functions/index.ts";
import { Meters } from "./services/metering/index.ts";
import { Sampler } from "./services/traces/index.ts";
import { linkSocket, primarySocket, type WorkerOrder } from "./worker-plane.ts";

type Worker = WorkerProcedures<WorkerOrder, Isolation, FunctionSnapshot>;

/** What there is of a worker once it was told what to become. */
interface Parts {
  readonly order: WorkerOrder;
  readonly local: LocalExecutor;
  readonly replica: FunctionsReplica;
  readonly links: readonly Link[];
  readonly server: LinkServer;
  readonly reports: ProvisionedReports;
}

const sampler = new Sampler(clock);
/** What is counted is told once a second, while there is something to tell. */
const TELL_MS = 1000;
const meters = new Meters(clock.now, () => void clock.after(TELL_MS, tellMeters));
const tellMeters = (): void => {
  const readings = meters.read();
  if (readings.length > 0) primary.tell("metered", readings);
};

let parts: Parts | undefined;
let front: PublicFront | undefined;
/** Where functions find the platform. */
let origin = "";
const onDefect = (error: unknown): void =>
  primary.tell("defect", error instanceof Error ? (error.stack ?? error.message) : String(error));

const accounts = new Map<string, LeasedPermits>();
function permits(account: string, region: string): LeasedPermits {
  const key = `${account}/${region}`;
  let found = accounts.get(key);
  if (found === undefined) {
    const { concurrency } = told().order.config.limits;
    found = new LeasedPermits(concurrency, (wanted) =>
      primary.tell("borrow", account, region, wanted),
    );
    accounts.set(key, found);
  }
  return found;
}

const procedures: Worker = {
  async prepare(order) {
    parts = await prepare(order);
    const { executor, isolation } = parts.local;
    return { runtimes: [...executor.runtimes], isolation };
  },
  async listen(host, port) {
    front = await listen(told(), host, port);
    origin = front.inside;
    return front.origin;
  },
  put: (snapshot) => told().replica.put(snapshot),
  remove: (scope, name) => told().replica.remove(scope, name),
  settled: () => {},
  lent: (account, region, count) => permits(account, region).lent(count),
  reclaim: (account, region) => permits(account, region).returnUnused(),
  limitAccount: (...limit) => told().local.executor.limitAccount(...limit),
  flushLogs: () => logs.flush(),
  snapshot: () => told().local.executor.snapshot(),
  runtimeVersion: (name) => told().local.executor.runtimeVersion(name),
  drain: async (graceMs) => front?.close(graceMs),
  async end(graceMs) {
    await parts?.local.executor.close(graceMs);
    await close();
    tellMeters();
    logs.flush();
  },
};

// The primary is asked to stop, and says so; whoever signals the whole group means it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
const primary = new Channel<PrimaryProcedures>(
  new Socket({ fd: CHANNEL_DESCRIPTOR }),
  procedures as unknown as Record<string, (...words: never[]) => unknown>,
  (error) => onDefect(error),
);
const logs = new LogShipper({
  send: (batches) => primary.tell("appendLogs", batches),
  get backlog() {
    return primary.backlog;
  },
});
void primary.closed.then(orphaned);

async function prepare(order: WorkerOrder): Promise<Parts> {
  const { place, workers, config, directory, sockets } = order;
  const local = await openLocalExecutor({
    config,
    packages: { directory: (id) => primary.ask("packageDirectory", id) },
    logs,
    endpoint: () => origin,
    traceDaemon: () => order.traceDaemon,
    directory,
    permits,
    limits: { instances: shareOf(config.instances.max, place, workers) },
  });
  const { executor, isolation } = local;
  const home = permittedHome(executor, permits);
  const links: Link[] = [];
  const homes: Home[] = [];
  for (let at = 0; at < workers; at++) {
    const link = at === place ? undefined : new Link(linkSocket(sockets, at), clock);
    if (link) links.push(link);
    homes.push(link ?? home);
  }
  const reports = new ProvisionedReports(executor, (...report) =>
    primary.tell("provisioned", ...report),
  );
  const routed = routedExecutor(homes, {
    runtimes: executor.runtimes,
    runtimeVersion: (name) => executor.runtimeVersion(name),
    limit(functionArn, limits) {
      if (homeOfArn(functionArn, workers) !== place) return;
      executor.limit(functionArn, limits);
      reports.watch(functionArn, limits);
    },
    limitAccount: (...limit) => executor.limitAccount(...limit),
    provisioned: (...of) => executor.provisioned(...of),
  });
  const replica = createReplica({
    executor: routed,
    metering: meters,
    metrics: {
      count: (...counted) => primary.tell("count", ...counted),
      observe: (...observed) => primary.tell("observe", ...observed),
    },
    tracer: {
      // Rules are the primary's: a worker samples as X-Ray does without any.
      decide: (_scope, request) => sampler.decide(request),
      tell: ({ account, region }, segment) => primary.tell("trace", { account, region }, segment),
    },
    network: { widest: config.network, enforced: keepsNetworks(isolation) },
    load: (scope, name) => primary.ask("load", scope, name),
    loadUrl: (id) => primary.ask("loadUrl", id),
  });
  const path = linkSocket(sockets, place);
  await rm(path, { force: true }); // that of a worker which this one replaces
  const server = await serveLinks(path, home, onDefect);
  return { order, local, replica, links, server, reports };
}

async function listen(
  { order, replica: functions }: Parts,
  host: string,
  port: number,
): Promise<PublicFront> {
  const { config, workers, sockets } = order;
  const { account, limits } = config;
  const proxy = createProxy(primarySocket(sockets));
  return openPublicFront({
    config: { ...config, host },
    port,
    reusePort: true,
    connections: Math.ceil(limits.connections / workers),
    direct: [
      createInvokeRoute({ functions, account, onDefect }),
      createDirectUrlRoute({ functions, onDefect }),
    ],
    routes: [createFunctionUrlRoute({ functions, account, onDefect }), proxy.route],
    log: createLog({
      format: config.log,
      level: config.logLevel,
      write: (line) => process.stderr.write(line),
    }),
    onDefect,
  });
}

/** Of so many instances on this machine. */
const shareOf = (all: number, place: number, workers: number): number =>
  Math.floor(all / workers) + (place < all % workers ? 1 : 0);

function told(): Parts {
  if (parts === undefined) throw new Error("the worker was not told what to become");
  return parts;
}

async function close(): Promise<void> {
  parts?.server.close();
  parts?.reports.close();
  for (const link of parts?.links ?? []) link.close();
  await parts?.local.close();
}

/** Without a primary nothing is worth going on; it closes the channel when everything is over, too. */
async function orphaned(): Promise<void> {
  await close().catch(() => {});
  if (parts) await rm(parts.order.sockets, { recursive: true, force: true }).catch(() => {});
  process.exit(0);
}
