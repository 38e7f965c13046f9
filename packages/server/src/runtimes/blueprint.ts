/** What the process of an instance is started with: as little of its function as possible, so that others can use it. */
import type { Deployment } from "../domain/deployment.ts";
import type { FunctionNetwork } from "../domain/function-network.ts";
import type { SandboxedProgram } from "../ports/sandbox.ts";
import {
  type Credentials,
  handlerEnvironment,
  type Places,
  startEnvironment,
} from "./environment.ts";
import type { PreparedRuntime } from "./language.ts";
import { SUPERVISOR_ENVIRONMENT } from "./languages/custom/supervised.ts";

/** Where instances with a file system of their own find their files. */
const LAMBDA: Omit<Places, "codeCache"> = {
  taskRoot: "/var/task",
  layers: "/opt",
  scratch: "/tmp",
};
/** Lambda's quotas: execution processes and threads, file descriptors. */
const PROCESSES = 1_024;
const OPEN_FILES = 1_024;
const WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER";

/** What all instances of one platform have in common. */
export interface Ground {
  /** Whether instances have a file system of their own. */
  readonly ownFilesystem: boolean;
  /** Where functions find the platform: their AWS_ENDPOINT_URL. */
  readonly endpoint: () => string;
  /** Where functions send what they trace: their AWS_XRAY_DAEMON_ADDRESS. */
  readonly traceDaemon?: (() => string | undefined) | undefined;
  readonly credentials: (deployment: Deployment) => Credentials;
}

/** How a process is started before it is known for which function. Paths that it is given are the host's. */
export interface Recipe {
  /** Whatever is started by recipes with equal keys can stand in for each other. */
  readonly key: string;
  /** What it waits for once it is ready: frames from then on, or one line before that. */
  readonly reads: "frames" | "a line";
  /** Says `booted` once it is ready. It has no limit of its memory yet. `fence`: its descriptor. */
  program(host: Places, fence: number): SandboxedProgram;
}

/** How to start processes for a deployment. Paths that it is given are the host's. */
export interface Blueprint {
  readonly runtime: PreparedRuntime;
  /** Its process is started by the function's own wrapper, and has the whole environment from the start. */
  readonly wrapped: boolean;
  /** Where the function finds its files. */
  places(host: Places): Places;
  /** The handler's whole environment. */
  environment(host: Places, logStream: string): Record<string, string>;
  /** The process, without a limit of its memory. `fence`: its descriptor. */
  program(host: Places, logStream: string, fence: number): SandboxedProgram;
  /** A process that has booted ahead of time; absent where it can only be started for this one deployment. */
  readonly booted?: Recipe;
  /** Walls that stand ahead of time, and what to tell the shell inside of them so that it becomes the process. */
  readonly walls?: Recipe & { readonly order: string };
}

/** What stands for the host's paths in a key. */
const ANYWHERE: Places = {
  taskRoot: "task",
  layers: "layers",
  scratch: "scratch",
  codeCache: "cache",
};

/**
 * What waits inside of walls: says `booted` (wire/frames.ts), reads one line, byte by byte, and becomes the command in
 * it. What follows the line is the command's to read.
 */
const SHELL = "/bin/sh";
const WAIT = "printf '\\0\\0\\0\\0\\017\\0\\0\\0\\0' >&3; read -r line <&3 && set -f && exec $line";
/** Of such words the shell makes the same words again. */
const PLAIN_WORD = /^[\w@%+=:,./-]+$/;

/** `needs`: see PreparedRuntime. */
export function blueprintOf(
  deployment: Deployment,
  runtime: PreparedRuntime,
  needs: readonly string[],
  ground: Ground,
): Blueprint {
  const wrapped = !runtime.supervised && deployment.environment[WRAPPER] !== undefined;
  const { ownFilesystem } = ground;
  const { codeCache } = runtime;
  const places = (host: Places): Places =>
    ownFilesystem ? { ...LAMBDA, codeCache: codeCache ?? "" } : host;
  const environment = (host: Places, logStream: string): Record<string, string> =>
    handlerEnvironment({
      deployment,
      places: places(host),
      credentials: ground.credentials(deployment),
      logStream,
      endpoint: ground.endpoint(),
      traceDaemon: ground.traceDaemon?.(),
      language: runtime.environment(deployment, places(host)),
      programs: runtime.programs,
    });
  const around = (host: Places, fence: number): Omit<SandboxedProgram, "command" | "args"> => ({
    environment: runtime.supervised
      ? SUPERVISOR_ENVIRONMENT
      : startEnvironment(environment(host, "")),
    directory: places(host).scratch,
    descriptors: [fence],
    filesystem: {
      mounts: [
        ...runtime.mounts,
        { source: host.taskRoot, target: LAMBDA.taskRoot },
        { source: host.layers, target: LAMBDA.layers },
        ...(codeCache === undefined ? [] : [{ source: host.codeCache, target: codeCache }]),
      ],
      tmpMB: deployment.ephemeralStorageMB,
    },
    limits: { processes: PROCESSES, openFiles: OPEN_FILES },
    network: networkFor(runtime, deployment),
  });
  const own = runtime.command(deployment);

  if (wrapped)
    return {
      ...{ runtime, wrapped, places, environment },
      program(host, logStream, fence) {
        const whole = environment(host, logStream);
        // Lambda: a wrapper script gets the runtime's command line as its arguments, and the whole environment.
        const command = whole[WRAPPER] ?? own.command;
        const args = [own.command, ...own.args];
        return { ...around(host, fence), command, args, environment: whole };
      },
    };
  const words = [own.command, ...own.args];
  const standing = ownFilesystem && words.every((word) => PLAIN_WORD.test(word));
  return {
    ...{ runtime, wrapped, places, environment },
    program: (host, _logStream, fence) => ({ ...around(host, fence), ...own }),
    booted: recipe("frames", (host, fence) => ({
      ...around(host, fence),
      ...runtime.command(deployment, needs),
    })),
    ...(standing && {
      walls: {
        ...recipe("a line", (host, fence) => ({
          ...around(host, fence),
          command: SHELL,
          args: ["-c", WAIT],
        })),
        order: `${words.join(" ")}\n`,
      },
    }),
  };
}

/** Lambda's APIs are HTTP on the instance's own 127.0.0.1. */
function networkFor({ supervised }: PreparedRuntime, { network }: Deployment): FunctionNetwork {
  return supervised && network === "none" ? "loopback-only" : network;
}

const recipe = (reads: Recipe["reads"], program: Recipe["program"]): Recipe => ({
  key: JSON.stringify(program(ANYWHERE, 0)),
  reads,
  program,
});
