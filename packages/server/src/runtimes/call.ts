/** One invocation on its way through the runtimes, from its acceptance to its answer. */
import type { Invocation, InvocationReport } from "../domain/invocation.ts";
import type { LogLine } from "../ports/logs.ts";
import type { Permit } from "../scaling/index.ts";
import { LogTail } from "./output/log-tail.ts";

/** How a handler's answer reaches the caller. */
export interface Reply {
  /** A streamed response begins. */
  begin(contentType: string): void;
  /** Bytes of a streamed response; `taken` is told as the caller takes them. */
  chunk(bytes: Uint8Array, taken: (bytes: number) => void): void;
  /** The invocation is over; nothing comes afterwards. */
  finish(answer: Answer): void;
  /** No instance could be had. */
  refuse(error: unknown): void;
}

/** How an invocation ended. */
export interface Answer {
  /** What the handler returned, or the error object as JSON; undefined where a stream ended well. */
  readonly payload: Uint8Array | undefined;
  readonly failed: boolean;
  readonly report: InvocationReport;
  readonly tail: Pick<LogTail, "bytes">;
}

/** What is known of an invocation that is under way. */
export class Call {
  /** On the wire to the instance; never 0. */
  readonly number: number;
  readonly invocation: Invocation;
  readonly reply: Reply;
  /** Monotonic milliseconds, as all times here. */
  readonly acceptedAt: number;
  readonly tail = new LogTail();
  /** When it was handed to an instance. */
  sentAt = 0;
  /** It was put behind others: that it stands first does not prove that it was started. */
  inLine = false;
  /** It is certain that it was started, though it was put behind others: all that was not has been given back. */
  proven = false;
  /** Its START line is written. */
  started = false;
  /** Instances that had it, and ended before they began with it. */
  endings = 0;
  /** It has begun to stream. */
  streaming = false;
  /** Entries of `console` that have been read. */
  entries = 0;
  /** Lines that came while another invocation stood before it. */
  held: LogLine[] | undefined;

  readonly #permit: Permit;
  readonly #over: () => void;

  /** `permit` is given back, and `over` is called once it has been answered, or refused. */
  constructor(
    number: number,
    invocation: Invocation,
    reply: Reply,
    acceptedAt: number,
    permit: Permit,
    over: () => void,
  ) {
    this.number = number;
    this.invocation = invocation;
    this.reply = reply;
    this.acceptedAt = acceptedAt;
    this.#permit = permit;
    this.#over = over;
  }

  finish(answer: Answer): void {
    this.#leave();
    this.reply.finish(answer);
  }

  refuse(error: unknown): void {
    this.#leave();
    this.reply.refuse(error);
  }

  #leave(): void {
    this.#permit.give();
    this.#over();
  }

  /** Nobody waits for it any more. */
  get abandoned(): boolean {
    return this.invocation.abandoned ?? this.invocation.signal?.aborted === true;
  }
}
