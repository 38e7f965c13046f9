/** Finds the control groups that the platform itself is in: what it makes lies below them, and is bound by their limits. */
import { join, relative } from "node:path";
import { readIf } from "./files.ts";

export interface OwnGroups {
  /** Version 1: the directory per controller. */
  readonly v1: ReadonlyMap<string, string>;
  /** Version 2: the one directory for all. */
  readonly v2?: string;
}

interface Hierarchy {
  readonly root: string;
  readonly directory: string;
  readonly unified: boolean;
  readonly controllers: ReadonlySet<string>;
}

/** From the texts of /proc/self/mountinfo and /proc/self/cgroup; proc_pid_mountinfo(5), cgroups(7). */
export function ownGroups(
  mountinfo = readIf("/proc/self/mountinfo") ?? "",
  membership = readIf("/proc/self/cgroup") ?? "",
): OwnGroups {
  const hierarchies = mountinfo.split("\n").flatMap(hierarchyOf);
  const v1 = new Map<string, string>();
  let v2: string | undefined;
  for (const line of membership.split("\n")) {
    const [, id, names = "", path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    if (id === "0" && names === "") {
      v2 ??= place(
        hierarchies.find((each) => each.unified),
        path,
      );
      continue;
    }
    for (const name of names.split(",")) {
      const found = hierarchies.find((each) => !each.unified && each.controllers.has(name));
      const directory = place(found, path);
      if (directory !== undefined) v1.set(name, directory);
    }
  }
  return v2 === undefined ? { v1 } : { v1, v2 };
}

function hierarchyOf(line: string): Hierarchy[] {
  const [before = "", after = ""] = line.split(" - ");
  const [, , , root, directory] = before.split(" ");
  const [type, , options = ""] = after.split(" ");
  if (root === undefined || directory === undefined) return [];
  if (type !== "cgroup" && type !== "cgroup2") return [];
  const controllers = new Set(options.split(","));
  return [
    { root: plain(root), directory: plain(directory), unified: type === "cgroup2", controllers },
  ];
}

/** In a container only a part of the hierarchy is mounted; what lies outside of it cannot be reached. */
function place(hierarchy: Hierarchy | undefined, path: string): string | undefined {
  if (hierarchy === undefined) return undefined;
  const below = relative(hierarchy.root, path);
  return below.startsWith("..") ? undefined : join(hierarchy.directory, below);
}

/** The kernel writes spaces and the like as octal escapes. */
const plain = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(parseInt(octal, 8)));
