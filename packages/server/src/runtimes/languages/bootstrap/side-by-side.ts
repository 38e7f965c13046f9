/** Invocations that run here at the same time: each is started as it comes. The counterpart of line.ts. */
import { Kind } from "../../wire/frames.ts";
import type { InvokeFrame } from "../../wire/invoke-frame.ts";
import type { Channel } from "./channel.ts";
import type { Running, Start } from "./line.ts";

const NOTHING = new Uint8Array(0);
/** It is being started; nothing can befall it yet. */
const NOT_YET: Pick<Running, "emptyLoop" | "fail" | "grant"> = {
  emptyLoop() {},
  fail() {},
  grant() {},
};

/** Runs them. How many there are at once the platform decides. */
export class SideBySide {
  readonly #channel: Channel;
  readonly #start: Start;
  readonly #takeBack: () => readonly number[];
  readonly #running = new Map<number, Pick<Running, "emptyLoop" | "fail" | "grant">>();
  /** Why the channel keeps the process alive: for its own sake, and for streams that wait for credit. */
  #holds = 1;
  #closed = false;

  /**
   * `takeBack` ends those that were handed to somebody who has not begun with them, and answers their numbers. `startFor` makes what starts an invocation; the channel that it gets counts who holds the process.
   */
  constructor(
    channel: Channel,
    startFor: (channel: Channel) => Start,
    takeBack: () => readonly number[] = () => [],
  ) {
    this.#channel = channel;
    this.#takeBack = takeBack;
    this.#start = startFor({ ...channel, hold: (alive) => this.#hold(alive) });
  }

  add(frame: InvokeFrame): void {
    if (this.#closed) return;
    if (this.#running.size === 0) this.#hold(false);
    const { call } = frame;
    this.#running.set(call, NOT_YET);
    const running = this.#start(frame, () => {
      this.#running.delete(call);
      if (this.#running.size === 0) this.#hold(true);
    });
    if (this.#running.has(call)) this.#running.set(call, running);
  }

  /** Gives back what nobody has begun with. */
  recall(): void {
    this.#numbers(Kind.returned, this.#takeBack());
  }

  /** The platform took so many bytes of a stream. */
  grant(call: number, bytes: number): void {
    this.#running.get(call)?.grant(bytes);
  }

  /** Nothing is left that could ever settle any of them. */
  emptyLoop(): void {
    for (const running of [...this.#running.values()]) running.emptyLoop();
  }

  /** Starts nothing any more: the process is about to end. */
  close(): void {
    this.#closed = true;
  }

  /** The same, and says which ones end with it. */
  leave(): void {
    this.close();
    this.#numbers(Kind.leaving, [...this.#running.keys()]);
  }

  /** An uncaught error ends this one; whose it was nobody knows where `call` is absent. */
  fail(thrown: unknown, call: number | undefined): void {
    if (call !== undefined) this.#running.get(call)?.fail(thrown);
  }

  #numbers(kind: number, calls: readonly number[]): void {
    const numbers = Buffer.alloc(calls.length * 4);
    for (const [i, call] of calls.entries()) numbers.writeUInt32LE(call, i * 4);
    this.#channel.writer.frame(kind, 0, NOTHING, numbers);
    this.#channel.writer.flush();
  }

  #hold(alive: boolean): void {
    this.#holds += alive ? 1 : -1;
    this.#channel.hold(this.#holds > 0);
  }
}
