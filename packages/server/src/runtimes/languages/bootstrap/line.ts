/** The invocations that stand in line here: strictly one after another, each started once or given back, never both. */
import { Kind } from "../../wire/frames.ts";
import type { InvokeFrame } from "../../wire/invoke-frame.ts";
import type { Channel } from "./channel.ts";
import { fenceRaised } from "./fence.ts";

/** An invocation that runs; ended exactly once. */
export interface Running {
  readonly frame: InvokeFrame;
  /** Of performance.now(). */
  readonly startedAt: number;
  /** Nothing is left that could ever settle it. */
  emptyLoop(): void;
  /** What an uncaught error does to it. */
  fail(thrown: unknown): void;
  /** The platform took so many bytes of its stream. */
  grant(bytes: number): void;
}

/** Starts one; `ended` is called once it has been answered. */
export type Start = (frame: InvokeFrame, ended: () => void) => Running;

/** So long may invocations follow each other without a turn of the event loop. */
const BURST_MS = 1;

const NOTHING = new Uint8Array(0);

/** Runs them, in order. */
export class Line {
  readonly #channel: Channel;
  readonly #start: Start;
  #waiting: InvokeFrame[] = [];
  #running: Running | undefined;
  #call = 0;
  /** True while a handler that ended at once unwinds, so that the loop below goes on, not a recursion. */
  #starting = false;
  #closed = false;

  constructor(channel: Channel, start: Start) {
    this.#channel = channel;
    this.#start = start;
  }

  get running(): Running | undefined {
    return this.#running;
  }

  /** The number of the invocation that was started and is not over; 0 for none. */
  get call(): number {
    return this.#call;
  }

  add(frame: InvokeFrame): void {
    if (this.#closed) return;
    this.#waiting.push(frame);
    if (!this.#running && !this.#starting) this.#run();
  }

  /** Gives back what was not started. */
  recall(): void {
    const returned = Buffer.alloc(this.#waiting.length * 4);
    this.#waiting.forEach((frame, i) => {
      returned.writeUInt32LE(frame.call, i * 4);
    });
    this.#waiting = [];
    this.#channel.writer.frame(Kind.returned, 0, NOTHING, returned);
    this.#channel.writer.flush();
  }

  /** The platform took so many bytes of a stream. */
  grant(call: number, bytes: number): void {
    if (this.#running?.frame.call === call) this.#running.grant(bytes);
  }

  /** Nothing is left that could ever settle what runs. */
  emptyLoop(): void {
    this.#running?.emptyLoop();
  }

  /** Starts nothing any more: the process is about to end. Says which one ends with it. */
  leave(): void {
    this.close();
    this.#channel.writer.frame(Kind.leaving, this.#call, NOTHING, NOTHING);
    this.#channel.writer.flush();
  }

  /** An uncaught error ends what runs. */
  fail(thrown: unknown): void {
    this.#running?.fail(thrown);
  }

  /** Starts nothing any more: the process is about to end. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  #run(): void {
    this.#starting = true;
    const begun = performance.now();
    while (!this.#running) {
      const next = this.#waiting[0];
      // Behind the fence: a recall is on its way, and will take what waits.
      if (!next || (next.inLine && fenceRaised())) break;
      if (performance.now() - begun > BURST_MS) {
        setImmediate(() => {
          if (!this.#running && !this.#starting) this.#run();
        });
        break;
      }
      this.#waiting.shift();
      this.#channel.hold(false);
      this.#call = next.call;
      let ended = false;
      const running = this.#start(next, () => {
        ended = true;
        this.#ended();
      });
      if (!ended) this.#running = running;
    }
    this.#starting = false;
  }

  #ended(): void {
    this.#running = undefined;
    this.#call = 0;
    this.#channel.hold(true);
    if (!this.#starting) this.#run();
  }
}
