/** What the attempts are told of the host, and what is made of their findings. */
import { readFile } from "node:fs/promises";
import {
  DENIED,
  type SystemCall,
} from "../../packages/server/src/runtimes/sandboxes/seccomp/syscalls.ts";
import type { Findings, Targets } from "./escape-attempts.ts";

/** With its start time a number is one process's for ever. */
export async function identified(pid: number): Promise<Targets["processes"][number]> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1");
  return { pid, start: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "" };
}

/** Numbers of the system calls that are refused, on this machine. */
export function callNumbers(): Targets["calls"] {
  const machine = process.arch as keyof SystemCall;
  const calls = Object.values(DENIED).flatMap((group) => Object.entries(group));
  return Object.fromEntries(calls.map(([name, call]) => [name, call[machine] ?? -1]));
}

/** The attempts that succeeded. */
export const reachedIn = (findings: Findings): string[] =>
  Object.keys(findings).filter((name) => findings[name] === "reached");
