import { basename, dirname, join } from "node:path";
import type { Deployment } from "../../domain/deployment.ts";
import type { Sandbox, SandboxedProcess } from "../../ports/sandbox.ts";
import { handlerEnvironment, type Places } from "../environment.ts";
import type { Mount, PreparedRuntime } from "../language.ts";
import type { Bootstrap } from "../languages/build.ts";
import type { ProbeOrder } from "../languages/node/probe/main.ts";

/** A function whose handler can be loaded. */
export interface InitSubject {
  readonly functionName: string;
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

export interface ProbeStart {
  readonly sandbox: Sandbox;
  readonly probe: Bootstrap;
  readonly runtime: PreparedRuntime;
  readonly subject: InitSubject;
  /** Where the SDK clients of handlers find a platform. */
  readonly endpoint: string;
  /** Where its files are, and where it sees them. */
  readonly host: Places;
  readonly places: Places;
  readonly trace: boolean;
}

/** Where instances with a file system of their own find their files. */
export const LAMBDA: Places = {
  taskRoot: "/var/task",
  layers: "/opt",
  scratch: "/tmp",
  codeCache: "/tmp",
};
const PROBE_ROOT = "/var/probe";
const NOBODY = { accessKeyId: "test", secretAccessKey: "test", sessionToken: "test" };

/** Starts what an instance of this function would be, with the probe in the bootstrap's place. */
export function startProbe(start: ProbeStart): SandboxedProcess {
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
    // The bootstrap is the last of its arguments.
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
  const { functionName, region } = subject;
  const account = "000000000000";
  return {
    ...subject,
    id: functionName,
    account,
    version: "$LATEST",
    functionArn: `arn:aws:lambda:${region}:${account}:function:${functionName}`,
    architecture: process.arch === "arm64" ? "arm64" : "x86_64",
    timeoutSeconds: 10,
    ephemeralStorageMB: 512,
    logGroup: `/aws/lambda/${functionName}`,
    logFormat: "Text",
    code: "",
    layers: [],
    tracing: "PassThrough",
    snapStart: false,
    network: "host",
  };
}
