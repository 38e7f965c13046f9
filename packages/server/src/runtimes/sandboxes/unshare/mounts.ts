/** What is mounted where, as the lines of an fstab, so that one mount(8) does it all. fstab(5), mount(8). */
import { join } from "node:path";
import type { SandboxedProgram } from "../../../ports/sandbox.ts";
import type { Etc } from "../walls/etc.ts";
import { DEVICES, type SystemDirectories } from "../walls/system-files.ts";
import { tmpMBOf } from "../walls/walled-process.ts";

export interface Mount {
  readonly source: string;
  /** Absolute, below the new root. */
  readonly target: string;
  readonly type: string;
  readonly options: string;
}

export interface MountParts {
  /** The directory that becomes the root, with every mount point in it. */
  readonly root: string;
  readonly system: SystemDirectories;
  readonly etc: Pick<Etc, "directory" | "shown">;
  readonly passwd: string | undefined;
}

/** Files of /tmp: the kernel's memory for their names counts nowhere else. A disk has one for some 16 KB. */
const NAMES_PER_MB = 256;

/** Comes with /proc, which is not there yet when the mounts are prepared. */
export const KERNEL_SETTINGS = "/proc/sys";

/** In order. */
export function mountsOf(program: SandboxedProgram, parts: MountParts): Mount[] {
  const { filesystem, network } = program;
  const size = Math.round(tmpMBOf(program) * 1024);
  const { root, system, etc, passwd } = parts;
  return [
    bind(root, "/"),
    ...system.binds.map((path) => bind(path, path)),
    bind(etc.directory, "/etc"),
    ...etc.shown.map((path) => bind(path, path)),
    ...(passwd === undefined ? [] : [bind(passwd, "/etc/passwd")]),
    mount("proc", "/proc", "nosuid,nodev,noexec"),
    // Of its namespaces' settings a mapped user could change some.
    bind(join(root, KERNEL_SETTINGS), KERNEL_SETTINGS, "ro,nosuid,nodev,noexec"),
    ...DEVICES.map((name) => bind(`/dev/${name}`, `/dev/${name}`, "nosuid,noexec")),
    mount(
      "tmpfs",
      "/tmp",
      `size=${size}k,nr_inodes=${tmpMBOf(program) * NAMES_PER_MB},mode=1777,nosuid,nodev`,
    ),
    ...(filesystem?.mounts ?? []).map(({ source, target }) => bind(source, target)),
    // For a moment: it is how a shell switches the loopback on.
    ...(network === "loopback-only" ? [mount("sysfs", "/sys", "nosuid,nodev,noexec")] : []),
  ];
}

export const fstabOf = (mounts: readonly Mount[], root: string): string =>
  mounts
    .map(({ source, target, type, options }) => {
      return `${escaped(source)} ${escaped(join(root, target))} ${type} ${options} 0 0\n`;
    })
    .join("");

const bind = (source: string, target: string, options = "ro,nosuid,nodev"): Mount => ({
  source,
  target,
  type: "none",
  options: `bind,${options}`,
});

const mount = (type: string, target: string, options: string): Mount => ({
  source: type,
  target,
  type,
  options,
});

/** Spaces and the like as octal escapes. */
const escaped = (path: string): string =>
  path.replace(/[\s\\#"]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
