import type { Deployment } from "../domain/deployment.ts";
import type { Places } from "./environment.ts";

/** How one language's functions are run. */
export interface LanguageRuntime {
  /** Its names in Lambda, for example nodejs22.x. */
  readonly names: ReadonlySet<string>;
  /**
   * What must be there before an instance of one of these names starts; asked before each start. The same object as
   * long as nothing changed.
   */
  prepare(name: string): Promise<PreparedRuntime>;
}

/** A runtime that can start instances. */
export interface PreparedRuntime {
  /** For INIT_START, for example nodejs:26.10.0. */
  readonly version: string;
  /** Hex digest of the runtime's own code, and of what else decides how functions run on it. */
  readonly hash: string;
  /** Where another version stands in for the one that the name asks for: which, and what to do about it; one line. */
  readonly standIn?: string;
  /** The program of a generic instance. */
  command(deployment: Deployment): { readonly command: string; readonly args: readonly string[] };
  /** What the handler's environment has because of the language. */
  environment(deployment: Deployment, places: Places): Record<string, string>;
  /** The folder of the language's own programs: first on PATH. */
  readonly programs: string;
  /** A directory whose node_modules (or the like) the runtime brings along. */
  readonly modules: string;
  /** What the runtime's own processes hold besides the function's memory, in MB; absent where it counts as the function's. */
  readonly overheadMB?: number;
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
