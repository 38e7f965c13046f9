/** What the process of an instance is started with: as little of its function as possible, so that others can use it. */
import type { Deployment } from "../domain/deployment.ts";
import type { SandboxedProgram } from "../ports/sandbox.ts";
import {
  type Credentials,
  handlerEnvironment,
  type Places,
  startEnvironment,
} from "./environment.ts";
import type { PreparedRuntime } from "./language.ts";

/** Where instances with a file system of their own find their files. */
const LAMBDA: Places = { taskRoot: "/var/task", layers: "/opt", scratch: "/tmp" };
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
  readonly credentials: (deployment: Deployment) => Credentials;
}

/** How to start processes for a deployment. Paths that it is given are the host's. */
export interface Blueprint {
  readonly runtime: PreparedRuntime;
  /**
   * Whatever is started by blueprints with equal keys can stand in for each other; undefined where a process can only
   * become an instance of this one deployment.
   */
  readonly key: string | undefined;
  /** Its process was started by the function's own wrapper, and has the whole environment from the start. */
  readonly wrapped: boolean;
  /** Where the function finds its files. */
  places(host: Places): Places;
  /** The handler's whole environment. */
  environment(host: Places, logStream: string): Record<string, string>;
  /** The process, without a limit of its memory. `fence`: its descriptor. */
  program(host: Places, logStream: string, fence: number): SandboxedProgram;
  /** The same, started ahead of time. */
  ahead(host: Places, fence: number): SandboxedProgram;
}

/** What stands for the host's paths in a key. */
const ANYWHERE: Places = { taskRoot: "task", layers: "layers", scratch: "scratch" };

/** `needs`: see PreparedRuntime. */
export function blueprintOf(
  deployment: Deployment,
  runtime: PreparedRuntime,
  needs: readonly string[],
  ground: Ground,
): Blueprint {
  const wrapped = deployment.environment[WRAPPER] !== undefined;
  const places = (host: Places): Places => (ground.ownFilesystem ? LAMBDA : host);
  const environment = (host: Places, logStream: string): Record<string, string> =>
    handlerEnvironment({
      deployment,
      places: places(host),
      credentials: ground.credentials(deployment),
      logStream,
      endpoint: ground.endpoint(),
      language: runtime.environment(deployment, places(host)),
      programs: runtime.programs,
    });
  const program = (
    host: Places,
    logStream: string,
    fence: number,
    ahead?: readonly string[],
  ): SandboxedProgram => {
    const whole = environment(host, logStream);
    const { command, args } = runtime.command(deployment, ahead);
    return {
      // Lambda: a wrapper script gets the runtime's command line as its arguments, and the whole environment.
      command: whole[WRAPPER] ?? command,
      args: wrapped ? [command, ...args] : args,
      environment: wrapped ? whole : startEnvironment(whole),
      directory: places(host).scratch,
      descriptors: [fence],
      filesystem: {
        mounts: [
          ...runtime.mounts,
          { source: host.taskRoot, target: LAMBDA.taskRoot },
          { source: host.layers, target: LAMBDA.layers },
        ],
        tmpMB: deployment.ephemeralStorageMB,
      },
      limits: { processes: PROCESSES, openFiles: OPEN_FILES },
    };
  };
  const ahead = (host: Places, fence: number) => program(host, "", fence, needs);
  const key = wrapped ? undefined : JSON.stringify(ahead(ANYWHERE, 0));
  return { runtime, key, wrapped, places, environment, program, ahead };
}
