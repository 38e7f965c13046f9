/** How programs end, and how we end as they did. */
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { signalWords } from "../../../wire/signals.ts";
import type { ProgramExit } from "./programs.ts";

/** What ends a process of Node.js, too. The others it ignores, or begins to debug. */
const MORTAL: ReadonlySet<string> = new Set([
  "SIGABRT",
  "SIGALRM",
  "SIGBUS",
  "SIGFPE",
  "SIGHUP",
  "SIGILL",
  "SIGINT",
  "SIGKILL",
  "SIGQUIT",
  "SIGSEGV",
  "SIGTERM",
  "SIGTRAP",
]);

/** Ends this process with the same code or signal; the platform tells the caller which. */
export function exitAs({ code, signal }: ProgramExit): void {
  if (signal === null) process.exit(code ?? 0);
  if (!MORTAL.has(signal)) process.exit(128 + constants.signals[signal]);
  process.emit("exit", 0); // a signal runs no listeners: what was started must end with us all the same
  process.kill(process.pid, signal);
}

/** In Lambda's words for an extension: exit code 0, exit status 1, signal: killed. */
export function exitText({ code, signal }: ProgramExit): string {
  if (signal !== null) return `signal: ${signalWords(signal)}`;
  return code === 0 ? "exit code 0" : `exit status ${code}`;
}

/** The most memory that a process has held, in KiB; 0 where nobody knows. proc(5): VmHWM. */
export function peakKiB(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
