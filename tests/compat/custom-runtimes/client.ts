/** What a test of a runtime client has: a function's files, made by the client's own tools, or why it has none. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Code } from "../../deploy.ts";

/** A function that answers `{ event, id }`, and fails where the event says `{ fail: true }`. */
export interface Client {
  readonly code: Code;
  /** In the layer's folder extensions. */
  readonly extensions?: Code;
  readonly handler?: string;
}

/** Why a client cannot be had here, and what would change that. */
export interface Unavailable {
  readonly skip: string;
}

/** However slow a registry or a compiler may be: the suite goes on without them. */
const TOOL_MS = 180_000;

/** Runs a tool in a directory; answers why it did not do what it should, in one line, or undefined. */
export async function failureOf(
  directory: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  try {
    await promisify(execFile)(command, args, {
      cwd: directory,
      env: { ...process.env, ...env },
      timeout: TOOL_MS,
      maxBuffer: 16 * 1024 * 1024,
    });
    return undefined;
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    const why = stderr.trim().split("\n").at(-1) || message;
    return `${command} ${args[0]} failed: ${why.slice(0, 200)}`;
  }
}

/** Whether a program is on PATH; else the reason to skip. */
export async function missing(command: string, lift: string): Promise<string | undefined> {
  const failure = await failureOf("/", command, [command === "go" ? "version" : "--version"]);
  return failure && `${command} is not installed here: ${lift}`;
}
