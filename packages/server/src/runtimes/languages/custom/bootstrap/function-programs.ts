/** What is started for a function: its external extensions, and its runtime. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Specialisation } from "../../../wire/frames.ts";

/** What extensions do not get of the environment: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html */
const WITHHELD = new Set([
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_XRAY_CONTEXT_MISSING",
  "AWS_XRAY_DAEMON_ADDRESS",
  "LAMBDA_RUNTIME_DIR",
  "LAMBDA_TASK_ROOT",
  "_AWS_XRAY_DAEMON_ADDRESS",
  "_AWS_XRAY_DAEMON_PORT",
  "_HANDLER",
]);

/** A program by path, and its arguments. */
export type CommandLine = readonly [command: string, ...args: string[]];

/** The names of the external extensions: each file in /opt/extensions. */
export function extensionNames({ layers }: Specialisation): string[] {
  const directory = join(layers, "extensions");
  try {
    return readdirSync(directory)
      .sort()
      .filter((name) => isFile(join(directory, name)));
  } catch {
    return []; // there is no such folder
  }
}

/** The first bootstrap that there is; undefined for none. Lambda: first the function's own, then a layer's. */
export function findBootstrap({ taskRoot, layers }: Specialisation): string | undefined {
  return [join(taskRoot, "bootstrap"), join(layers, "bootstrap")].find(isFile);
}

/** A language's program, or the function's wrapper with it as its arguments. */
export function wrapped({ environment }: Specialisation, command: CommandLine): CommandLine {
  const wrapper = environment["AWS_LAMBDA_EXEC_WRAPPER"];
  return wrapper === undefined ? command : [wrapper, ...command];
}

/** The environment of an extension, of that of the runtime. */
export const forExtensions = (
  environment: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !WITHHELD.has(name)));

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
