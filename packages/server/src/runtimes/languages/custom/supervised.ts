/** When our supervisor stands in front of a language's own program. */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { Deployment } from "../../../domain/deployment.ts";
import type { PreparedRuntime } from "../../language.ts";

/** All that a supervisor's process starts with: none of it is the function's, so that any function may get it. */
export const SUPERVISOR_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  TZ: ":UTC",
};

/**
 * Extensions and wrappers may speak with the Runtime API, which only the supervisor serves. `layers` is the host's path
 * of the merged layers: Lambda starts whatever lies in their folder `extensions`.
 */
export async function extendedWhereNeeded(
  runtime: PreparedRuntime,
  { environment }: Deployment,
  layers: string,
): Promise<PreparedRuntime> {
  const { extended } = runtime;
  if (!extended) return runtime;
  if (environment["AWS_LAMBDA_EXEC_WRAPPER"] !== undefined) return extended;
  const found = await lstat(join(layers, "extensions")).catch(() => undefined);
  return found?.isDirectory() ? extended : runtime;
}
