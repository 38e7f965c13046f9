/** Control groups of version 1: a hierarchy, and so a directory, per controller. Source: kernel documentation, cgroup-v1. */
import { join } from "node:path";
import { signalEach } from "../walls/process-tree.ts";
import { type Cgroup, type Cgroups, CPU_PERIOD, cpuQuota } from "./cgroup.ts";
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

/** Thawed before it is looked whether the others are empty. */
const CONTROLLERS = ["freezer", "memory", "cpu", "pids"] as const;
type Directories = Readonly<Partial<Record<(typeof CONTROLLERS)[number], string>>>;

/** How often a group is looked at until it is frozen as a whole. */
const MOST_LOOKS = 50;

/** Undefined where no group can be made. `own` are the platform's own groups. */
export function cgroupsV1(own: ReadonlyMap<string, string>): Cgroups | undefined {
  const name = newPlatformName();
  const roots = inEach((controller) => {
    const parent = own.get(controller);
    const directory = parent && join(parent, name);
    return directory && makeIf(directory) ? directory : undefined;
  });
  if (Object.keys(roots).length === 0) return undefined;
  let created = 0;
  return {
    version: 1,
    controls: {
      memory: roots.memory !== undefined,
      cpu: roots.cpu !== undefined,
      processes: roots.pids !== undefined,
      freezer: roots.freezer !== undefined,
    },
    create: () => create(roots, String(++created)),
    removeAbandoned: () => removeAbandoned(own),
    close: () => Object.values(roots).forEach(removeIf),
  };
}

/** @throws Error where a directory cannot be made. */
function create(roots: Directories, name: string): Cgroup {
  const directories = inEach((controller) => {
    const directory = roots[controller] && join(roots[controller], name);
    if (directory && !makeIf(directory)) throw new Error(`no control group ${directory}`);
    return directory;
  });
  const { memory, cpu, pids, freezer } = directories;
  return {
    // Not cgroup.procs: that waits until no process of the machine is just forking, some 10 ms. A thread that moves
    // itself need not, and a shell has but one.
    entrances: Object.values(directories).map((directory) => join(directory, "tasks")),
    limit({ memoryMB, cpus, processes }) {
      if (memory && memoryMB !== undefined) limitMemory(memory, Math.round(memoryMB * 2 ** 20));
      if (cpu && cpus !== undefined) limitProcessor(cpu, cpuQuota(cpus));
      if (pids && processes !== undefined) write(join(pids, "pids.max"), processes);
    },
    usage: () => (memory ? numberIn(join(memory, "memory.usage_in_bytes")) : undefined),
    resident: () => (memory ? numberOf(join(memory, "memory.stat"), "total_rss") : undefined),
    killedForMemory: () =>
      (memory ? numberOf(join(memory, "memory.oom_control"), "oom_kill") : undefined) ?? 0,
    freeze: () => freezer !== undefined && writeIf(join(freezer, "freezer.state"), "FROZEN"),
    thaw: () => thaw(freezer),
    kill: () => killAll(Object.values(directories)[0] ?? "", freezer),
    remove() {
      thaw(freezer);
      return Object.values(directories).map(removeIf).every(Boolean);
    },
  };
}

/** Memory with swap may never be less than memory alone, whichever way the two move. */
function limitMemory(directory: string, bytes: number): void {
  const memory = join(directory, "memory.limit_in_bytes");
  const withSwap = join(directory, "memory.memsw.limit_in_bytes");
  const raised = writeIf(withSwap, bytes); // it is not there where the kernel does not count swap
  write(memory, bytes);
  if (!raised) writeIf(withSwap, bytes);
}

/** A burst may never be more than the quota, so it goes first and comes last. Linux 5.14 has it. */
function limitProcessor(directory: string, quota: number): void {
  const burst = join(directory, "cpu.cfs_burst_us");
  writeIf(burst, 0);
  write(join(directory, "cpu.cfs_period_us"), CPU_PERIOD);
  write(join(directory, "cpu.cfs_quota_us"), quota);
  writeIf(burst, quota);
}

/** Frozen first, so that nothing forks away meanwhile; what was killed while frozen dies when it is thawed. */
function killAll(directory: string, freezer: string | undefined): void {
  if (freezer) writeIf(join(freezer, "freezer.state"), "FROZEN");
  for (let look = 0; look < MOST_LOOKS; look++) {
    const frozen = freezer && readIf(join(freezer, "freezer.state"))?.startsWith("FROZEN");
    const processes = processesIn(directory);
    signalEach(processes, "SIGKILL");
    if (frozen || processes.length === 0) break;
  }
  thaw(freezer);
}

function thaw(freezer: string | undefined): void {
  if (freezer) writeIf(join(freezer, "freezer.state"), "THAWED");
}

/** Kills what still runs in groups of platforms that are gone; says whether these groups are gone too. */
function removeAbandoned(own: ReadonlyMap<string, string>): boolean {
  const results = CONTROLLERS.flatMap((controller) => {
    const parent = own.get(controller);
    if (parent === undefined) return [];
    return abandonedIn(parent).map((name) => {
      const root = join(parent, name);
      for (const group of groupsIn(root)) {
        const directory = join(root, group);
        killAll(directory, controller === "freezer" ? directory : undefined);
        removeIf(directory);
      }
      return removeIf(root);
    });
  });
  return results.every(Boolean);
}

function inEach(
  directoryOf: (controller: (typeof CONTROLLERS)[number]) => string | undefined,
): Directories {
  const found = CONTROLLERS.map((controller) => [controller, directoryOf(controller)] as const);
  return Object.fromEntries(found.filter(([, directory]) => directory !== undefined));
}
