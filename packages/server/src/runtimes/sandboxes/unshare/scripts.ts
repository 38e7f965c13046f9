/**
 * What util-linux is told: two small shell scripts. The first builds the root and moves into it, still privileged in
 * its namespaces; the second runs as the program's user, sets the environment, starts the program, and stays as process
 * 1, which collects what the program leaves behind.
 */
import type { SandboxedProgram } from "../../../ports/sandbox.ts";
import type { Identity } from "../walls/identity.ts";
import { HOSTNAME } from "../walls/system-files.ts";
import { shellWord, shellWords } from "./shell-words.ts";
import type { UnshareTools } from "./tools.ts";

/** Below the new root: where the host's is for a moment. */
export const OLD_ROOT = "host";

export interface FirstScriptParts {
  readonly identity: Identity;
  readonly tools: UnshareTools;
  readonly root: string;
  /** Descriptors: the script itself, the mounts, the second script, the seccomp filter where setpriv can load one. */
  readonly own: number;
  readonly fstab: number;
  readonly second: number;
  readonly filter: number | undefined;
  readonly shell: string;
}

export function firstScript(program: SandboxedProgram, parts: FirstScriptParts): string {
  const { identity, root, tools, shell, own, fstab, second } = parts;
  const loopback = program.network === "loopback-only";
  return lines(
    "set -e",
    tools.hostname !== undefined && shellWords([tools.hostname, HOSTNAME]),
    // One more for the program's own number, and none for the program.
    identity.kind === "mapped" && "echo 1 > /proc/sys/user/max_user_namespaces",
    shellWords([tools.mount, "--all", "--fstab", open(fstab)]),
    `cd ${shellWord(root)}`,
    // IFF_UP and IFF_LOOPBACK of linux/if.h.
    loopback && "echo 9 > sys/class/net/lo/flags",
    loopback && shellWords([tools.umount, "sys"]),
    shellWords([tools.pivotRoot, ".", OLD_ROOT]),
    "cd /",
    shellWords([tools.umount, "--lazy", `/${OLD_ROOT}`]),
    `cd ${shellWord(program.directory)}`,
    `exec ${shellWords([...privileges(parts), shell, open(second)])} ${own}<&- ${fstab}<&-`,
  );
}

/** Becomes the program's user, for good, and dies with the command that started it all. */
function privileges({ identity, tools, filter }: FirstScriptParts): string[] {
  const { uid, gid, kind } = identity;
  const user = ["--reuid", `${uid}`, "--regid", `${gid}`, "--clear-groups", "--bounding-set=-all"];
  return [
    ...(kind === "mapped" ? [tools.unshare, `--map-user=${uid}`, `--map-group=${gid}`] : []),
    ...[tools.setpriv, "--no-new-privs", "--inh-caps=-all", "--pdeathsig", "KILL"],
    ...(kind === "own" ? user : []),
    ...(filter === undefined ? [] : ["--seccomp-filter", open(filter)]),
  ];
}

export interface SecondScriptParts {
  readonly tools: UnshareTools;
  /** Descriptors: the script itself, and the filter. */
  readonly own: number;
  readonly filter: number | undefined;
  /** Whether a control group counts processes; else the kernel counts those of the user. */
  readonly counted: boolean;
}

/** It does not become the program: somebody has to be process 1. */
export function secondScript(program: SandboxedProgram, parts: SecondScriptParts): string {
  const { limits, environment, command, args } = program;
  const { tools, own, filter, counted } = parts;
  const limit =
    counted || limits?.processes === undefined
      ? []
      : [tools.prlimit, `--nproc=${limits.processes}`];
  const close = filter === undefined ? "" : ` ${filter}<&-`;
  return lines(
    "unset OLDPWD SHLVL",
    ...Object.entries(environment).map(([name, value]) => {
      if (!/^[A-Za-z_]\w*$/.test(name)) throw new RangeError(`no variable: ${name}`);
      return `export ${name}=${shellWord(value)}`;
    }),
    // Else the shell would say on stderr how the program ended.
    `exec ${own}>&2 2> /dev/null`,
    `(exec ${shellWords([...limit, command, ...args])} 2>&${own} ${own}>&-${close})`,
    "exit $?",
  );
}

const open = (descriptor: number): string => `/proc/self/fd/${descriptor}`;

const lines = (...texts: readonly (string | false)[]): string =>
  texts
    .filter((text) => text !== false)
    .map((text) => `${text}\n`)
    .join("");
