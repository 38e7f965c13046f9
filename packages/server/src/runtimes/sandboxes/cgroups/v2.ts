/** Control groups of version 2: one directory for all controllers. Source: kernel documentation, cgroup-v2. */
import { join } from "node:path";
import { signalEach } from "../walls/process-tree.ts";
import { type Cgroup, type CgroupControls, type Cgroups, CPU_PERIOD, cpuQuota } from "./cgroup.ts";
import {
  groupsIn,
  makeIf,
  numberIn,
  numberOf,
  processesIn,
  readIf,
  removeIf,
  write,
  writeIf,
} from "./files.ts";
import { abandonedIn, newPlatformName } from "./platform-name.ts";

const CONTROLLERS = ["memory", "cpu", "pids"] as const;
/** Where the platform moves to: a group that hands controllers down may have no processes of its own. */
const PLATFORM = "yunque-platform";

/** Undefined where no group can be made. `own` is the platform's own group. */
export function cgroupsV2(own: string): Cgroups | undefined {
  const parent = own.endsWith(`/${PLATFORM}`) ? join(own, "..") : own;
  if (!handDown(parent)) moveAside(parent);
  const root = join(parent, newPlatformName());
  if (!makeIf(root)) return undefined;
  handDown(root);
  const available = namesIn(root, "cgroup.subtree_control");
  const controls: CgroupControls = {
    memory: available.has("memory"),
    cpu: available.has("cpu"),
    processes: available.has("pids"),
    freezer: true,
  };
  let created = 0;
  return {
    version: 2,
    controls,
    create: () => create(join(root, String(++created)), controls),
    removeAbandoned: () => removeAbandoned(parent),
    close: () => void removeIf(root),
  };
}

/** Gives the groups below all controllers that this one has. False where a process in it forbids that. */
function handDown(directory: string): boolean {
  const here = namesIn(directory, "cgroup.controllers");
  const below = namesIn(directory, "cgroup.subtree_control");
  const wanted = CONTROLLERS.filter((name) => here.has(name) && !below.has(name));
  return wanted.every((name) => writeIf(join(directory, "cgroup.subtree_control"), `+${name}`));
}

/** Only where the group is the platform's alone: itself, and the shells and npm scripts that started it. */
function moveAside(directory: string): void {
  const ours = ancestors();
  const processes = processesIn(directory);
  if (!processes.every((pid) => ours.has(pid))) return;
  const aside = join(directory, PLATFORM);
  if (!makeIf(aside)) return;
  for (const pid of processes) writeIf(join(aside, "cgroup.procs"), pid);
  handDown(directory);
}

/** This process, its parent, and so on up. */
function ancestors(): Set<number> {
  const found = new Set<number>();
  for (let pid = process.pid; pid > 0 && !found.has(pid); ) {
    found.add(pid);
    const stat = readIf(`/proc/${pid}/stat`) ?? "";
    pid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
  }
  return found;
}

/** @throws Error where the directory cannot be made. */
function create(directory: string, controls: CgroupControls): Cgroup {
  if (!makeIf(directory)) throw new Error(`no control group ${directory}`);
  const file = (name: string) => join(directory, name);
  if (controls.memory) writeIf(file("memory.swap.max"), 0);
  return {
    entrances: [file("cgroup.procs")],
    limit({ memoryMB, cpus, processes }) {
      if (controls.memory && memoryMB !== undefined)
        write(file("memory.max"), Math.round(memoryMB * 2 ** 20));
      if (controls.cpu && cpus !== undefined) limitProcessor(directory, cpuQuota(cpus));
      if (controls.processes && processes !== undefined) write(file("pids.max"), processes);
    },
    usage: () => (controls.memory ? numberIn(file("memory.current")) : undefined),
    resident: () => (controls.memory ? numberOf(file("memory.stat"), "anon") : undefined),
    killedForMemory: () => numberOf(file("memory.events"), "oom_kill") ?? 0,
    freeze: () => writeIf(file("cgroup.freeze"), 1),
    thaw: () => void writeIf(file("cgroup.freeze"), 0),
    kill: () => killAll(directory),
    remove: () => removeIf(directory),
  };
}

/** A burst may never be more than the quota, so it goes first and comes last. Linux 5.14 has it. */
function limitProcessor(directory: string, quota: number): void {
  const burst = join(directory, "cpu.max.burst");
  writeIf(burst, 0);
  write(join(directory, "cpu.max"), `${quota} ${CPU_PERIOD}`);
  writeIf(burst, quota);
}

/** Linux 5.14 has a file for it; a frozen group dies like any other. */
function killAll(directory: string): void {
  if (!writeIf(join(directory, "cgroup.kill"), 1)) signalEach(processesIn(directory), "SIGKILL");
}

function removeAbandoned(parent: string): boolean {
  const results = abandonedIn(parent).map((name) => {
    const root = join(parent, name);
    for (const group of groupsIn(root)) {
      killAll(join(root, group));
      removeIf(join(root, group));
    }
    return removeIf(root);
  });
  return results.every(Boolean);
}

const namesIn = (directory: string, file: string): Set<string> =>
  new Set((readIf(join(directory, file)) ?? "").split(/\s+/).filter(Boolean));
