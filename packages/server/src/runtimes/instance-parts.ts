/** What an instance is made of, and whom it tells what happens to it. */
import type { InvocationReport } from "../domain/invocation.ts";
import type { Clock } from "../ports/clock.ts";
import type { SandboxedProcess } from "../ports/sandbox.ts";
import type { Call } from "./call.ts";
import type { Fence } from "./fence.ts";
import type { IdlenessParts } from "./idleness.ts";
import type { Instance } from "./instance.ts";
import type { InstanceLog } from "./instance-log.ts";
import type { RuntimeIdentity } from "./output/platform-lines.ts";
import type { Tick } from "./tick.ts";

/** Whom an instance tells what happened; its fleet. */
export interface InstanceOwner {
  /** Its process runs; from now on its time is the handler's. */
  booted(): void;
  /** The handler is loaded. */
  initialised(instance: Instance): void;
  /** The handler is loaded; the instance stands still until it is restored. */
  snapshotTaken(instance: Instance): void;
  /** What follows a restore has failed; the instance is about to end. */
  restoreFailed(instance: Instance): void;
  /** The handler could not be loaded; the instance is about to end. */
  initFailed(instance: Instance, error: Uint8Array): void;
  /** Whether it is kept although it has had no work for its idle time. */
  keepsIdle(instance: Instance): boolean;
  /** The handler took so many milliseconds, by its own word. */
  handled(ms: number): void;
  /** Something was written that does not say to which invocation it belongs. */
  wrotePlain(): void;
  /** Such things are written here. */
  readonly apart: boolean;
  /** A running invocation older than this, in milliseconds, is slow. */
  readonly slowMs: number;
  /** One or more invocations are over: there may be room. */
  room(instance: Instance): void;
  /** These were not started, and never will be here. */
  returned(calls: Call[]): void;
  /** It has ended, with everything that it started. What was not started was returned before. */
  gone(instance: Instance): void;
}

/** Times in milliseconds. */
export interface InstanceParts extends IdlenessParts {
  readonly process: SandboxedProcess;
  readonly fence: Fence;
  readonly scratch: string;
  readonly log: InstanceLog;
  readonly owner: InstanceOwner;
  readonly clock: Clock;
  readonly tick: Tick;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  /** So much of its memory is not the function's, at most. */
  readonly overheadBytes: number;
  /** How long it may take to say goodbye when it is ended on purpose; 0: it is killed at once. */
  readonly lingerMs: number;
  /** Its share of processor time once the handler is loaded, 1 = one core; an init takes what it can get. */
  readonly cpus: number;
  /** How long the handler may take to load. */
  readonly initMs: number;
  /** What RESTORE_START says of its runtime, where it is initialised ahead of time and restored when it is needed. */
  readonly snapStart: RuntimeIdentity | undefined;
  readonly responseBytes: number;
  /** When it was asked for, monotonic milliseconds: its init counts from here. */
  readonly askedAt: number;
  /** What went by until it had a process; see InvocationReport. */
  readonly startMs: InvocationReport["startMs"];
}
