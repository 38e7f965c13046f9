/** An instance that runs several invocations at once (PerExecutionEnvironmentMaxConcurrency); none stands in line in it. */
import { Alarm } from "./alarm.ts";
import type { Call } from "./call.ts";
import { type Failure, failurePayload, timedOut } from "./failures.ts";
import { Instance } from "./instance.ts";
import type { Ended } from "./instance-channel.ts";
import type { InstanceParts } from "./instance-parts.ts";
import { MOST_ENDINGS } from "./line-instance.ts";
import { durationWithin } from "./meter.ts";
import { Pulse } from "./pulse.ts";
import { SharedTelling, type SharedTellingHost } from "./shared-telling.ts";
import { STREAM_WINDOW } from "./wire/frames.ts";

interface Running {
  readonly call: Call;
  /** When its time began, monotonic milliseconds. */
  readonly since: number;
  /** Bytes of its stream that its reader has not taken. */
  ahead: number;
  /** Its time has passed, and its caller was told. It may still work on it. */
  overdue: boolean;
}

/** Each invocation has its own time, its own stream and its own part of the log. */
export class SharedInstance extends Instance implements SharedTellingHost {
  readonly #most: number;
  /** So many it can run now, as far as it said. */
  #takes: number;
  /** So many it will be able to run, as far as is known. */
  #promises: number;
  /** It is asked for what it has not begun with when somebody is late; until it answers it gets nothing. */
  readonly #pulse: Pulse;
  /** In the order in which they came. */
  readonly #running = new Map<number, Running>();
  /** Those whose callers wait. */
  #awaited = 0;
  readonly #telling: SharedTelling;
  /** For the one whose time passes first. */
  readonly #deadline: Alarm;
  /** There may be room, and the owner does not know yet. */
  #roomToTell = false;
  /** It said that it is about to end, and which invocations end with it. */
  #started: ReadonlySet<number> | undefined;

  /** `most`: invocations at once. */
  constructor(parts: InstanceParts, most: number) {
    super(parts);
    this.#most = this.#takes = this.#promises = most;
    this.#deadline = new Alarm(
      parts.clock,
      () => this.#leftOfFirst(),
      () => this.#timePasses(),
    );
    this.#pulse = new Pulse(parts.clock, {
      recall: () => this.channel.recall(),
      hangs: () => this.#hangs(),
    });
    this.#telling = new SharedTelling(parts, this);
  }

  get idle(): boolean {
    return this.state === "ready" && this.#awaited === 0;
  }

  /** What is overdue may still run. */
  get unsettled(): boolean {
    return this.#running.size > 0;
  }

  get free(): boolean {
    return this.#open && this.#awaited === 0;
  }

  /** With those that are overdue: what runs takes its place until it is over. */
  get load(): number {
    return this.#running.size;
  }

  get only(): Call | undefined {
    if (this.#running.size !== 1) return undefined;
    const [first] = this.#running.values();
    return first?.call;
  }

  find(number: number): Call | undefined {
    return this.#running.get(number)?.call;
  }

  hasRoom(_call: Call, _depth: number): boolean {
    return this.#open && !this.#pulse.isAsked && this.#running.size < this.#takes;
  }

  override get spare(): number {
    if (!this.isUsable || this.#pulse.isLate) return 0;
    return Math.max(0, this.#promises - this.#running.size);
  }

  /** Nothing waits for any of them. */
  runningMs(_now: number): number {
    return 0;
  }

  lookAtHead(_now: number): boolean {
    return false;
  }

  send(call: Call, since?: number): void {
    const now = this.clock.monotonic();
    call.sentAt = now;
    call.inLine = false;
    call.held = undefined;
    this.#running.set(call.number, { call, since: since ?? now, ahead: 0, overdue: false });
    this.#awaited++;
    this.#telling.begin(call);
    this.#deadline.set();
    this.channel.invoke(call);
    this.parts.tick.add(this);
  }

  endOfTick(): void {
    this.#tellRoom();
    this.channel.flush();
    if (this.#awaited > 0) this.idleness.thaw();
    this.#telling.tell();
    this.log.flush();
  }

  // What it says: strangers' input ------------------------------------------------------------------------------

  streamStarted(number: number, contentType: string): void {
    const running = this.#runs(number);
    if (!running || running.call.streaming) {
      this.violated("a stream that cannot begin");
      return;
    }
    running.call.streaming = true;
    if (!running.overdue) running.call.reply.begin(contentType);
  }

  streamChunk(number: number, bytes: Buffer): void {
    const running = this.#runs(number);
    if (running) running.ahead += bytes.length;
    if (!running?.call.streaming || running.ahead > STREAM_WINDOW) {
      this.violated("more of a stream than it may send");
      return;
    }
    // An empty one costs no credit: nothing would bound how many wait.
    if (bytes.length === 0) return;
    const taken = (size: number): void => {
      if (this.#running.get(number) !== running) return;
      running.ahead -= size;
      this.channel.credit(number, size);
      this.parts.tick.add(this);
    };
    // What is overdue goes on, and nobody reads it.
    if (running.overdue) taken(bytes.length);
    else running.call.reply.chunk(bytes, taken);
  }

  ended(number: number, ended: Ended): void {
    const running = this.#runs(number);
    if (!running) {
      this.violated("an answer to what it does not run");
      return;
    }
    this.meter.sawMemory(ended.memory);
    const seen = this.clock.monotonic() - running.since;
    const durationMs = durationWithin(ended.ms, seen, false);
    this.#over(running);
    if (running.overdue) {
      this.#telling.forget(running.call);
      return;
    }
    const { payload, failed, entries } = ended;
    const report = this.meter.report(running.call, durationMs);
    this.#telling.add({ call: running.call, payload, failed, report, entries, failure: undefined });
    this.parts.owner.handled(ended.ms);
  }

  leaving(number: number, started: readonly number[]): void {
    this.#started = new Set([number, ...started]);
    this.closed();
  }

  /** What it has not begun with it cannot run: it never gets that many again. */
  returned(numbers: readonly number[]): void {
    if (this.state !== "ready" || !this.#pulse.answered()) {
      this.violated("giving back what nobody asked for");
      return;
    }
    const calls: Call[] = [];
    for (const number of numbers) {
      const running = this.#running.get(number);
      if (!running) continue;
      this.#over(running);
      this.#telling.forget(running.call);
      running.call.started = false;
      if (!running.overdue) calls.push(running.call);
    }
    if (numbers.length > 0) this.#takes = this.#promises = Math.max(1, this.#running.size);
    this.#roomToTell = true;
    this.parts.tick.add(this);
    if (calls.length > 0) this.parts.owner.returned(calls);
    this.#endWhereUseless();
  }

  occupied(): void {
    this.violated("occupied by one of several");
  }

  settled(): void {
    this.violated("settled by one of several");
  }

  /** Its own processes come and go. */
  takes(invocations: number): void {
    this.#takes = Math.min(this.#most, invocations);
    this.#roomToTell = true;
    this.parts.tick.add(this);
  }

  // How it goes on, and how it ends -----------------------------------------------------------------------------

  protected get head(): Call | undefined {
    return undefined;
  }

  protected rests(): void {
    if (this.#awaited === 0) this.idleness.begins();
  }

  get #open(): boolean {
    return this.state === "ready" && this.#started === undefined;
  }

  #runs(number: number): Running | undefined {
    return this.state === "ready" ? this.#running.get(number) : undefined;
  }

  /** It runs no more. */
  #over(running: Running): void {
    this.#running.delete(running.call.number);
    if (!running.overdue) this.#awaited--;
    this.experienced = true;
    this.#roomToTell = true;
    this.parts.tick.add(this);
  }

  #tellRoom(): void {
    if (!this.#roomToTell) return;
    this.#roomToTell = false;
    this.rests();
    this.parts.owner.room(this);
  }

  #leftOfFirst(): number | undefined {
    if (this.state !== "ready") return undefined;
    for (const { since, overdue } of this.#running.values())
      if (!overdue) return since + this.parts.timeoutMs - this.clock.monotonic();
    return undefined;
  }

  /**
   * Lambda: the caller of an invocation whose time has passed is told so; the invocation itself, and the others, go on.
   * Here an instance that has nothing but such ones, and no room for more, ends.
   */
  #timePasses(): void {
    const { timeoutMs } = this.parts;
    const before = this.clock.monotonic() - timeoutMs;
    for (const running of this.#running.values()) {
      if (running.overdue || running.since > before) continue;
      running.overdue = true;
      this.#awaited--;
      this.#fail(running.call, timedOut(timeoutMs), timeoutMs);
    }
    this.#deadline.set();
    this.parts.tick.add(this);
    this.#roomToTell = true; // where it has nothing else, it rests
    this.#endWhereUseless();
    if (this.isUsable) this.#pulse.ask();
  }

  /** Everything that it could run is something that nobody waits for. */
  #endWhereUseless(): void {
    const late = this.#running.size - this.#awaited;
    if (late > 0 && late >= this.#takes) this.endAs("timeout");
  }

  /** It is of no use to anybody else, and ends when nobody waits for it any more. */
  #hangs(): boolean {
    if (this.state === "ready" && this.#awaited === 0) this.endAs("timeout");
    return this.state === "ready";
  }

  #fail(call: Call, failure: Failure, durationMs: number): void {
    const payload = failurePayload(failure, call.invocation.requestId);
    const report = this.meter.report(call, durationMs);
    this.#telling.add({ call, payload, failed: true, report, failure, entries: undefined });
  }

  protected comesToEnd(now: number): void {
    this.#deadline.stop();
    this.#pulse.stop();
    this.#telling.close();
    const { failure } = this;
    const notStarted: Call[] = [];
    for (const running of this.#running.values()) {
      const { call, since, overdue } = running;
      this.#over(running);
      if (overdue) continue;
      const untouched = this.#started !== undefined && !this.#started.has(call.number);
      if (untouched && call.endings++ < MOST_ENDINGS) {
        call.started = false;
        notStarted.push(call);
      } else this.#fail(call, failure, now - since);
    }
    this.#roomToTell = false;
    if (notStarted.length > 0) this.parts.owner.returned(notStarted);
    this.#telling.complete();
    this.endOfTick();
  }
}
