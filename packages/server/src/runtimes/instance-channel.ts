/** The platform's end of an instance's frames: what we say to it, and what it says, checked. */
import type { Duplex } from "node:stream";
import type { Call } from "./call.ts";
import { readFrames } from "./wire/frame-reader.ts";
import { FrameWriter } from "./wire/frame-writer.ts";
import { Kind, OUTCOME_BYTES, type Specialisation } from "./wire/frames.ts";
import { writeInvoke } from "./wire/invoke-frame.ts";

/** How an invocation ended, in the instance's own words. */
export interface Ended {
  /** How long the handler ran, in milliseconds. */
  readonly ms: number;
  /** The most memory it has held, in bytes; 0 where it does not say. */
  readonly memory: number;
  /** How many entries it has written to the log. */
  readonly entries: number;
  /** The response or the error object, as JSON; undefined where a stream ended well. */
  readonly payload: Buffer | undefined;
  readonly failed: boolean;
}

/** Who listens. Payloads are views of what was read. */
export interface ChannelListener {
  /** The process runs; it waits to be told what to become, or is about to be it. */
  booted(): void;
  /** The handler is loaded. */
  initialised(): void;
  initFailed(error: Buffer): void;
  /** It is about to end by itself; of all it has, only this one was started (0: none), or these, where it runs several. */
  leaving(number: number, started: readonly number[]): void;
  /** The numbers of the invocations that were not started. */
  returned(numbers: readonly number[]): void;
  streamStarted(number: number, contentType: string): void;
  streamChunk(number: number, bytes: Buffer): void;
  /** Behind the answer that follows it takes nothing before it is settled(). */
  occupied(): void;
  settled(): void;
  ended(number: number, ended: Ended): void;
  /** It takes so many invocations at once. */
  takes(invocations: number): void;
  /** The hooks that follow a restore have run; the error where one failed. */
  restored(error: Buffer | undefined): void;
  /** A piece of its compiled code; an empty one is the last. */
  gaveCode(bytes: Buffer): void;
  /** It says nothing any more. */
  closed(): void;
  /** It said something that has no meaning. */
  violated(what: string): void;
}

/** An error object may be this much longer than a response. */
const ERROR_BYTES = 64 * 1024;
const CONTENT_TYPE_BYTES = 1024;
const EMPTY = new Uint8Array(0);

/** Encodes and decodes; knows of no instance. */
export class InstanceChannel {
  readonly #stream: Duplex;
  readonly #writer: FrameWriter;
  readonly #listener: ChannelListener;

  /** `responseBytes`: the longest response that is taken. */
  constructor(stream: Duplex, responseBytes: number, listener: ChannelListener) {
    this.#stream = stream;
    this.#writer = new FrameWriter(stream);
    this.#listener = listener;
    readFrames(
      stream,
      responseBytes + ERROR_BYTES,
      (kind, number, payload) => this.#frame(kind, number, payload),
      (error) => {
        stream.destroy();
        listener.violated(error instanceof Error ? error.message : "no frame");
      },
    );
    stream.on("error", () => {}); // a write to a process that is gone; its exit says so
    stream.on("end", () => listener.closed());
  }

  /** Tells the generic process what to become. */
  specialise(told: Specialisation): void {
    this.#writer.frame(Kind.specialise, 0, EMPTY, Buffer.from(JSON.stringify(told)));
    this.flush();
  }

  /** Appends an invocation; goes out with the next flush. */
  invoke({ number, inLine, invocation }: Call): void {
    const { requestId, invokedFunctionArn, traceId, clientContext, payload } = invocation;
    const head = { requestId, invokedFunctionArn, traceId, clientContext, inLine };
    writeInvoke(this.#writer, number, head, payload);
  }

  /** Appends leave to send so many further bytes of a stream. */
  credit(number: number, bytes: number): void {
    const credit = Buffer.allocUnsafe(4);
    credit.writeUInt32LE(bytes);
    this.#writer.frame(Kind.credit, number, EMPTY, credit);
  }

  /** Asks for what was not started. */
  recall(): void {
    this.#writer.frame(Kind.recall, 0, EMPTY, EMPTY);
    this.flush();
  }

  /** Says that it is about to be used. */
  restore(): void {
    this.#writer.frame(Kind.restore, 0, EMPTY, EMPTY);
    this.flush();
  }

  /** Asks for what was compiled so far. */
  giveCode(): void {
    this.#writer.frame(Kind.giveCode, 0, EMPTY, EMPTY);
    this.flush();
  }

  /** Asks it to say goodbye and to end, for one of Lambda's reasons. */
  shutdown(reason: "SPINDOWN" | "TIMEOUT"): void {
    this.#writer.frame(Kind.shutdown, 0, EMPTY, Buffer.from(reason));
    this.flush();
  }

  flush(): void {
    this.#writer.flush();
  }

  close(): void {
    this.#stream.destroy();
  }

  #frame(kind: number, number: number, payload: Buffer): void {
    const listener = this.#listener;
    if (kind === Kind.result || kind === Kind.error || kind === Kind.streamEnd) {
      if (payload.length < OUTCOME_BYTES) listener.violated("an answer without its head");
      else listener.ended(number, readEnded(kind, payload));
    } else if (kind === Kind.streamChunk) listener.streamChunk(number, payload);
    else if (kind === Kind.streamStart) listener.streamStarted(number, contentType(payload));
    else if (kind === Kind.occupied) listener.occupied();
    else if (kind === Kind.settled) listener.settled();
    else if (kind === Kind.returned) listener.returned(readNumbers(payload));
    else if (kind === Kind.capacity) listener.takes(number);
    else if (kind === Kind.leaving) listener.leaving(number, readNumbers(payload));
    else if (kind === Kind.booted) listener.booted();
    else if (kind === Kind.initialised) listener.initialised();
    else if (kind === Kind.initFailed) listener.initFailed(payload);
    else if (kind === Kind.restored) listener.restored(payload.length > 0 ? payload : undefined);
    else if (kind === Kind.code) listener.gaveCode(payload);
    else listener.violated(`a frame of kind ${kind}`);
  }
}

function readEnded(kind: number, payload: Buffer): Ended {
  const body = payload.subarray(OUTCOME_BYTES);
  return {
    ms: payload.readUInt32LE(0) / 1000,
    memory: payload.readUInt32LE(4) * 1024,
    entries: payload.readUInt32LE(8),
    payload: kind === Kind.streamEnd && body.length === 0 ? undefined : body,
    failed: kind === Kind.error || (kind === Kind.streamEnd && body.length > 0),
  };
}

function readNumbers(payload: Buffer): number[] {
  const numbers: number[] = [];
  for (let at = 0; at + 4 <= payload.length; at += 4) numbers.push(payload.readUInt32LE(at));
  return numbers;
}

/** What the handler declared, without what no header may have. */
const contentType = (payload: Buffer): string =>
  payload.toString("latin1", 0, CONTENT_TYPE_BYTES).replace(/[^\t\x20-\x7e]/g, "") ||
  "application/octet-stream";
