/** A language's own program, which speaks the platform's frames: it believes that we are the platform. */
import type { Duplex } from "node:stream";
import { readFrames } from "../../../wire/frame-reader.ts";
import { FrameWriter } from "../../../wire/frame-writer.ts";
import { Kind, OUTCOME_BYTES, type Specialisation } from "../../../wire/frames.ts";
import { writeInvoke } from "../../../wire/invoke-frame.ts";
import type { Invocation, Measured } from "./invocation.ts";
import type { Worker } from "./worker.ts";

/** Whom it tells what happens. */
export interface FramedHost {
  readonly changed: () => void;
  readonly initFailed: (error: Uint8Array, errorType: string) => void;
  readonly restoreFailed: (error: Uint8Array, errorType: string) => void;
  /** It takes so many invocations at once. */
  readonly takes: (invocations: number) => void;
  /** It is about to end. */
  readonly leaving: () => void;
  /** It said what has no meaning. */
  readonly violated: () => void;
}

const NOTHING = new Uint8Array(0);
/** An error object may be this much longer than a response. */
const ERROR_BYTES = 64 * 1024;

export class FramedWorker implements Worker {
  readonly #host: FramedHost;
  readonly #told: Specialisation;
  readonly #writer: FrameWriter;
  #initialised = false;
  #restored: boolean;
  /** What it runs, by number. */
  readonly #running = new Map<number, Invocation>();

  constructor(channel: Duplex, told: Specialisation, host: FramedHost) {
    this.#host = host;
    this.#told = told;
    this.#restored = !told.snapStart;
    this.#writer = new FrameWriter(channel);
    readFrames(
      channel,
      told.responseBytes + ERROR_BYTES,
      (kind, call, payload) => this.#frame(kind, call, payload),
      () => {
        channel.destroy();
        host.violated();
      },
    );
    channel.on("error", () => {}); // its exit says so
  }

  get ready(): boolean {
    return this.#initialised && (this.#told.concurrency > 1 || this.#running.size === 0);
  }

  get idle(): boolean {
    return this.ready && this.#restored;
  }

  restore(): void {
    this.#say(Kind.restore, NOTHING);
  }

  invoke(invocation: Invocation): void {
    const { frame } = invocation;
    this.#running.set(frame.call, invocation);
    // Whoever stands in line stands in ours: it has no more than it may run, and never gives one back.
    writeInvoke(this.#writer, frame.call, { ...frame, inLine: false }, frame.event);
    this.#writer.flush();
    invocation.granted = (bytes) => {
      const credit = Buffer.allocUnsafe(4);
      credit.writeUInt32LE(bytes);
      this.#writer.frame(Kind.credit, frame.call, NOTHING, credit);
      this.#writer.flush();
    };
  }

  #say(kind: number, body: Uint8Array): void {
    this.#writer.frame(kind, 0, NOTHING, body);
    this.#writer.flush();
  }

  #frame(kind: number, call: number, payload: Buffer): void {
    const host = this.#host;
    if (kind === Kind.booted) this.#say(Kind.specialise, Buffer.from(JSON.stringify(this.#told)));
    else if (kind === Kind.initialised) {
      this.#initialised = true;
      host.changed();
    } else if (kind === Kind.initFailed) host.initFailed(Buffer.from(payload), typeOf(payload));
    else if (kind === Kind.capacity) host.takes(call);
    else if (kind === Kind.leaving) host.leaving();
    else if (kind === Kind.restored && payload.length === 0) {
      this.#restored = true;
      host.changed();
    } else if (kind === Kind.restored) host.restoreFailed(Buffer.from(payload), typeOf(payload));
    else this.#answer(kind, call, payload);
  }

  #answer(kind: number, call: number, payload: Buffer): void {
    const invocation = this.#running.get(call);
    if (!invocation) {
      this.#host.violated();
      return;
    }
    if (kind === Kind.streamStart) {
      invocation.responds();
      invocation.streamStart(payload.toString("latin1"));
    } else if (kind === Kind.streamChunk) invocation.streamChunk(payload);
    else if (payload.length < OUTCOME_BYTES) this.#host.violated();
    else {
      this.#running.delete(call);
      if (invocation.respondingAt === 0) invocation.responds();
      void end(invocation, kind, payload);
      this.#host.changed();
    }
  }
}

function end(invocation: Invocation, kind: number, payload: Buffer): Promise<void> {
  const measured: Measured = {
    ms: payload.readUInt32LE(0) / 1000,
    peakKiB: payload.readUInt32LE(4),
  };
  const body = payload.subarray(OUTCOME_BYTES);
  const type = typeOf(body);
  if (kind === Kind.result) return invocation.result(body, measured);
  if (kind === Kind.error) return invocation.error(body, type, measured);
  return invocation.streamEnd(body.length > 0 ? { body, type } : undefined, measured);
}

/** The type that an error object names. */
const typeOf = (error: Buffer): string =>
  /"errorType":\s*"([\w.]{1,100})"/.exec(error.toString("latin1", 0, 512))?.[1] ??
  "Runtime.Unknown";
