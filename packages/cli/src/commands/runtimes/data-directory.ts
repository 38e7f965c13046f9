/** Which data directory a command works on that needs no running platform. */
import type { Command } from "commander";
import { readConfiguration } from "../../configuration.ts";

export interface DataOptions {
  readonly dataDir?: string;
}

/** Adds `--data-dir`. */
export const withDataDirectory = (command: Command): Command =>
  command.option("--data-dir <value>", "the platform's data directory (default: as `yunque up`)");

/** The one given, else the one of the platform that `yunque up` would start here. @throws Failure */
export function dataDirectoryOf({ dataDir }: DataOptions): string {
  return readConfiguration(dataDir === undefined ? {} : { dataDir }).config.dataDir;
}
