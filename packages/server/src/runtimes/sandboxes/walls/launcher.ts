/** The first steps of every start, still on the host's side: into the control group, to its number of open files. */
import { readdirSync } from "node:fs";
import type { SandboxLimits } from "../../../ports/sandbox.ts";
import type { Cgroup } from "../cgroups/cgroup.ts";
import { readIf } from "../cgroups/files.ts";
import { systemTool } from "./tools.ts";

export const SHELL = "/bin/sh";

/**
 * Arguments: open files or "", the entrances, "--", the descriptors to close, "--", the command. A process is in its
 * groups before it becomes the command, so all that it ever starts is too. A crash writes no file.
 */
const SCRIPT = `
files=$1
shift
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
ulimit -c 0 2> /dev/null
exec "$@"`;

/** A shell to launch with, and what it must keep from programs. */
export interface Launcher {
  readonly shell: string;
  /** Descriptors that the platform's own parent left open for whoever comes after. */
  readonly inherited: readonly number[];
}

/**
 * Node.js opens nothing that a child would inherit, but what the platform itself was started with passes through it.
 * Only bash can close descriptors beyond 9.
 */
export function findLauncher(): Launcher {
  const inherited = readdirSync("/proc/self/fd").map(Number).filter(isInherited);
  const bash = inherited.some((fd) => fd > 9) ? systemTool("bash") : undefined;
  const closable = inherited.filter((fd) => bash !== undefined || fd <= 9);
  return { shell: bash ?? SHELL, inherited: closable };
}

const O_CLOEXEC = 0o2000000;

function isInherited(fd: number): boolean {
  const flags = /^flags:\s+([0-7]+)$/m.exec(readIf(`/proc/self/fdinfo/${fd}`) ?? "")?.[1];
  return fd > 2 && flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
}

/** The command line that enters the group and then becomes `command`, whose own descriptors end before `end`. */
export function launching(
  { shell, inherited }: Launcher,
  command: readonly string[],
  end: number,
  cgroup: Cgroup | undefined,
  limits: SandboxLimits | undefined,
): { readonly command: string; readonly args: string[] } {
  const files = limits?.openFiles === undefined ? "" : String(limits.openFiles);
  const close = inherited.filter((fd) => fd >= end).map(String);
  const entrances = cgroup?.entrances ?? [];
  const args = ["-c", SCRIPT, "sh", files, ...entrances, "--", ...close, "--", ...command];
  return { command: shell, args };
}
