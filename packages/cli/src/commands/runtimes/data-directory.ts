/** Which data directory a command works on that needs no running platform. */
import type { Command } from "commander";
import { readConfiguration } from "../../configuration.ts";
import { Failure } from "../../failure.ts";

export interface DataOptions {
  readonly dataDir?: string;
}

/** Adds `--data-dir`. */
export const withDataDirectory = (command: Command): Command =>
  command.option("--data-dir <value>", "the platform's data directory (default: as `yunque up`)");

/** Does something in the directory. @throws Failure where its disk does not let it. */
export async function within<T>(directory: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof Failure || !(error instanceof Error && "syscall" in error)) throw error;
    throw new Failure(
      `${directory} cannot be changed: ${error.message}`,
      "Is it yours, and has its disk room? Another one: --data-dir DIRECTORY",
    );
  }
}

/** The one given, else the one of the platform that `yunque up` would start here. @throws Failure */
export function dataDirectoryOf({ dataDir }: DataOptions): string {
  return readConfiguration(dataDir === undefined ? {} : { dataDir }).config.dataDir;
}
