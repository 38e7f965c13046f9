/** Where the platform of this directory has its runtimes. */
import { installedRuntimes } from "@yunque/server/runtimes";
import type { Command } from "commander";
import { readConfiguration } from "../../configuration.ts";

export interface DirectoryOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
}

/** Adds `--data-dir`. */
export function withDirectory(command: Command): Command {
  return command.option("--data-dir <dir>", "the platform's data directory (YUNQUE_DATA_DIR)");
}

/** @throws Failure where the configuration cannot be used. */
export function directoryOf({ dataDir }: DirectoryOptions): string {
  const { config } = readConfiguration(dataDir === undefined ? {} : { dataDir });
  return installedRuntimes(config.dataDir);
}
