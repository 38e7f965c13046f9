/** Control groups: what holds a program and all that it starts to its share of the machine. */

import type { SandboxGap, SandboxLimits } from "../../../ports/sandbox.ts";
import { delegation } from "./delegation.ts";

/** Where this platform may make control groups. */
export interface Cgroups {
  readonly version: 1 | 2;
  /** What the groups made here can hold a program to. */
  readonly controls: CgroupControls;
  /** A new group, empty and without limits. */
  create(): Cgroup;
  /**
   * Kills what runs in groups of platforms that are gone, and removes those that are empty. False where some are
   * still there: what was killed takes a moment to go.
   */
  removeAbandoned(): boolean;
  /** Removes the platform's group. The instances' groups must be gone. */
  close(): void;
}

export interface CgroupControls {
  readonly memory: boolean;
  readonly cpu: boolean;
  readonly processes: boolean;
  readonly freezer: boolean;
}

/** The group of one instance. */
export interface Cgroup {
  /** A process that writes "0" to each of these files is in the group, as is all that it starts from then on. */
  readonly entrances: readonly string[];
  /** `memoryMB` is the wall for everything that is counted here, /tmp and shared memory too. */
  limit(limits: Pick<SandboxLimits, "memoryMB" | "cpus" | "processes">): void;
  /** Bytes counted here, with files and /tmp; undefined without the memory control. Cheap. */
  usage(): number | undefined;
  /** Bytes of the processes themselves. */
  resident(): number | undefined;
  /** Processes that the kernel killed because the wall was reached. */
  killedForMemory(): number;
  /** False where nothing can be frozen here. */
  freeze(): boolean;
  thaw(): void;
  /** SIGKILL to everything in the group, frozen or not. */
  kill(): void;
  /** Whether the group is gone; false while a process of it is still there. */
  remove(): boolean;
}

/**
 * The period in which a share of processor time is counted out, in microseconds. What was not used of one period may be
 * used in the next one besides (the kernel's "burst"), so a small function answers in one go what costs it little;
 * a shorter period would cut that into pieces. Measured in docs/design/isolation.md.
 */
export const CPU_PERIOD = 100_000;

/** Microseconds of processor time per period, and of burst; the kernel takes no less than 1,000. */
export const cpuQuota = (cpus: number): number => Math.max(1_000, Math.round(cpus * CPU_PERIOD));

/** What nobody holds programs to where these controls are missing. */
export function cgroupGaps(controls: CgroupControls | undefined): SandboxGap[] {
  const remedy = delegation();
  const gap = (wall: string): SandboxGap[] => [{ wall, remedy }];
  return [
    ...(controls?.memory
      ? []
      : gap(
          "memory is only watched: an instance can exceed it for a moment, and what the kernel keeps for it (sockets, names of files) is not counted",
        )),
    ...(controls?.cpu ? [] : gap("an instance can use every processor")),
    ...(controls?.freezer ? [] : gap("idle instances are stopped by a signal, not frozen")),
  ];
}
