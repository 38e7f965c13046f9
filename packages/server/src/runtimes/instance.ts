/** One process that runs one function: what stands in line in it, what it says, and how it ends. */
import type { InvocationReport } from "../domain/invocation.ts";
import type { Clock } from "../ports/clock.ts";
import { Alarm } from "./alarm.ts";
import type { Call } from "./call.ts";
import {
  type Exit,
  errorTypeIn,
  exited,
  type Failure,
  failurePayload,
  outOfMemory,
  timedOut,
} from "./failures.ts";
import { Farewell, type FarewellHost } from "./farewell.ts";
import type { Finished } from "./finishing.ts";
import { type IdleHost, Idleness } from "./idleness.ts";
import { type ChannelListener, type Ended, InstanceChannel } from "./instance-channel.ts";
import type { InstanceLog } from "./instance-log.ts";
import type { InstanceParts } from "./instance-parts.ts";
import { Line } from "./line.ts";
import { durationWithin, Meter } from "./meter.ts";
import { Telling, type TellingHost } from "./telling.ts";
import { afterPoll } from "./tick.ts";
import { type Specialisation, STREAM_WINDOW } from "./wire/frames.ts";

type State = "starting" | "snapshot" | "restoring" | "ready" | "ending" | "gone";
/** Why the platform ended it. */
type Verdict = "timeout" | "initTimeout" | "restoreTimeout" | "memory" | "protocol" | "unwanted";

type Outcome = Pick<Finished, "payload" | "failed" | "failure" | "entries"> & {
  readonly durationMs: number;
};

/** Bytes that may stand in line behind a running invocation. */
const LINE_BYTES = 256 * 1024;
/** An invocation is not handed on by more instances that end before they begin with it: the function is why they do. */
const MOST_ENDINGS = 3;
/** AWS: what follows a restore may take 10 s. */
const RESTORE_MS = 10_000;

/** Its owner decides what it gets; what it then says decides what becomes of it. */
export class Instance implements ChannelListener, IdleHost, TellingHost, FarewellHost {
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
  readonly #parts: InstanceParts;
  readonly #clock: Clock;
  readonly #channel: InstanceChannel;
  readonly #telling: Telling;
  readonly #line = new Line();
  readonly #meter: Meter;
  #state: State = "starting";
  #verdict: Verdict | undefined;
  #exit: Exit = { code: null, signal: null };
  /** There may be room, and the owner does not know yet. */
  #roomToTell = false;
  #recalling = false;
  /** It said that it is about to end, and which invocation it ends with. */
  #leaving: number | undefined;
  /** Bytes of the running stream that its reader has not taken. */
  #ahead = 0;
  /** Bytes of its memory that are not the function's. */
  #overhead = 0;
  /** It answered, and is not done with the invocation yet. */
  #occupied = false;
  readonly #deadline: Alarm;
  readonly #idleness: Idleness;
  #cancelInit: () => void;
  #restoredAt = 0;
  readonly #farewell: Farewell;

  constructor(parts: InstanceParts) {
    const { clock, process } = parts;
    this.#parts = parts;
    this.#clock = clock;
    this.#meter = new Meter(parts.memoryBytes);
    this.scratch = parts.scratch;
    this.log = parts.log;
    this.#deadline = new Alarm(
      clock,
      () => this.#leftOf(parts.timeoutMs, this.#line.length > 0, this.#line.headSince),
      () => this.#end("timeout"),
    );
    this.#idleness = new Idleness(parts, this);
    this.#cancelInit = clock.after(parts.initMs, () => afterPoll(() => this.#initTooLong()));
    this.#channel = new InstanceChannel(process.channel, parts.responseBytes, this);
    this.#telling = new Telling(parts, this.#line, this);
    this.#farewell = new Farewell(parts, this);
  }

  /** Tells the generic process what to become. */
  specialise(told: Specialisation): void {
    this.#channel.specialise(told);
  }

  get idle(): boolean {
    return this.#state === "ready" && this.#line.length === 0;
  }

  get isGone(): boolean {
    return this.#state === "gone";
  }

  /** It answered, and is not done with the invocation yet. */
  get unsettled(): boolean {
    return this.#occupied;
  }

  /** When its line became empty: since then it is of no use. */
  get idleSince(): number {
    return this.#idleness.since;
  }

  /** It has no work, and takes some. While it is giving back what stood in line it takes none. */
  get free(): boolean {
    return this.#open && this.#line.length === 0;
  }

  /** It was ended because the handler did not load in time. */
  get initTimedOut(): boolean {
    return this.#verdict === "initTimeout";
  }

  /** It was ended because what follows its restore took too long. */
  get restoreTimedOut(): boolean {
    return this.#verdict === "restoreTimeout";
  }

  /** It was ended because nobody needed it any more. */
  get unwanted(): boolean {
    return this.#verdict === "unwanted";
  }

  /** How what it ran has failed, once it is gone. */
  get failure(): Failure {
    if (this.#verdict === "timeout" || this.#verdict === "initTimeout")
      return timedOut(this.#parts.timeoutMs);
    return this.#verdict === "memory" ? outOfMemory : exited(this.#exit);
  }

  /** Bytes of memory that it holds now. */
  get memory(): number {
    return this.#parts.process.memory();
  }

  /** How many invocations it has. */
  get load(): number {
    return this.#line.length;
  }

  /** Whether this invocation may be put behind what it has, in a line of at most `depth`. */
  hasRoom(call: Call, depth: number): boolean {
    if (!this.#open) return false;
    const bytes = this.#line.bytes + call.invocation.payload.length;
    return this.#line.length === 0 || (this.#line.length < depth && bytes <= LINE_BYTES);
  }

  /** How long the running invocation has been running, in milliseconds; 0 where there is none. */
  runningMs(now: number): number {
    return this.#line.length === 0 ? 0 : now - this.#line.headSince;
  }

  /** Puts an invocation into its line. `since`: when its time began, where that was before now. */
  send(call: Call, since?: number): void {
    const now = this.#clock.monotonic();
    call.sentAt = now;
    call.inLine = this.#line.length > 0;
    call.proven = false;
    call.held = undefined;
    this.#line.push(call, since ?? now);
    if (!call.inLine) this.#headStarts();
    this.#channel.invoke(call);
    this.#parts.tick.add(this);
  }

  /**
   * Looks at the running one: where it is slow, says so in its log, and takes back whatever stands behind it. Answers
   * whether it should be looked at again.
   */
  lookAtHead(now: number): boolean {
    const { head } = this.#line;
    if (!head || this.#state !== "ready") return false;
    if (this.runningMs(now) <= this.#parts.owner.slowMs)
      return this.#line.length > 1 || !head.started;
    this.#parts.tick.add(this); // its START, once the END of the one before it is written
    const uncertain = head.inLine && !head.proven;
    if ((this.#line.length > 1 || uncertain) && !this.#recalling) this.#recall();
    return this.#telling.waits;
  }

  /** Looks at its memory; ends it where it holds more than the function has. */
  checkMemory(): void {
    if (!this.isUsable) return;
    if (this.#lookAtMemory() || this.#parts.fence.swollen()) this.#end("memory");
  }

  giveCode(): void {
    this.#channel.giveCode();
  }

  /** It has had no work for so long that it ends, unless its owner keeps it. */
  expire(): void {
    if (this.#parts.owner.keepsIdle(this)) this.#rests();
    else this.end();
  }

  /** Ends it now. What it runs fails. */
  end(): void {
    if (this.isUsable) this.#end("unwanted");
  }

  /** Its end is not decided. */
  get isUsable(): boolean {
    return this.#state !== "ending" && this.#state !== "gone";
  }

  /** How long it took until the handler was loaded, or failed to. */
  get initMs(): number {
    return this.#meter.initMs;
  }

  /** What an invocation cost that only waited for this instance to fail in its init. */
  initReport(call: Call): InvocationReport {
    return this.#meter.initReport(call, this.#parts.askedAt);
  }

  endOfTick(): void {
    // What is not told apart by invocation is told apart by time: then nothing new is begun before the old is over.
    if (!this.#telling.unsure) this.#tellRoom();
    this.#channel.flush();
    if (this.#line.length > 0) this.#idleness.thaw();
    this.#telling.tell();
    this.#tellRoom();
    this.#telling.begin();
    this.log.flush();
  }

  // What it says: strangers' input ------------------------------------------------------------------------------

  booted(): void {
    if (this.hasBooted) return;
    this.hasBooted = true;
    const { overheadBytes, process, owner } = this.#parts;
    // What it holds before it has a function is not the function's; nor is what passes through it.
    if (overheadBytes > 0)
      this.#overhead = Math.min(overheadBytes, process.memory() + overheadBytes / 4);
    owner.booted();
  }

  initialised(): void {
    if (this.#state !== "starting") {
      this.violated("an init after its time");
      return;
    }
    this.#initEnds();
    this.loaded = true;
    if (this.#parts.snapStart) {
      this.#waitAsSnapshot();
      return;
    }
    this.#state = "ready";
    this.#rests();
    this.#parts.owner.initialised(this);
    this.#channel.flush(); // it is being woken up meanwhile
    this.#parts.process.limit?.({ cpus: this.#parts.cpus });
    this.#lookAtMemory();
  }

  /** It waited, initialised ahead of time; its first invocation is near. */
  restore(): void {
    const { snapStart } = this.#parts;
    if (this.#state !== "snapshot" || !snapStart) return;
    this.#state = "restoring";
    this.loaded = false;
    this.#restoredAt = this.#clock.monotonic();
    this.log.restoreStart(snapStart);
    this.#channel.restore();
    this.#idleness.thaw();
    this.#cancelInit = this.#clock.after(RESTORE_MS, () =>
      afterPoll(() => {
        if (this.#state === "restoring") this.#end("restoreTimeout");
      }),
    );
  }

  restored(error: Buffer | undefined): void {
    if (this.#state !== "restoring") {
      this.violated("a restore that nobody asked for");
      return;
    }
    this.#cancelInit();
    const ms = this.#clock.monotonic() - this.#restoredAt;
    this.#meter.restoreMs = ms;
    const ending = { status: "error", errorType: error && errorTypeIn(error) } as const;
    this.log.restoreReport(ms, error && ending);
    this.#parts.tick.add(this);
    if (error) {
      this.#state = "ending";
      this.initHasFailed = true;
      this.#parts.owner.restoreFailed(this);
      this.#parts.process.kill();
      return;
    }
    this.#state = "ready";
    this.loaded = true;
    this.#rests();
    this.#parts.owner.initialised(this);
    this.#channel.flush();
  }

  initFailed(payload: Buffer): void {
    if (this.#state !== "starting") {
      this.violated("an init after its time");
      return;
    }
    this.#initEnds();
    this.#lookAtMemory();
    this.#state = "ending";
    this.initHasFailed = true;
    const error = Buffer.from(payload);
    // Its own log lines may still be on their way.
    afterPoll(() => {
      this.#parts.owner.initFailed(this, error);
      this.#parts.process.kill();
    });
  }

  streamStarted(number: number, contentType: string): void {
    const call = this.#running(number);
    if (!call || call.streaming) {
      this.violated("a stream that cannot begin");
      return;
    }
    call.streaming = true;
    call.reply.begin(contentType);
  }

  streamChunk(number: number, bytes: Buffer): void {
    const call = this.#running(number);
    this.#ahead += bytes.length;
    if (!call?.streaming || this.#ahead > STREAM_WINDOW) {
      this.violated("more of a stream than it may send");
      return;
    }
    if (bytes.length === 0) return; // costs no credit: nothing would bound how many wait
    call.reply.chunk(bytes, (taken) => {
      if (this.#line.head !== call) return;
      this.#ahead -= taken;
      this.#channel.credit(call.number, taken);
      this.#parts.tick.add(this);
    });
  }

  ended(number: number, ended: Ended): void {
    const call = this.#running(number);
    if (!call) {
      this.violated("an answer to what it does not run");
      return;
    }
    const now = this.#clock.monotonic();
    this.#meter.sawMemory(ended.memory);
    const seen = now - (call.inLine ? call.sentAt : this.#line.headSince);
    const durationMs = durationWithin(ended.ms, seen, this.#line.length === 1 && !call.inLine);
    const { payload, failed } = ended;
    const entries = this.#telling.unsure ? undefined : ended.entries;
    this.#finish(call, { payload, failed, durationMs, entries, failure: undefined });
    this.#parts.owner.handled(ended.ms);
  }

  returned(numbers: readonly number[]): void {
    if (!this.#recalling || this.#state !== "ready") {
      this.violated("giving back what nobody asked for");
      return;
    }
    this.#recalling = false;
    this.#parts.fence.lower();
    const calls = this.#line.take(new Set(numbers), this.#clock.monotonic());
    if (this.#line.head) this.#line.head.proven = true;
    this.#parts.tick.add(this);
    this.#rests();
    if (calls.length > 0) this.#parts.owner.returned(calls);
    this.#parts.owner.room(this);
  }

  gaveCode(bytes: Buffer): void {
    if (!this.#idleness.gaveCode(bytes)) this.violated("more compiled code than anybody asked for");
  }

  occupied(): void {
    this.#occupied = true;
  }

  settled(): void {
    this.#occupied = false;
    this.#roomToTell = true;
    this.#parts.tick.add(this);
  }

  leaving(number: number): void {
    this.#leaving = number;
    this.closed();
  }

  /** Its exit should follow at once; a process that only closed its channel is of no use either. */
  closed(): void {
    this.#farewell.expect();
  }

  violated(what: string): void {
    if (this.#verdict || this.#state === "gone") return; // its time is over, whatever it says now
    this.log.note(`the instance broke its protocol: ${what}`, this.#line.head);
    this.#end("protocol");
  }

  /** It takes invocations. */
  get #open(): boolean {
    const usable = this.#state === "ready" && this.#leaving === undefined;
    return usable && !this.#recalling && !this.#occupied;
  }

  #running(number: number): Call | undefined {
    const { head } = this.#line;
    return head?.number === number && this.#state === "ready" ? head : undefined;
  }

  // How it goes on ----------------------------------------------------------------------------------------------

  #initEnds(): void {
    this.#cancelInit();
    this.#meter.initMs = this.#clock.monotonic() - this.#parts.askedAt;
  }

  #lookAtMemory(): boolean {
    return this.#meter.sawMemory(Math.max(0, this.#parts.process.memory() - this.#overhead));
  }

  #waitAsSnapshot(): void {
    this.#state = "snapshot";
    this.#parts.process.limit?.({ cpus: this.#parts.cpus });
    this.#lookAtMemory();
    this.#parts.tick.add(this);
    this.#idleness.freeze();
    this.#parts.owner.snapshotTaken(this);
  }

  #initTooLong(): void {
    if (this.#state === "starting") this.#end("initTimeout");
  }

  #headStarts(): void {
    this.#ahead = 0;
    this.#deadline.set();
  }

  #rests(): void {
    if (this.#line.length === 0) this.#idleness.begins();
  }

  /** What is left of a time that began at `since`, where it counts at all. */
  #leftOf(ms: number, counts: boolean, since: number): number | undefined {
    return counts && this.#state === "ready" ? since + ms - this.#clock.monotonic() : undefined;
  }

  #recall(): void {
    this.#recalling = true;
    this.#parts.fence.raise();
    this.#channel.recall();
    // A handler that lets go of the event loop gives them back at once. One that does not cannot: but whatever it had
    // answered before it could see the fence has been read by then, so that what still stands behind the first one was
    // not started. See languages/bootstrap/fence.ts.
    afterPoll(() => {
      if (!this.#recalling) return;
      const behind = this.#line.cut();
      if (behind.length > 0) this.#parts.owner.returned(behind);
    });
  }

  /** The first one is over. */
  #finish(call: Call, { durationMs, ...outcome }: Outcome): void {
    this.#line.shift(this.#clock.monotonic());
    this.experienced = true;
    const report = this.#meter.report(call, durationMs);
    this.#telling.add({ call, report, ...outcome });
    this.#roomToTell = true;
    if (this.#line.length > 0) this.#headStarts();
    else if (this.#occupied) this.#rests(); // it may never say that it is free
    this.#parts.tick.add(this);
  }

  #tellRoom(): void {
    if (!this.#roomToTell || this.#occupied) return;
    if (this.#telling.unsure && this.#telling.waits) return;
    this.#roomToTell = false;
    this.#rests();
    this.#parts.owner.room(this);
  }

  // How it ends -------------------------------------------------------------------------------------------------

  #end(verdict: Verdict): void {
    this.#verdict = verdict;
    // Only who has been initialised, and keeps its protocol and its memory, can be asked to say goodbye.
    const asked = this.#state === "ready" && (verdict === "unwanted" || verdict === "timeout");
    this.#state = "ending";
    if (asked) this.#farewell.ask(verdict === "timeout" ? "TIMEOUT" : "SPINDOWN");
    else this.#farewell.kill();
  }

  askToLeave(reason: "SPINDOWN" | "TIMEOUT"): void {
    this.#channel.shutdown(reason);
    this.#idleness.thaw();
  }

  isOver(exit: Exit): void {
    this.#state = "gone";
    this.#exit = exit;
    this.#stopTimers();
    const now = this.#clock.monotonic();
    if (!this.loaded) this.#meter.initMs ||= now - this.#parts.askedAt;
    this.#telling.close();
    const notStarted = this.#line.cut();
    const { head } = this.#line;
    const untouched = this.#leaving !== undefined && this.#leaving !== head?.number;
    if (head && untouched && head.endings++ < MOST_ENDINGS) {
      this.#line.shift(now);
      notStarted.unshift(head);
    } else if (head) {
      const { failure } = this;
      const payload = failurePayload(failure, head.invocation.requestId);
      const ran = now - this.#line.headSince;
      const durationMs = this.#verdict === "timeout" ? this.#parts.timeoutMs : ran;
      this.#finish(head, { payload, failed: true, durationMs, failure, entries: undefined });
    }
    if (notStarted.length > 0) this.#parts.owner.returned(notStarted);
    this.#telling.complete();
    this.endOfTick();
    this.#parts.fence.close();
    this.#channel.close();
    // Whoever left the process group may hold these open for as long as it likes.
    this.#parts.process.stdout.destroy();
    this.#parts.process.stderr.destroy();
    this.#parts.owner.gone(this);
  }

  #stopTimers(): void {
    this.#deadline.stop();
    this.#idleness.stop();
    this.#cancelInit();
  }
}
