/** Why a machine has no walls, and the command that gives it some. */
import { readIf } from "../cgroups/files.ts";
import { toolOnPath } from "./tools.ts";

/** Switches that forbid ordinary users their namespaces: what they say then, and the command. */
const SWITCHES = [
  ["kernel/apparmor_restrict_unprivileged_userns", "1", "0"], // Ubuntu 23.10 and later
  ["kernel/unprivileged_userns_clone", "0", "1"], // Debian 10 and earlier
  ["user/max_user_namespaces", "0", "15000"], // hardened machines
] as const;

/** Bit of CAP_SYS_ADMIN in the masks of /proc/self/status. */
const SYS_ADMIN = 21n;

/** What a person can do, most likely first. */
export function remedies(): string[] {
  if (process.platform !== "linux") return ["run Yunque on Linux, or in a Linux virtual machine"];
  const found = [...(toolOnPath("bwrap") ? [] : [INSTALL]), ...forbidden()];
  return found.length > 0 ? found : ["yunque up --isolation bubblewrap says what is missing"];
}

export const INSTALL = "apt-get install bubblewrap";

function forbidden(): string[] {
  if (process.getuid?.() === 0)
    return mayMount()
      ? []
      : [
          "docker run --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined",
        ];
  return SWITCHES.filter(([path, bad]) => readIf(`/proc/sys/${path}`)?.trim() === bad).map(
    ([path, , good]) => `sudo sysctl -w ${path.replace("/", ".")}=${good}`,
  );
}

/** In a container root is not always almighty. */
function mayMount(): boolean {
  const mask = /^CapEff:\s+([0-9a-f]+)$/m.exec(readIf("/proc/self/status") ?? "")?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> SYS_ADMIN) & 1n) === 1n;
}
