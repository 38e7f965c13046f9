/**
 * Measures how long handlers take to load: each time in a fresh process, behind the best walls that this machine has,
 * as an instance would load it. V8's code caches are empty and the disk's are not, as for an instance on a warm host.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Deployment } from "../../domain/deployment.ts";
import type { Sandbox, SandboxedProcess } from "../../ports/sandbox.ts";
import { handlerEnvironment, type Places } from "../environment.ts";
import type { Mount, PreparedRuntime } from "../language.ts";
import { type Bootstrap, buildBootstrap } from "../languages/build.ts";
import { AWS_SDK } from "../languages/node/brought.ts";
import type { ProbeOrder } from "../languages/node/probe/main.ts";
import { NODE_BOOTSTRAP, nodeRuntime } from "../languages/node/runtime.ts";
import { chooseSandbox, type Tier } from "../sandboxes/index.ts";
import { type ModulePlace, placeOf } from "./module-place.ts";
import { type CheckedTold, readTold } from "./told.ts";

/** A function whose handler can be loaded. */
export interface InitSubject {
  /** Directory of its code; becomes /var/task. */
  readonly code: string;
  /** Directory of its layers, one over the other; becomes /opt. */
  readonly layers: string;
  /** For example nodejs22.x. */
  readonly runtime: string;
  readonly handler: string;
  readonly memoryMB: number;
  readonly region: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface MeasuredModule extends ModulePlace {
  /** Milliseconds of reading, compiling and running it, without what it loads. */
  readonly selfMs: number;
  /** The module that asked for it first; absent for the handler's own. */
  readonly importer?: ModulePlace;
}

/** `modules` is there where a trace was asked for, and slows the run a little. */
export type InitRun =
  | { readonly ms: number; readonly modules: readonly MeasuredModule[] }
  | { readonly failure: string };

export interface InitMeter {
  /** The tier of isolation that the handlers run in. */
  readonly tier: string;
  /** Loads it once. Never rejects because of what the function does. */
  run(subject: InitSubject, options: { readonly trace: boolean }): Promise<InitRun>;
  close(): Promise<void>;
}

export interface InitMeterOptions {
  /** An existing directory for the meter alone. */
  readonly directory: string;
  /** Where the SDK clients of handlers find a platform. */
  readonly endpoint: string;
  readonly tier?: Tier | "auto";
  /** Lambda gives an init ten seconds, and so do we. */
  readonly timeoutMs?: number;
}

const PROBE = {
  folders: [...NODE_BOOTSTRAP.folders, "languages/node/probe"],
  main: "languages/node/probe/main.ts",
};
const LAMBDA: Places = { taskRoot: "/var/task", layers: "/opt", scratch: "/tmp" };
const PROBE_ROOT = "/var/probe";
const NOBODY = { accessKeyId: "test", secretAccessKey: "test", sessionToken: "test" };
const INIT_MS = 10_000;
/** What a trace of 100,000 modules may need. */
const MOST_TOLD = 64 * 1024 * 1024;
const MOST_STDERR = 4 * 1024;

/** @throws Error where the tier that was asked for does not work here. */
export async function openInitMeter(options: InitMeterOptions): Promise<InitMeter> {
  const { directory, endpoint, tier = "auto", timeoutMs = INIT_MS } = options;
  const { sandbox } = await chooseSandbox({ tier, directory: join(directory, "sandbox") });
  const probe = await buildBootstrap(join(directory, "probe"), PROBE);
  const ownFilesystem = sandbox.ownFilesystem === true;
  const node = nodeRuntime({ directory, sdk: AWS_SDK, ownFilesystem });

  return {
    tier: sandbox.tier,
    async run(subject, { trace }) {
      const runtime = await node.prepare(subject.runtime);
      const scratch = await mkdtemp(join(directory, "tmp-"));
      try {
        const host = { taskRoot: subject.code, layers: subject.layers, scratch };
        const places = ownFilesystem ? LAMBDA : host;
        const process = startProbe({
          sandbox,
          probe,
          runtime,
          subject,
          endpoint,
          host,
          places,
          trace,
        });
        const told = await outcome(process, timeoutMs);
        return "failure" in told ? told : runOf(told, places);
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
    async close() {
      await sandbox.close?.();
    },
  };
}

interface ProbeStart {
  readonly sandbox: Sandbox;
  readonly probe: Bootstrap;
  readonly runtime: PreparedRuntime;
  readonly subject: InitSubject;
  readonly endpoint: string;
  readonly host: Places;
  readonly places: Places;
  readonly trace: boolean;
}

function startProbe(start: ProbeStart): SandboxedProcess {
  const { sandbox, probe, runtime, subject, host, places } = start;
  const deployment = deploymentOf(subject);
  const script = places === LAMBDA ? join(PROBE_ROOT, basename(probe.main)) : probe.main;
  const order: ProbeOrder = {
    taskRoot: places.taskRoot,
    layers: places.layers,
    runtimeModules: runtime.modules,
    handler: subject.handler,
    trace: start.trace,
  };
  const { command, args } = runtime.command(deployment);
  const mounts: Mount[] = [
    ...runtime.mounts,
    { source: dirname(probe.main), target: PROBE_ROOT },
    { source: host.taskRoot, target: LAMBDA.taskRoot },
    { source: host.layers, target: LAMBDA.layers },
  ];
  return sandbox.start({
    command,
    args: [...args.slice(0, -1), script, JSON.stringify(order)],
    environment: handlerEnvironment({
      deployment,
      places,
      credentials: NOBODY,
      logStream: "init",
      endpoint: start.endpoint,
      language: runtime.environment(deployment, places),
      programs: runtime.programs,
    }),
    directory: places.scratch,
    filesystem: { mounts, tmpMB: deployment.ephemeralStorageMB },
    limits: { memoryMB: subject.memoryMB, processes: 1_024, openFiles: 1_024 },
  });
}

/** A deployment as the platform would make it, of which only what an init can see matters. */
function deploymentOf(subject: InitSubject): Deployment {
  const functionName = "init";
  return {
    ...subject,
    id: functionName,
    account: "000000000000",
    functionName,
    version: "$LATEST",
    functionArn: `arn:aws:lambda:${subject.region}:000000000000:function:${functionName}`,
    architecture: process.arch === "arm64" ? "arm64" : "x86_64",
    timeoutSeconds: INIT_MS / 1000,
    ephemeralStorageMB: 512,
    logGroup: `/aws/lambda/${functionName}`,
    logFormat: "Text",
    code: "",
    layers: [],
    tracing: "PassThrough",
  };
}

async function outcome(
  process: SandboxedProcess,
  timeoutMs: number,
): Promise<CheckedTold | { readonly failure: string }> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill();
  }, timeoutMs);
  process.stdout.resume();
  try {
    const [line, stderr, exit] = await Promise.all([
      textOf(process.channel, MOST_TOLD, process.kill),
      textOf(process.stderr, MOST_STDERR),
      process.exited,
    ]);
    if (late) return { failure: `it did not load within ${timeoutMs / 1000} s` };
    if (exit.outOfMemory) return { failure: "it ran out of memory" };
    const told = readTold(line);
    if (told) return told;
    const end = exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`;
    return { failure: `its process ended while it loaded (${end})\n${stderr}`.trim() };
  } finally {
    clearTimeout(timer);
  }
}

/** What comes, as far as the limit; beyond it `over` is called, or the rest is read and dropped. */
async function textOf(
  stream: AsyncIterable<Buffer>,
  limit: number,
  over?: () => void,
): Promise<string> {
  const chunks: Buffer[] = [];
  let left = limit;
  try {
    for await (const chunk of stream) {
      if (chunk.length > left) over?.();
      chunks.push(chunk.subarray(0, left));
      left -= Math.min(left, chunk.length);
    }
  } catch {
    // The process is gone; what it told is there.
  }
  return Buffer.concat(chunks).toString("utf8");
}

function runOf(told: CheckedTold, places: Places): InitRun {
  if ("error" in told) {
    const { errorType, errorMessage, trace = [] } = told.error;
    const words = trace.length > 0 ? trace.join("\n") : `${errorType}: ${errorMessage}`;
    return { failure: words };
  }
  const modules = (told.modules ?? []).map(({ url, selfMs, importer }) => ({
    ...placeOf(url, places),
    selfMs,
    ...(importer === undefined ? {} : { importer: placeOf(importer, places) }),
  }));
  return { ms: told.ms, modules };
}
