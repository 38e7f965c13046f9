/** An instance that runs one invocation after the other: what stands in line in it, and what is taken back. */
import { Alarm } from "./alarm.ts";
import type { Call } from "./call.ts";
import { failurePayload } from "./failures.ts";
import type { Finished } from "./finishing.ts";
import { Instance } from "./instance.ts";
import type { Ended } from "./instance-channel.ts";
import type { InstanceParts } from "./instance-parts.ts";
import { Line } from "./line.ts";
import { durationWithin } from "./meter.ts";
import { Telling, type TellingHost } from "./telling.ts";
import { afterPoll } from "./tick.ts";
import { STREAM_WINDOW } from "./wire/frames.ts";

type Outcome = Pick<Finished, "payload" | "failed" | "failure" | "entries"> & {
  readonly durationMs: number;
};

/** Bytes that may stand in line behind a running invocation. */
const LINE_BYTES = 256 * 1024;
/** An instance that has so many can wait for more ... */
const PLENTY = 8;
/** ... until so many are held back. */
const HELD_BACK = 16;
/** An invocation is not handed on by more instances that end before they begin with it: the function is why they do. */
export const MOST_ENDINGS = 3;

/** What Lambda's instances are, unless their function asks for more. */
export class LineInstance extends Instance implements TellingHost {
  readonly #telling: Telling;
  readonly #line = new Line();
  /** There may be room, and the owner does not know yet. */
  #roomToTell = false;
  #recalling = false;
  /** Invocations of its line, the last ones, that it was not sent yet. */
  #unsent = 0;
  /** Something else is to be sent. */
  #urgent = false;
  /** It said that it is about to end, and which invocation it ends with. */
  #leaving: number | undefined;
  /** Bytes of the running stream that its reader has not taken. */
  #ahead = 0;
  /** It answered, and is not done with the invocation yet. */
  #occupied = false;
  readonly #deadline: Alarm;

  constructor(parts: InstanceParts) {
    super(parts);
    this.#deadline = new Alarm(
      parts.clock,
      () => this.#leftOf(parts.timeoutMs, this.#line.length > 0, this.#line.headSince),
      () => this.endAs("timeout"),
    );
    this.#telling = new Telling(parts, this.#line, this);
  }

  get idle(): boolean {
    return this.state === "ready" && this.#line.length === 0;
  }

  get unsettled(): boolean {
    return this.#occupied;
  }

  /** While it is giving back what stood in line it takes none. */
  get free(): boolean {
    return this.#open && this.#line.length === 0;
  }

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
    const now = this.clock.monotonic();
    call.sentAt = now;
    call.inLine = this.#line.length > 0;
    call.proven = false;
    call.held = undefined;
    this.#line.push(call, since ?? now);
    if (!call.inLine) this.#headStarts();
    this.channel.invoke(call);
    this.#unsent++;
    this.parts.tick.add(this);
  }

  /**
   * Looks at the running one: where it is slow, says so in its log, and takes back whatever stands behind it. Answers
   * whether it should be looked at again.
   */
  lookAtHead(now: number): boolean {
    const { head } = this.#line;
    if (!head || this.state !== "ready") return false;
    if (this.runningMs(now) <= this.parts.owner.slowMs)
      return this.#line.length > 1 || !head.started;
    this.parts.tick.add(this); // its START, once the END of the one before it is written
    const uncertain = head.inLine && !head.proven;
    if ((this.#line.length > 1 || uncertain) && !this.#recalling) this.#recall();
    return this.#telling.waits;
  }

  endOfTick(): void {
    // What is not told apart by invocation is told apart by time: then nothing new is begun before the old is over.
    if (!this.#telling.unsure) this.#tellRoom();
    if (!this.#hasPlenty) this.#flush();
    if (this.#line.length > 0) this.idleness.thaw();
    this.#telling.tell();
    this.#tellRoom();
    this.#telling.begin();
    this.log.flush();
  }

  /**
   * It has enough to do until its next answer comes, and then there will be more to write at once. What is held back is
   * in its line all the same: a recall, like everything else that is written, takes it along.
   */
  get #hasPlenty(): boolean {
    if (this.#unsent === 0 || this.#unsent >= HELD_BACK || this.#urgent) return false;
    return this.#line.length - this.#unsent >= PLENTY && !this.#recalling;
  }

  #flush(): void {
    this.#unsent = 0;
    this.#urgent = false;
    this.channel.flush();
  }

  // What it says: strangers' input ------------------------------------------------------------------------------

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
      this.channel.credit(call.number, taken);
      this.#urgent = true;
      this.parts.tick.add(this);
    });
  }

  ended(number: number, ended: Ended): void {
    const call = this.#running(number);
    if (!call) {
      this.violated("an answer to what it does not run");
      return;
    }
    const now = this.clock.monotonic();
    this.meter.sawMemory(ended.memory);
    const seen = now - (call.inLine ? call.sentAt : this.#line.headSince);
    const durationMs = durationWithin(ended.ms, seen, this.#line.length === 1 && !call.inLine);
    const { payload, failed } = ended;
    const entries = this.#telling.unsure ? undefined : ended.entries;
    this.#finish(call, { payload, failed, durationMs, entries, failure: undefined });
    this.parts.owner.handled(ended.ms);
  }

  returned(numbers: readonly number[]): void {
    if (!this.#recalling || this.state !== "ready") {
      this.violated("giving back what nobody asked for");
      return;
    }
    this.#recalling = false;
    this.parts.fence.lower();
    const calls = this.#line.take(new Set(numbers), this.clock.monotonic());
    if (this.#line.head) this.#line.head.proven = true;
    this.parts.tick.add(this);
    this.rests();
    if (calls.length > 0) this.parts.owner.returned(calls);
    this.parts.owner.room(this);
  }

  occupied(): void {
    this.#occupied = true;
  }

  settled(): void {
    this.#occupied = false;
    this.#roomToTell = true;
    this.parts.tick.add(this);
  }

  leaving(number: number): void {
    this.#leaving = number;
    this.closed();
  }

  takes(): void {
    this.violated("a capacity, where there is one at a time");
  }

  /** It takes invocations. */
  get #open(): boolean {
    const usable = this.state === "ready" && this.#leaving === undefined;
    return usable && !this.#recalling && !this.#occupied;
  }

  #running(number: number): Call | undefined {
    const { head } = this.#line;
    return head?.number === number && this.state === "ready" ? head : undefined;
  }

  // How it goes on, and how it ends -----------------------------------------------------------------------------

  #headStarts(): void {
    this.#ahead = 0;
    this.#deadline.set();
  }

  protected rests(): void {
    if (this.#line.length === 0) this.idleness.begins();
  }

  /** What is left of a time that began at `since`, where it counts at all. */
  #leftOf(ms: number, counts: boolean, since: number): number | undefined {
    return counts && this.state === "ready" ? since + ms - this.clock.monotonic() : undefined;
  }

  #recall(): void {
    this.#recalling = true;
    this.parts.fence.raise();
    this.channel.recall();
    this.#unsent = 0;
    // A handler that lets go of the event loop gives them back at once. One that does not cannot: but whatever it had
    // answered before it could see the fence has been read by then, so that what still stands behind the first one was
    // not started. See languages/bootstrap/fence.ts.
    afterPoll(() => {
      if (!this.#recalling) return;
      const behind = this.#line.cut();
      if (behind.length > 0) this.parts.owner.returned(behind);
    });
  }

  /** The first one is over. */
  #finish(call: Call, { durationMs, ...outcome }: Outcome): void {
    this.#line.shift(this.clock.monotonic());
    this.experienced = true;
    const report = this.meter.report(call, durationMs);
    this.#telling.add({ call, report, ...outcome });
    this.#roomToTell = true;
    if (this.#line.length > 0) this.#headStarts();
    else if (this.#occupied) this.rests(); // it may never say that it is free
    this.parts.tick.add(this);
  }

  #tellRoom(): void {
    if (!this.#roomToTell || this.#occupied) return;
    if (this.#telling.unsure && this.#telling.waits) return;
    this.#roomToTell = false;
    this.rests();
    this.parts.owner.room(this);
  }

  protected get head(): Call | undefined {
    return this.#line.head;
  }

  protected comesToEnd(now: number): void {
    this.#deadline.stop();
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
      const durationMs = this.verdict === "timeout" ? this.parts.timeoutMs : ran;
      this.#finish(head, { payload, failed: true, durationMs, failure, entries: undefined });
    }
    if (notStarted.length > 0) this.parts.owner.returned(notStarted);
    this.#telling.complete();
    this.endOfTick();
  }
}
