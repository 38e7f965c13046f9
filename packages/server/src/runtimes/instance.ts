/** One process that runs one function: how it begins, rests and ends. How it runs invocations, its kinds know. */
import type { InvocationReport } from "../domain/invocation.ts";
import type { Clock } from "../ports/clock.ts";
import type { Call } from "./call.ts";
import { type Exit, errorTypeIn, exited, type Failure, outOfMemory, timedOut } from "./failures.ts";
import { Farewell, type FarewellHost } from "./farewell.ts";
import { type IdleHost, Idleness } from "./idleness.ts";
import { type ChannelListener, type Ended, InstanceChannel } from "./instance-channel.ts";
import type { InstanceLog } from "./instance-log.ts";
import type { InstanceParts } from "./instance-parts.ts";
import { Meter } from "./meter.ts";
import { afterPoll, type TickTask } from "./tick.ts";
import type { Specialisation } from "./wire/frames.ts";

type State = "starting" | "snapshot" | "restoring" | "ready" | "ending" | "gone";
/** Why the platform ended it. */
export type Verdict =
  | "timeout"
  | "initTimeout"
  | "restoreTimeout"
  | "memory"
  | "protocol"
  | "unwanted";

/** AWS: what follows a restore may take 10 s. */
const RESTORE_MS = 10_000;

/**
 * Its owner decides what it gets; what it then says decides what becomes of it. Of two kinds: one invocation after the
 * other (line-instance.ts), or several at once (shared-instance.ts).
 */
export abstract class Instance implements ChannelListener, IdleHost, FarewellHost, TickTask {
  readonly scratch: string;
  readonly log: InstanceLog;
  /** Its process runs. */
  hasBooted = false;
  /** The handler was loaded. */
  loaded = false;
  /** The handler could not be loaded, and its owner was told why. */
  initHasFailed = false;
  /** Its owner has it among those without work. */
  listed = false;
  /** It has run an invocation. */
  experienced = false;
  protected readonly parts: InstanceParts;
  protected readonly clock: Clock;
  protected readonly channel: InstanceChannel;
  protected readonly meter: Meter;
  protected readonly idleness: Idleness;
  protected state: State = "starting";
  protected verdict: Verdict | undefined;
  #exit: Exit = { code: null, signal: null };
  /** Bytes of its memory that are not the function's. */
  #overhead = 0;
  #cancelInit: () => void;
  #restoredAt = 0;
  readonly #farewell: Farewell;

  constructor(parts: InstanceParts) {
    const { clock, process } = parts;
    this.parts = parts;
    this.clock = clock;
    this.meter = new Meter(parts.memoryBytes);
    this.meter.startMs = parts.startMs;
    this.scratch = parts.scratch;
    this.log = parts.log;
    this.idleness = new Idleness(parts, this);
    this.#cancelInit = clock.after(parts.initMs, () => afterPoll(() => this.#initTooLong()));
    this.channel = new InstanceChannel(process.channel, parts.responseBytes, this);
    this.#farewell = new Farewell(parts, this);
  }

  // What it runs ------------------------------------------------------------------------------------------------

  /** It is ready, and has nothing to do. */
  abstract readonly idle: boolean;
  /** It works on something of which its caller has heard already. */
  abstract readonly unsettled: boolean;
  /** It has no work, and takes some. */
  abstract readonly free: boolean;
  /** How many invocations it has. */
  abstract readonly load: number;
  /** How many more it will take, once it can; only where it runs several. */
  get spare(): number {
    return 0;
  }

  /** Whether it may have this invocation besides what it has; of those that stand in line, so many at most. */
  abstract hasRoom(call: Call, depth: number): boolean;
  /** How long what stands in line waits for the running invocation, in milliseconds; 0 where nothing can wait. */
  abstract runningMs(now: number): number;
  /** Hands it an invocation. `since`: when its time began, where that was before now. */
  abstract send(call: Call, since?: number): void;
  /** Looks at what runs; answers whether it should be looked at again. */
  abstract lookAtHead(now: number): boolean;
  abstract endOfTick(): void;
  abstract streamStarted(number: number, contentType: string): void;
  abstract streamChunk(number: number, bytes: Buffer): void;
  abstract ended(number: number, ended: Ended): void;
  abstract returned(numbers: readonly number[]): void;
  abstract leaving(number: number, started: readonly number[]): void;
  abstract occupied(): void;
  abstract settled(): void;
  abstract takes(invocations: number): void;
  /** Whom a note is about: the invocation that runs, where there is one alone. */
  protected abstract readonly head: Call | undefined;
  /** Begins to rest, where it has no work. */
  protected abstract rests(): void;
  /** The process is gone: what it has fails, or goes back. `now`: monotonic milliseconds. */
  protected abstract comesToEnd(now: number): void;

  // What is known of it -----------------------------------------------------------------------------------------

  get isGone(): boolean {
    return this.state === "gone";
  }

  /** When its last work was done: since then it is of no use. */
  get idleSince(): number {
    return this.idleness.since;
  }

  /** It was ended because the handler did not load in time. */
  get initTimedOut(): boolean {
    return this.verdict === "initTimeout";
  }

  /** It was ended because what follows its restore took too long. */
  get restoreTimedOut(): boolean {
    return this.verdict === "restoreTimeout";
  }

  /** It was ended because nobody needed it any more. */
  get unwanted(): boolean {
    return this.verdict === "unwanted";
  }

  /** How what it ran has failed, once it is gone. */
  get failure(): Failure {
    if (this.verdict === "timeout" || this.verdict === "initTimeout")
      return timedOut(this.parts.timeoutMs);
    return this.verdict === "memory" ? outOfMemory : exited(this.#exit);
  }

  /** Bytes of memory that it holds now. */
  get memory(): number {
    return this.parts.process.memory();
  }

  /** Its end is not decided. */
  get isUsable(): boolean {
    return this.state !== "ending" && this.state !== "gone";
  }

  /** How long it took until the handler was loaded, or failed to. */
  get initMs(): number {
    return this.meter.initMs;
  }

  /** What an invocation cost that only waited for this instance to fail in its init. */
  initReport(call: Call): InvocationReport {
    return this.meter.initReport(call, this.parts.askedAt);
  }

  // What is done with it ----------------------------------------------------------------------------------------

  /** Tells the generic process what to become. */
  specialise(told: Specialisation): void {
    this.channel.specialise(told);
  }

  /** It waited, initialised ahead of time; its first invocation is near. */
  restore(): void {
    const { snapStart } = this.parts;
    if (this.state !== "snapshot" || !snapStart) return;
    this.state = "restoring";
    this.loaded = false;
    this.#restoredAt = this.clock.monotonic();
    this.log.restoreStart(snapStart);
    this.channel.restore();
    this.idleness.thaw();
    this.#cancelInit = this.clock.after(RESTORE_MS, () =>
      afterPoll(() => {
        if (this.state === "restoring") this.endAs("restoreTimeout");
      }),
    );
  }

  /** Looks at its memory; ends it where it holds more than the function has. */
  checkMemory(): void {
    if (!this.isUsable) return;
    if (this.#lookAtMemory() || this.parts.fence.swollen()) this.endAs("memory");
  }

  giveCode(): void {
    this.channel.giveCode();
  }

  /** It has had no work for so long that it ends, unless its owner keeps it. */
  expire(): void {
    if (this.parts.owner.keepsIdle(this)) this.rests();
    else this.end();
  }

  /** Ends it now. What it runs fails. */
  end(): void {
    if (this.isUsable) this.endAs("unwanted");
  }

  // What it says: strangers' input ------------------------------------------------------------------------------

  booted(): void {
    if (this.hasBooted) return;
    this.hasBooted = true;
    const { overheadBytes, process, owner } = this.parts;
    // What it holds before it has a function is not the function's; nor is what passes through it.
    if (overheadBytes > 0)
      this.#overhead = Math.min(overheadBytes, process.memory() + overheadBytes / 4);
    owner.booted();
  }

  initialised(): void {
    if (this.state !== "starting") {
      this.violated("an init after its time");
      return;
    }
    this.#initEnds();
    this.loaded = true;
    if (this.parts.snapStart) {
      this.#waitAsSnapshot();
      return;
    }
    this.state = "ready";
    this.rests();
    this.parts.owner.initialised(this);
    this.channel.flush(); // it is being woken up meanwhile
    this.parts.process.limit?.({ cpus: this.parts.cpus });
    this.#lookAtMemory();
  }

  initFailed(payload: Buffer): void {
    if (this.state !== "starting") {
      this.violated("an init after its time");
      return;
    }
    this.#initEnds();
    this.#lookAtMemory();
    this.state = "ending";
    this.initHasFailed = true;
    const error = Buffer.from(payload);
    // Its own log lines may still be on their way.
    afterPoll(() => {
      this.parts.owner.initFailed(this, error);
      this.parts.process.kill();
    });
  }

  restored(error: Buffer | undefined): void {
    if (this.state !== "restoring") {
      this.violated("a restore that nobody asked for");
      return;
    }
    this.#cancelInit();
    const ms = this.clock.monotonic() - this.#restoredAt;
    this.meter.restoreMs = ms;
    const ending = { status: "error", errorType: error && errorTypeIn(error) } as const;
    this.log.restoreReport(ms, error && ending);
    this.parts.tick.add(this);
    if (error) {
      this.state = "ending";
      this.initHasFailed = true;
      this.parts.owner.restoreFailed(this);
      this.parts.process.kill();
      return;
    }
    this.state = "ready";
    this.loaded = true;
    this.rests();
    this.parts.owner.initialised(this);
    this.channel.flush();
  }

  gaveCode(bytes: Buffer): void {
    if (!this.idleness.gaveCode(bytes)) this.violated("more compiled code than anybody asked for");
  }

  /** Its exit should follow at once; a process that only closed its channel is of no use either. */
  closed(): void {
    this.#farewell.expect();
  }

  violated(what: string): void {
    if (this.verdict || this.state === "gone") return; // its time is over, whatever it says now
    this.log.note(`the instance broke its protocol: ${what}`, this.head);
    this.endAs("protocol");
  }

  // How it goes on, and how it ends -----------------------------------------------------------------------------

  #initEnds(): void {
    this.#cancelInit();
    this.meter.initMs = this.clock.monotonic() - this.parts.askedAt;
  }

  #lookAtMemory(): boolean {
    return this.meter.sawMemory(Math.max(0, this.parts.process.memory() - this.#overhead));
  }

  #waitAsSnapshot(): void {
    this.state = "snapshot";
    this.parts.process.limit?.({ cpus: this.parts.cpus });
    this.#lookAtMemory();
    this.parts.tick.add(this);
    this.idleness.freeze();
    this.parts.owner.snapshotTaken(this);
  }

  #initTooLong(): void {
    if (this.state === "starting") this.endAs("initTimeout");
  }

  protected endAs(verdict: Verdict): void {
    this.verdict = verdict;
    // Only who has been initialised, and keeps its protocol and its memory, can be asked to say goodbye.
    const asked = this.state === "ready" && (verdict === "unwanted" || verdict === "timeout");
    this.state = "ending";
    if (asked) this.#farewell.ask(verdict === "timeout" ? "TIMEOUT" : "SPINDOWN");
    else this.#farewell.kill();
  }

  askToLeave(reason: "SPINDOWN" | "TIMEOUT"): void {
    this.channel.shutdown(reason);
    this.idleness.thaw();
  }

  isOver(exit: Exit): void {
    this.state = "gone";
    this.#exit = exit;
    this.idleness.stop();
    this.#cancelInit();
    const now = this.clock.monotonic();
    if (!this.loaded) this.meter.initMs ||= now - this.parts.askedAt;
    this.comesToEnd(now);
    this.parts.fence.close();
    this.channel.close();
    // Whoever left the process group may hold these open for as long as it likes.
    this.parts.process.stdout.destroy();
    this.parts.process.stderr.destroy();
    this.parts.owner.gone(this);
  }
}
