/** Programs of this machine, run without a shell. */
import { execFile } from "node:child_process";
import type { Check } from "./check.ts";
import { installCommand } from "./install.ts";

/** A program that answers later than this is taken for broken. */
const PATIENCE_MS = 5000;

/** Whether a program is there, and in which version. */
export function tool(of: {
  readonly name: string;
  readonly gives: string;
  /** That makes it tell its version. */
  readonly flag?: string;
  /** Where it is called otherwise than the program. */
  readonly package?: string;
}): Check {
  const { name, gives, flag = "--version" } = of;
  return {
    name,
    gives,
    examine: async () => {
      const version = await output(name, flag);
      if (version !== undefined) return { status: "ok", found: versionIn(version) };
      const fix = installCommand(of.package ?? name);
      return { status: "missing", found: "not installed", fix };
    },
  };
}

/** What a program printed, or undefined where it is not there, failed or hung. */
export function output(command: string, ...args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: PATIENCE_MS, killSignal: "SIGKILL", encoding: "utf8" } as const;
    execFile(command, args, options, (error, stdout, stderr) =>
      resolve(error ? undefined : stdout || stderr),
    );
  });
}

/** The first version number in a text. */
export function versionIn(text: string): string {
  return /\d+(\.\d+)+/.exec(text)?.[0] ?? "unknown version";
}
