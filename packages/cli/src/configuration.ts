/** The configuration as a command sees it. */
import { ConfigError, type EffectiveConfig, loadConfig } from "@yunque/server/config";
import { Failure } from "./failure.ts";

/**
 * Reads yunque.json of the working directory (or `file`), the environment and these flags.
 * @throws Failure with every problem.
 */
export function readConfiguration(
  flags: Readonly<Record<string, string>> = {},
  file?: string,
): EffectiveConfig & { readonly file?: string } {
  try {
    const environment = process.env;
    return loadConfig({ directory: process.cwd(), environment, flags, file });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Failure(
      `the configuration cannot be used:\n  ${error.problems.join("\n  ")}`,
      "yunque up --help lists every setting; docs/reference/config.md explains them.",
    );
  }
}
