/** The first steps of every start, still on the host's side: into the control group, to its number of open files. */
import { readdirSync } from "node:fs";
import type { SandboxLimits } from "../../../ports/sandbox.ts";
import type { Cgroup } from "../cgroups/cgroup.ts";
import { readIf } from "../cgroups/files.ts";
import { systemTool } from "./tools.ts";

export const SHELL = "/bin/sh";

/**
 * Arguments: open files or "", blocks of a crash's file or "", the entrances, "--", the descriptors to close, "--", the command. A process is in its
 * groups before it becomes the command, so all that it ever starts is too. A crash writes no file, and where the
 * machine runs out of memory the kernel ends functions before the platform or anything else.
 */
const SCRIPT = `
files=$1 crash=$2
shift 2
while [ "$1" != -- ]; do
  echo 0 > "$1" || exit 125
  shift
done
shift
while [ "$1" != -- ]; do
  eval "exec $1>&-"
  shift
done
shift
[ -z "$files" ] || ulimit -n "$files" 2> /dev/null
[ -z "$crash" ] || ulimit -c "$crash" 2> /dev/null
{ echo 1000 > /proc/self/oom_score_adj; } 2> /dev/null
exec "$@"`;

/** A shell to launch with, and what it must keep from programs. */
export interface Launcher {
  readonly shell: string;
  /** Descriptors that the platform's own parent left open for whoever comes after. */
  readonly inherited: readonly number[];
  /** Sets a limit that a shell cannot: where crashes go to a program of the host's root, a size of 0 keeps none. */
  readonly limiter: string | undefined;
}

/**
 * Node.js opens nothing that a child would inherit, but what the platform itself was started with passes through it.
 * Only bash can close descriptors beyond 9.
 */
export function findLauncher(): Launcher {
  const inherited = readdirSync("/proc/self/fd").map(Number).filter(isInherited);
  const bash = inherited.some((fd) => fd > 9) ? systemTool("bash") : undefined;
  const closable = inherited.filter((fd) => bash !== undefined || fd <= 9);
  const piped = readIf("/proc/sys/kernel/core_pattern")?.startsWith("|") === true;
  const limiter = piped ? systemTool("prlimit") : undefined;
  return { shell: bash ?? SHELL, inherited: closable, limiter };
}

const O_CLOEXEC = 0o2000000;

function isInherited(fd: number): boolean {
  const flags = /^flags:\s+([0-7]+)$/m.exec(readIf(`/proc/self/fdinfo/${fd}`) ?? "")?.[1];
  return fd > 2 && flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
}

/** The command line that enters the group and then becomes `command`, whose own descriptors end before `end`. */
export function launching(
  { shell, inherited, limiter }: Launcher,
  command: readonly string[],
  end: number,
  cgroup: Cgroup | undefined,
  limits: SandboxLimits | undefined,
): { readonly command: string; readonly args: string[] } {
  const files = limits?.openFiles === undefined ? "" : String(limits.openFiles);
  const close = inherited.filter((fd) => fd >= end).map(String);
  const entrances = cgroup?.entrances ?? [];
  // core(5): a limit of exactly one byte is what tells the kernel to call no program for a crash.
  const [crash, ...limiting] = limiter === undefined ? ["0"] : ["", limiter, "--core=1"];
  const before = ["-c", SCRIPT, "sh", files, crash, ...entrances, "--", ...close, "--"];
  return { command: shell, args: [...before, ...limiting, ...command] };
}
