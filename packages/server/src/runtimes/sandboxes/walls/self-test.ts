/** Believes no wall that was not seen: starts a small shell in the sandbox and lets it tell where it is. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Sandbox, SandboxGap } from "../../../ports/sandbox.ts";
import { type CgroupControls, cgroupGaps } from "../cgroups/cgroup.ts";
import { numberIn } from "../cgroups/files.ts";
import { SHELL } from "./launcher.ts";
import { INSTALL } from "./remedies.ts";
import type { Site } from "./site.ts";
import { toolOnPath } from "./tools.ts";

/** Only words that the shell knows itself, so that it takes no time. $1 is a file of the platform. */
const SCRIPT = `
while read -r name first rest; do
  case $name in Uid:|CapEff:|CapPrm:|NoNewPrivs:|Seccomp:) echo "$name $first" ;; esac
done < /proc/self/status
echo "Pid: $$"
[ ! -e "$1" ] || echo "Files: host"
(: > /usr/.yunque) 2> /dev/null && echo "Files: writable"
(: > /.yunque) 2> /dev/null && echo "Files: writable"
(: > /tmp/.yunque) 2> /dev/null && echo "Tmp: writable"
echo done >&3`;

const PATIENCE_MS = 5_000;
/** A process of a fresh pid namespace has a number about this small. */
const SMALL_PID = 20;

/**
 * The sandbox with what it really enforces.
 * @throws Error which says why it does not work here.
 */
export async function proven(
  sandbox: Omit<Sandbox, "enforces" | "lacks">,
  site: Site,
): Promise<Sandbox> {
  const facts = await observe(sandbox, site);
  const failure = failureOf(facts);
  if (failure !== undefined) throw new Error(failure);
  const controls = site.cgroups?.controls;
  return {
    ...sandbox,
    ownFilesystem: true,
    enforces: [
      "processes, mounts, IPC and host name of its own",
      "a root of its own, read-only; of the host only programs and libraries",
      "/tmp in memory, limited, gone with the instance",
      "no capabilities, and no way to gain privileges",
      ownUser(),
      ...(facts.get("Seccomp") === "2" ? ["a system call filter"] : []),
      controls?.memory ? "memory, by the kernel" : "memory, watched",
      ...(controls?.cpu ? ["processor time in proportion to memory"] : []),
      "numbers of processes and open files",
      ...(controls?.freezer ? ["idle instances frozen"] : []),
    ],
    lacks: gaps(facts.get("Seccomp") === "2", controls),
  };
}

function gaps(filtered: boolean, controls: CgroupControls | undefined): SandboxGap[] {
  const remedy = toolOnPath("bwrap")
    ? "yunque up --isolation bubblewrap says why it does not work here"
    : INSTALL;
  const unseen = "memory in files without a name (memfd, System V) is not counted";
  return [
    ...(filtered ? [] : [{ wall: "programs can reach every system call of the kernel", remedy }]),
    ...(filtered || controls?.memory ? [] : [{ wall: unseen, remedy }]),
    ...cgroupGaps(controls),
    ...watchGap(),
  ];
}

/** Programs that are one user to the kernel share what it lets that user watch of files. */
function watchGap(): SandboxGap[] {
  const most = numberIn("/proc/sys/fs/inotify/max_user_instances") ?? PLENTY;
  if (process.getuid?.() === 0 || most >= PLENTY) return [];
  return [
    {
      wall: "an instance can use up what this user's programs may watch of files (inotify)",
      remedy: `sudo sysctl -w fs.inotify.max_user_instances=${PLENTY}`,
    },
  ];
}

const PLENTY = 8_192;

const ownUser = (): string =>
  process.getuid?.() === 0
    ? "a user of its own for each instance, not root"
    : "the platform's own user, in a user namespace of its own";

async function observe(
  sandbox: Pick<Sandbox, "start">,
  { directory, cgroups }: Site,
): Promise<ReadonlyMap<string, string>> {
  const witness = join(directory, "witness");
  writeFileSync(witness, "");
  const limits = cgroups ? { memoryMB: 256, processes: 64, openFiles: 64 } : { openFiles: 64 };
  const probe = sandbox.start({
    command: SHELL,
    args: ["-c", SCRIPT, "sh", witness],
    environment: {},
    directory: "/",
    limits,
  });
  const timer = setTimeout(() => probe.kill(), PATIENCE_MS);
  probe.channel.on("error", () => {});
  const [output, errors, said] = await Promise.all([
    text(probe.stdout),
    text(probe.stderr),
    text(probe.channel),
  ]).finally(() => clearTimeout(timer));
  const { code, signal } = await probe.exited;
  if (said.trim() !== "done")
    throw new Error(errors.trim().slice(0, 300) || `it ended with ${signal ?? code}`);
  return new Map(output.split("\n").map((line) => line.split(": ") as [string, string]));
}

function failureOf(facts: ReadonlyMap<string, string>): string | undefined {
  if (facts.get("Uid") === "0") return "the program would be root";
  if (!/^0+$/.test(`${facts.get("CapEff")}${facts.get("CapPrm")}`))
    return "the program would have capabilities";
  if (facts.get("NoNewPrivs") !== "1") return "the program could gain privileges";
  if (Number(facts.get("Pid")) > SMALL_PID) return "the program would see other processes";
  if (facts.has("Files")) return "the program would see or change the host's files";
  if (facts.get("Tmp") !== "writable") return "the program could not write to /tmp";
  return undefined;
}
