/** What bubblewrap is told: a root of its own, with little in it, and every namespace there is. bwrap(1). */
import { dirname } from "node:path";
import type { SandboxedProgram } from "../../../ports/sandbox.ts";
import type { Etc } from "../walls/etc.ts";
import type { Identity } from "../walls/identity.ts";
import { DEVICE_LINKS, DEVICES, HOSTNAME, type SystemDirectories } from "../walls/system-files.ts";
import { tmpMBOf } from "../walls/walled-process.ts";

export interface BubblewrapParts {
  readonly identity: Identity;
  readonly system: SystemDirectories;
  readonly etc: Pick<Etc, "directory" | "shown">;
  /** Becomes /etc/passwd, where the one in `etc` names another user. */
  readonly passwd: string | undefined;
  /** Descriptor of the seccomp filter. */
  readonly filter: number | undefined;
  /** Descriptor that bwrap tells process 1 on. */
  readonly info: number | undefined;
  /** Variables that are set only after the privileges are gone: the C library would act on them. */
  readonly late: ReadonlySet<string>;
}

/** The options, one word each, without the command. */
export function bubblewrapArguments(program: SandboxedProgram, parts: BubblewrapParts): string[] {
  return [
    ...namespaces(program, parts),
    ...root(parts),
    ...files(program),
    ...["--remount-ro", "/"],
    ...environment(program, parts),
    ...["--chdir", program.directory],
    ...(parts.filter === undefined ? [] : ["--seccomp", String(parts.filter)]),
    ...(parts.info === undefined ? [] : ["--info-fd", String(parts.info)]),
  ];
}

function namespaces(
  { network = "host" }: SandboxedProgram,
  { identity }: BubblewrapParts,
): string[] {
  return [
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...(network === "host" ? [] : ["--unshare-net"]),
    ...["--hostname", HOSTNAME, "--die-with-parent", "--new-session"],
    // What root runs keeps every capability unless told otherwise; these two it needs to become an ordinary user.
    ...(identity.kind === "own"
      ? ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
      : [
          "--unshare-user",
          "--disable-userns",
          "--uid",
          `${identity.uid}`,
          "--gid",
          `${identity.gid}`,
        ]),
  ];
}

function root({ system, etc, passwd }: BubblewrapParts): string[] {
  return [
    ...system.binds.flatMap((path) => ["--ro-bind", path, path]),
    ...system.links.flatMap(({ path, target }) => ["--symlink", target, path]),
    ...["--ro-bind", etc.directory, "/etc"],
    ...etc.shown.flatMap((path) => ["--ro-bind", path, path]),
    ...(passwd === undefined ? [] : ["--ro-bind", passwd, "/etc/passwd"]),
    ...["--proc", "/proc"],
    ...["--dir", "/dev"],
    ...DEVICES.flatMap((name) => ["--dev-bind", `/dev/${name}`, `/dev/${name}`]),
    ...Object.entries(DEVICE_LINKS).flatMap(([name, target]) => [
      "--symlink",
      target,
      `/dev/${name}`,
    ]),
  ];
}

function files(program: SandboxedProgram): string[] {
  const bytes = Math.round(tmpMBOf(program) * 2 ** 20);
  const mounts = program.filesystem?.mounts ?? [];
  const parents = new Set(mounts.flatMap(({ target }) => parentsOf(target)));
  return [
    ...["--perms", "1777", "--size", String(bytes), "--tmpfs", "/tmp"],
    // Those that bwrap makes by itself only root could enter.
    ...[...parents].flatMap((path) => ["--dir", path]),
    ...mounts.flatMap(({ source, target }) => ["--ro-bind", source, target]),
  ];
}

/** The directories above a path, from the top, without the root. */
function parentsOf(path: string): string[] {
  const above = dirname(path);
  return above === "/" || above === "." ? [] : [...parentsOf(above), above];
}

function environment({ environment }: SandboxedProgram, { late }: BubblewrapParts): string[] {
  const early = Object.entries(environment).filter(([name]) => !late.has(name));
  return ["--clearenv", ...early.flatMap(([name, value]) => ["--setenv", name, value])];
}
