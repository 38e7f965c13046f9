import type { Socket } from "node:net";
import type { Deployment } from "../domain/deployment.ts";
import type { Invocation } from "../domain/invocation.ts";
import { ExecutorError } from "../ports/executor.ts";
import type { Reply } from "../runtimes/call.ts";
import { Tick } from "../runtimes/tick.ts";
import { readFrames } from "../runtimes/wire/frame-reader.ts";
import { FrameWriter } from "../runtimes/wire/frame-writer.ts";
import { nextNumber } from "../runtimes/wire/frames.ts";
import { receivedError, type SentError } from "./errors.ts";
import {
  LINK_FRAME_BYTES,
  LINK_WINDOW,
  LinkKind,
  readEnd,
  type SentEnd,
  writeInvocation,
} from "./link-frames.ts";

/** Deployments that are named by a number at a time. */
const MOST_DEPLOYMENTS = 10_000;
/** What the other end has not taken may be so much; then invocations are refused. */
const MAX_BACKLOG_BYTES = 128 * 2 ** 20;
const NOTHING = new Uint8Array(0);

interface LinkCall {
  readonly reply: Reply;
  /** A stream has begun: it can only be ended. */
  begun: boolean;
  /** Bytes that were taken and not credited yet. */
  taken: number;
  /** Ends to listen to the caller. */
  readonly deaf: () => void;
}

/** The calling end of one connection: numbers calls, writes what a turn of the event loop brings at once. */
export class LinkConnection {
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #calls = new Map<number, LinkCall>();
  readonly #errands = new Map<number, PromiseWithResolvers<void>>();
  readonly #deployments = new Map<string, number>();
  readonly #tick = new Tick();
  #lastNumber = 0;
  #lastDeployment = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#writer = new FrameWriter(socket);
    readFrames(
      socket,
      LINK_FRAME_BYTES,
      (kind, number, payload) => this.#received(kind, number, payload),
      () => this.close(),
    );
    socket.on("error", () => this.close());
    socket.on("end", () => this.close());
    socket.on("close", () => this.close());
  }

  get usable(): boolean {
    return !this.#socket.destroyed;
  }

  begin(
    deployment: Deployment,
    invocation: Invocation,
    qualifier: string | undefined,
    reply: Reply,
    streamed: boolean,
  ): void {
    const { signal } = invocation;
    const refusal = this.#refusal(signal);
    if (refusal !== undefined) {
      reply.refuse(refusal);
      return;
    }
    const number = this.#nextNumber();
    const abort = () => this.#send(LinkKind.abort, number, NOTHING);
    signal?.addEventListener("abort", abort, { once: true });
    const deaf = () => signal?.removeEventListener("abort", abort);
    this.#calls.set(number, { reply, begun: false, taken: 0, deaf });
    const kind = streamed ? LinkKind.stream : LinkKind.invoke;
    const known = this.#numberOf(deployment);
    writeInvocation(this.#writer, kind, number, known, invocation, qualifier);
    this.#tick.add(this);
  }

  /** @throws what the home threw; ExecutorError where it is gone */
  errand(name: string, ...words: unknown[]): Promise<void> {
    const done = Promise.withResolvers<void>();
    if (!this.usable) return Promise.reject(workerEnded());
    const number = this.#nextNumber();
    this.#errands.set(number, done);
    this.#send(LinkKind.errand, number, Buffer.from(JSON.stringify([name, ...words])));
    return done.promise;
  }

  /** What is under way fails. */
  close(): void {
    this.#socket.destroy();
    for (const { reply, begun, deaf } of this.#calls.values()) {
      deaf();
      if (begun) end(reply, BROKEN);
      else reply.refuse(workerEnded());
    }
    this.#calls.clear();
    for (const done of this.#errands.values()) done.reject(workerEnded());
    this.#errands.clear();
  }

  endOfTick(): void {
    if (this.usable) this.#writer.flush();
  }

  #refusal(signal: AbortSignal | undefined): unknown {
    if (!this.usable) return workerEnded();
    if (signal?.aborted) return signal.reason;
    if (this.#socket.writableLength <= MAX_BACKLOG_BYTES) return undefined;
    return new ExecutorError(
      "throttled",
      "too much waits for the worker",
      "ConcurrentInvocationLimitExceeded",
    );
  }

  #received(kind: number, number: number, payload: Buffer): void {
    const call = this.#calls.get(number);
    if (kind === LinkKind.result || kind === LinkKind.end) {
      this.#calls.delete(number);
      call?.deaf();
      if (call) end(call.reply, readEnd(payload));
    } else if (kind === LinkKind.chunk)
      call?.reply.chunk(payload, (bytes) => this.#taken(number, call, bytes));
    else if (kind === LinkKind.begin) {
      if (call) call.begun = true;
      call?.reply.begin(payload.toString());
    } else if (kind === LinkKind.refused) {
      this.#calls.delete(number);
      call?.deaf();
      const error = receivedError(JSON.parse(payload.toString()) as SentError);
      call?.reply.refuse(error);
      this.#errands.get(number)?.reject(error);
      this.#errands.delete(number);
    } else if (kind === LinkKind.done) {
      this.#errands.get(number)?.resolve();
      this.#errands.delete(number);
    } else throw new Error(`a frame of kind ${kind}`);
  }

  #taken(number: number, call: LinkCall, bytes: number): void {
    call.taken += bytes;
    if (call.taken < LINK_WINDOW / 2 || !this.#calls.has(number)) return;
    const credit = Buffer.allocUnsafe(4);
    credit.writeUInt32LE(call.taken);
    call.taken = 0;
    this.#send(LinkKind.credit, number, credit);
  }

  /** By which number the other end knows it; told now where it does not. */
  #numberOf(deployment: Deployment): number {
    const known = this.#deployments.get(deployment.id);
    if (known !== undefined) return known;
    const [oldest] = this.#deployments.size >= MOST_DEPLOYMENTS ? this.#deployments : [];
    if (oldest !== undefined) {
      this.#deployments.delete(oldest[0]);
      this.#send(LinkKind.drop, oldest[1], NOTHING);
    }
    const number = ++this.#lastDeployment;
    this.#deployments.set(deployment.id, number);
    this.#send(LinkKind.define, number, Buffer.from(JSON.stringify(deployment)));
    return number;
  }

  #send(kind: number, number: number, payload: Uint8Array): void {
    if (!this.usable) return;
    this.#writer.frame(kind, number, NOTHING, payload);
    this.#tick.add(this);
  }

  #nextNumber(): number {
    this.#lastNumber = nextNumber(this.#lastNumber);
    return this.#lastNumber;
  }
}

const workerEnded = (): ExecutorError =>
  new ExecutorError("internal", "the worker that ran it has ended");

/** How a stream ends whose worker is gone. */
const BROKEN: SentEnd = {
  failed: true,
  report: { durationMs: 0, billedMs: 0, maxMemoryMB: 0, queuedMs: 0 },
  tail: NOTHING,
  payload: Buffer.from(
    JSON.stringify({
      errorType: "Runtime.Unknown",
      errorMessage: "the worker that ran it has ended",
    }),
  ),
};

const end = (reply: Reply, { failed, report, tail, payload }: SentEnd): void =>
  reply.finish({ failed, report, payload, tail: { bytes: () => tail } });
