import type { Deployment } from "../domain/deployment.ts";
import type { Places } from "./environment.ts";

/** How one language's functions are run. */
export interface LanguageRuntime {
  /** Its names in Lambda, for example nodejs22.x. */
  readonly names: ReadonlySet<string>;
  /**
   * What must be there before an instance of one of these names starts; the same object each time, until the machine
   * has something better.
   */
  prepare(name: string): Promise<PreparedRuntime>;
}

/** A runtime that can start instances. */
export interface PreparedRuntime {
  /** For INIT_START, for example nodejs:26.10.0. */
  readonly version: string;
  /** Hex digest of the runtime's own code. */
  readonly hash: string;
  /** What is said in the log of each instance, where it runs on something else than its function names. */
  readonly note?: string;
  /**
   * What a process that waits to become a function with this code should have loaded already, in words of the runtime's
   * own. Few functions have needs that no other one has.
   */
  needs?(taskRoot: string): Promise<readonly string[]>;
  /** The program of a generic instance. `needs`: it is started ahead of time, to wait for a function with these needs. */
  command(
    deployment: Deployment,
    needs?: readonly string[],
  ): { readonly command: string; readonly args: readonly string[] };
  /** What the handler's environment has because of the language. */
  environment(deployment: Deployment, places: Places): Record<string, string>;
  /** The folder of the language's own programs: first on PATH. */
  readonly programs: string;
  /** Where an instance with a file system of its own finds compiled code; absent where the language has none. */
  readonly codeCache?: string;
  /** A directory whose node_modules (or the like) the runtime brings along. */
  readonly modules: string;
  /** What the runtime's own processes hold besides the function's memory, in MB; absent where it counts as the function's. */
  readonly overheadMB?: number;
  /**
   * A program of ours stands in front of the function's: the process starts with nothing of the function's environment,
   * and it is that program that starts the function's wrapper (AWS_LAMBDA_EXEC_WRAPPER).
   */
  readonly supervised?: true;
  /** What runs instead where the function's layers bring extensions, or where it has a wrapper. */
  readonly extended?: PreparedRuntime;
  /** How long an instance that is ended on purpose may take to say goodbye, in milliseconds; absent: it is killed at once. */
  lingerMs?(deployment: Deployment): number;
  /** What an instance with a file system of its own must see of the runtime. */
  readonly mounts: readonly Mount[];
}

/** A file or directory of ours, and where an instance sees it. */
export interface Mount {
  readonly source: string;
  readonly target: string;
}
