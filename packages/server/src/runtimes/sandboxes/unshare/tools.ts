import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { systemTool } from "../walls/tools.ts";

/** The parts of util-linux that build walls, by their paths. */
export interface UnshareTools {
  readonly unshare: string;
  readonly setpriv: string;
  readonly mount: string;
  readonly umount: string;
  readonly pivotRoot: string;
  readonly prlimit: string;
  /** Not of util-linux; without it programs see the host's name. */
  readonly hostname: string | undefined;
  /** Whether setpriv can load a seccomp filter. */
  readonly filters: boolean;
}

/** @throws Error which names what is not installed. */
export async function findUnshareTools(): Promise<UnshareTools> {
  const find = (name: string): string => {
    const path = systemTool(name);
    if (path === undefined) throw new Error(`${name} is not installed`);
    return path;
  };
  const setpriv = find("setpriv");
  const help = await promisify(execFile)(setpriv, ["--help"]);
  return {
    unshare: find("unshare"),
    setpriv,
    mount: find("mount"),
    umount: find("umount"),
    pivotRoot: find("pivot_root"),
    prlimit: find("prlimit"),
    hostname: systemTool("hostname"),
    filters: help.stdout.includes("--seccomp-filter"),
  };
}
