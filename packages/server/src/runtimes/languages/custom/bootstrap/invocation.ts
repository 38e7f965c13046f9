/** The invocation that runs: from its event to the answer that the platform gets. */
import { Kind, OUTCOME_BYTES } from "../../../wire/frames.ts";
import type { InvokeFrame } from "../../../wire/invoke-frame.ts";
import type { Channel } from "../../bootstrap/channel.ts";
import type { Running } from "../../bootstrap/line.ts";
import type { Output } from "./output.ts";

/** What an invocation needs of the instance. */
export interface InvocationHost {
  readonly channel: Channel;
  readonly output: Output;
  /** The most memory that the runtime has held, in KiB. */
  readonly peakKiB: () => number;
  /** Others run at the same time: the instance is not its own when it is answered, nor is what was written. */
  readonly shared: boolean;
  /** It has been answered. */
  readonly answered: (invocation: Invocation) => void;
}

/** What a runtime of ours says itself of how it ran. */
export interface Measured {
  readonly ms: number;
  /** 0: not told. */
  readonly peakKiB: number;
}

/** How a stream failed. */
export interface StreamError {
  /** The error object as JSON. */
  readonly body: Uint8Array;
  readonly type: string;
}

const NOTHING = new Uint8Array(0);
/** More entries than there are: the platform reads whatever there is before it tells the caller. */
const UNCOUNTED = 0xffff_ffff;
/** What runs shorter does not tell its memory: to ask costs more than it can have used. */
const TELLING_MS = 1;

/** Ended exactly once, by the first of result(), error() and streamEnd(). */
export class Invocation implements Running {
  readonly frame: InvokeFrame;
  readonly startedAt = performance.now();
  /** Milliseconds since the epoch. */
  readonly deadlineMs: number;
  /** How it went, for the telemetry. */
  outcome: { readonly status: "success" | "error"; readonly errorType?: string } | undefined;
  durationMs = 0;
  producedBytes = 0;
  /** When the runtime began to answer, and how long that took. */
  respondingAt = 0;
  /** The platform has its answer. */
  answered = false;
  /** The platform took so many bytes of its stream; set by whoever streams. */
  granted: (bytes: number) => void = () => {};
  readonly #host: InvocationHost;
  #ending = false;

  constructor(frame: InvokeFrame, timeoutMs: number, host: InvocationHost) {
    this.frame = frame;
    this.deadlineMs = Date.now() + timeoutMs;
    this.#host = host;
  }

  result(body: Uint8Array, measured?: Measured): Promise<void> {
    this.producedBytes = body.length;
    return this.#end(Kind.result, body, { status: "success" }, measured);
  }

  /** `body`: the error object as JSON. */
  error(body: Uint8Array, errorType: string, measured?: Measured): Promise<void> {
    return this.#end(Kind.error, body, { status: "error", errorType }, measured);
  }

  streamStart(contentType: string): void {
    this.#frame(Kind.streamStart, Buffer.from(contentType));
  }

  streamChunk(bytes: Uint8Array): void {
    this.producedBytes += bytes.length;
    this.#frame(Kind.streamChunk, bytes);
  }

  streamEnd(error?: StreamError, measured?: Measured): Promise<void> {
    if (!error) return this.#end(Kind.streamEnd, NOTHING, { status: "success" }, measured);
    const outcome = { status: "error", errorType: error.type } as const;
    return this.#end(Kind.streamEnd, error.body, outcome, measured);
  }

  /** The runtime has begun to answer. */
  responds(): void {
    this.respondingAt = performance.now();
  }

  grant(bytes: number): void {
    this.granted(bytes);
  }

  // It is the runtime's process whose end decides, not ours.
  emptyLoop(): void {}
  fail(): void {}

  #frame(kind: number, body: Uint8Array): void {
    const { writer } = this.#host.channel;
    writer.frame(kind, this.frame.call, NOTHING, body);
    writer.flush();
  }

  async #end(
    kind: number,
    body: Uint8Array,
    outcome: NonNullable<Invocation["outcome"]>,
    measured?: Measured,
  ): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.outcome = outcome;
    this.durationMs = measured?.ms ?? performance.now() - this.startedAt;
    const { channel, output, peakKiB, shared, answered } = this.#host;
    await output.settle();
    const head = Buffer.alloc(OUTCOME_BYTES);
    head.writeUInt32LE(Math.min(0xffff_ffff, Math.round(this.durationMs * 1000)), 0);
    const told = measured?.peakKiB ?? (this.durationMs < TELLING_MS ? 0 : peakKiB());
    head.writeUInt32LE(told, 4);
    head.writeUInt32LE(shared ? UNCOUNTED : output.entries, 8);
    if (!shared) channel.writer.frame(Kind.occupied, 0, NOTHING, NOTHING);
    channel.writer.frame(kind, this.frame.call, head, body);
    channel.writer.flush();
    this.answered = true;
    answered(this);
  }
}

/** An error object, as JSON. */
export const errorObject = (errorType: string, errorMessage: string): Buffer =>
  Buffer.from(JSON.stringify({ errorType, errorMessage }));
