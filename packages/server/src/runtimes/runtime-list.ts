import type { Executor } from "../ports/executor.ts";

/** A runtime, and what its functions run on. */
export interface ListedRuntime {
  /** For example nodejs22.x. */
  readonly name: string;
  /** Absent where it could not be made ready. */
  readonly version?: string;
  /** Which version stands in for another one, or why there is none. */
  readonly note?: string;
}

/** Every runtime of this machine, in order of name. */
export function listRuntimes(
  executor: Pick<Executor, "runtimes" | "runtimeVersion">,
): Promise<ListedRuntime[]> {
  return Promise.all(
    [...executor.runtimes].sort().map(async (name) => {
      try {
        const found = await executor.runtimeVersion(name);
        if (found === undefined) return { name };
        const { version, standIn } = found;
        return standIn === undefined ? { name, version } : { name, version, note: standIn };
      } catch (error) {
        return { name, note: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}
