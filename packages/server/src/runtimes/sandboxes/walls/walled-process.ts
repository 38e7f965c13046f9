/** A running program with its walls: what starting, holding and ending have in common in every tier that has any. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { Duplex, Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type {
  SandboxedExit,
  SandboxedProcess,
  SandboxedProgram,
  SandboxLimits,
} from "../../../ports/sandbox.ts";
import type { Cgroup } from "../cgroups/cgroup.ts";
import { type MemoryMeter, memoryMeter } from "../memory-meter.ts";
import type { MemoryWatch, Watched } from "./memory-watch.ts";
import { childrenOf, isGone, signalEach, stopTree } from "./process-tree.ts";

/** What the process is held by. */
export interface Hold {
  readonly cgroup: Cgroup | undefined;
  /** Where there is no group that tells when the last process is gone: what the command tells of process 1. */
  readonly info: Readable | undefined;
  readonly watch: MemoryWatch;
  /** Everything is gone. */
  readonly released: () => void;
}

export class WalledProcess implements SandboxedProcess {
  readonly pid: number;
  readonly channel: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<SandboxedExit>;
  readonly #cgroup: Cgroup | undefined;
  readonly #meter: MemoryMeter | undefined;
  readonly #watch: MemoryWatch;
  readonly #watched: Watched = { exceeds: () => this.#exceeds(), end: () => this.#starve() };
  readonly #tmpMB: number;
  #limits: SandboxLimits;
  /** `ended`: the command has, what it started may still be there. */
  #state: "running" | "ended" | "gone" = "running";
  #ending: "its own" | "killed" | "starved" = "its own";
  /** Process 1 of the program's pid namespace: when it is gone, all are. */
  #init: number | undefined;
  /** The processes that were stopped one by one; none where the group was frozen. */
  #frozen: number[] | undefined;

  constructor(child: ChildProcess, pid: number, program: SandboxedProgram, hold: Hold) {
    this.pid = pid;
    this.channel = child.stdio[3] as Duplex;
    this.stdout = child.stdout as Readable;
    this.stderr = child.stderr as Readable;
    this.#cgroup = hold.cgroup;
    this.#meter = hold.cgroup?.resident() === undefined ? memoryMeter(pid) : undefined;
    this.#watch = hold.watch;
    this.#tmpMB = tmpMBOf(program);
    this.#limits = program.limits ?? {};
    this.#watchMemory();
    this.exited = this.#follow(child, hold);
  }

  kill(): void {
    if (this.#ending === "its own") this.#ending = "killed";
    this.#killAll();
  }

  memory(): number {
    if (this.#state === "gone") return 0;
    return this.#meter?.bytes() ?? this.#cgroup?.resident() ?? 0;
  }

  limit(limits: Omit<SandboxLimits, "openFiles">): void {
    if (this.#state !== "running") return;
    limitGroup(this.#cgroup, limits, this.#tmpMB);
    this.#limits = { ...this.#limits, ...limits };
    this.#watchMemory();
  }

  freeze(): void {
    if (this.#state !== "running" || this.#frozen) return;
    this.#watch.remove(this.#watched);
    this.#frozen = this.#cgroup?.freeze() ? [] : stopTree(this.pid);
  }

  thaw(): void {
    if (this.#state !== "running" || !this.#frozen) return;
    this.#cgroup?.thaw();
    signalEach(this.#frozen.reverse(), "SIGCONT");
    this.#frozen = undefined;
    this.#watchMemory();
  }

  #watchMemory(): void {
    if (this.#limits.memoryMB !== undefined && !this.#frozen) this.#watch.add(this.#watched);
  }

  #exceeds(): boolean {
    const allowed = (this.#limits.memoryMB ?? Number.POSITIVE_INFINITY) * 2 ** 20;
    // What the group counts is never less than what the processes hold, and much quicker to ask for.
    return (this.#cgroup?.usage() ?? allowed + 1) > allowed && this.memory() > allowed;
  }

  #starve(): void {
    if (this.#ending === "its own") this.#ending = "starved";
    this.#killAll();
  }

  #killAll(): void {
    if (this.#state === "gone") return;
    this.#cgroup?.kill();
    if (this.#state === "ended") return; // its number may be another process's by now
    this.#init ??= childrenOf(this.pid)[0];
    // First what would only complain that process 1 is gone; it reaches what is there before process 1, too.
    signalEach([-this.pid], "SIGKILL");
    if (this.#init !== undefined) signalEach([this.#init], "SIGKILL");
  }

  async #follow(child: ChildProcess, hold: Hold): Promise<SandboxedExit> {
    const told = hold.info && this.#hearOfInit(hold.info);
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    this.#state = "ended";
    const exit = this.#exitOf(code, signal);
    this.#watch.remove(this.#watched);
    await told;
    await this.#emptied();
    this.#state = "gone";
    this.#meter?.close();
    hold.released();
    return exit;
  }

  #exitOf(code: number | null, signal: string | null): SandboxedExit {
    const own = exitOf(code, signal);
    const killed = { code: null, signal: "SIGKILL" };
    // The kernel tells only the group that it killed for memory.
    const outOfMemory =
      this.#ending === "starved" ||
      (this.#ending === "its own" && own.signal === "SIGKILL" && this.#cgroup?.killedForMemory());
    if (outOfMemory) return { ...killed, outOfMemory: true };
    return this.#ending === "killed" ? killed : own;
  }

  /** bwrap tells the number as JSON, before the program starts. */
  #hearOfInit(info: Readable): Promise<unknown> {
    info.setEncoding("latin1").on("data", (text: string) => {
      this.#init ??= Number(/"child-pid": (\d+)/.exec(text)?.[1]) || undefined;
    });
    return once(info, "close").catch(() => {});
  }

  /** Resolves once nothing is left. What the program left running is killed. */
  async #emptied(): Promise<void> {
    const isEmpty = () => {
      if (this.#cgroup) return this.#cgroup.remove();
      return this.#init === undefined || isGone(this.#init);
    };
    for (let pause = 1; !isEmpty(); pause = Math.min(50, pause * 2)) {
      this.#cgroup?.kill();
      await wait(pause);
    }
  }
}

/** Size of /tmp. AWS Lambda: 512 MB unless the function's configuration says otherwise. */
export const tmpMBOf = ({ filesystem }: SandboxedProgram): number => filesystem?.tmpMB ?? 512;

/** A group counts what lies in /tmp, so there must be room for both. */
export function limitGroup(cgroup: Cgroup | undefined, limits: SandboxLimits, tmpMB: number): void {
  const { memoryMB } = limits;
  cgroup?.limit(memoryMB === undefined ? limits : { ...limits, memoryMB: memoryMB + tmpMB });
}

/** Where a process stands between, the program's signal comes as its exit code, as shells tell it: 128 + number. */
function exitOf(code: number | null, signal: string | null): SandboxedExit {
  const told = signal ?? (code !== null && code > 128 ? SIGNALS.get(code - 128) : undefined);
  return told === undefined ? { code, signal } : { code: null, signal: told };
}

/** Of two names for one number the first counts: SIGABRT, not SIGIOT. */
const SIGNALS = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [Number(number), name]),
);
