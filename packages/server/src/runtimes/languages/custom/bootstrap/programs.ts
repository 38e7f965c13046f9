/** The function's processes: the runtime and the external extensions. */
import type { ChildProcess, StdioOptions } from "node:child_process";
import { closeSync } from "node:fs";
import type { Pipe } from "./pipes.ts";

/** What is to be started. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Its standard output and standard error; a single one is both. */
  readonly pipes: readonly Pipe[];
  /** It speaks frames with us on its descriptor 3, and has the fence as its descriptor 4. */
  readonly framed?: boolean;
}

/** How it ended. */
export interface ProgramExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningProgram {
  readonly child: ChildProcess;
  readonly exited: Promise<ProgramExit>;
}

const FENCE = 4;

/**
 * Starts it in our own process group, so that whoever ends the group ends it, too.
 * @throws Error whose message is what Lambda (Go) says: fork/exec PATH: permission denied
 */
export async function startProgram(program: Program): Promise<RunningProgram> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const [output, errors = output] = program.pipes.map(({ writer }) => writer);
  const stdio: StdioOptions = ["ignore", output, errors];
  if (program.framed) stdio.push("pipe", FENCE);
  try {
    const child = spawn(program.command, program.args, {
      cwd: program.directory,
      env: program.environment,
      stdio,
    });
    const exited = new Promise<ProgramExit>((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    await new Promise((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.on("error", () => {}); // a signal that could not be sent: it is gone
    return { child, exited };
  } catch (error) {
    throw new Error(`fork/exec ${program.command}: ${reasonOf(error)}`);
  } finally {
    for (const { writer } of program.pipes) closeSync(writer);
  }
}

/** In the words of Go's standard library. */
const REASONS: Readonly<Record<string, string>> = {
  E2BIG: "argument list too long",
  EACCES: "permission denied",
  EAGAIN: "resource temporarily unavailable",
  ENOENT: "no such file or directory",
  ENOEXEC: "exec format error",
  ENOMEM: "cannot allocate memory",
};

function reasonOf(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
