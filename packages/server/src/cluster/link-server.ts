/** The home's end of the links: whoever connects has invocations run here. */
import { createServer, type Socket } from "node:net";
import type { Deployment } from "../domain/deployment.ts";
import type { Invocation } from "../domain/invocation.ts";
import { listen } from "../http/listen.ts";
import { Tick } from "../runtimes/tick.ts";
import { readFrames } from "../runtimes/wire/frame-reader.ts";
import { FrameWriter } from "../runtimes/wire/frame-writer.ts";
import { sentError } from "./errors.ts";
import type { Home } from "./link.ts";
import {
  LINK_FRAME_BYTES,
  LINK_WINDOW,
  LinkKind,
  readInvocation,
  type SentInvocation,
  writeEnd,
} from "./link-frames.ts";

/** Frames of a stream are at most so long. */
const CHUNK_BYTES = 256 * 1024;
const NOTHING = new Uint8Array(0);

export interface LinkServer {
  /** Cuts every connection. */
  close(): void;
}

/**
 * Listens on a Unix socket; its directory keeps strangers out. Rejects with the system's error where it cannot.
 * @param onDefect told of frames that make no sense: their connection ends.
 */
export async function serveLinks(
  path: string,
  home: Home,
  onDefect: (error: unknown) => void,
): Promise<LinkServer> {
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
    new ServedConnection(socket, home, onDefect);
  });
  await listen(server, { path });
  return {
    close() {
      server.close();
      for (const socket of connections) socket.destroy();
    },
  };
}

class ServedConnection {
  readonly #socket: Socket;
  readonly #home: Home;
  readonly #writer: FrameWriter;
  readonly #tick = new Tick();
  readonly #deployments = new Map<number, Deployment>();
  readonly #calls = new Map<number, ServedCall>();

  constructor(socket: Socket, home: Home, onDefect: (error: unknown) => void) {
    this.#socket = socket;
    this.#home = home;
    this.#writer = new FrameWriter(socket);
    readFrames(
      socket,
      LINK_FRAME_BYTES,
      (kind, number, payload) => this.#received(kind, number, payload),
      (error) => {
        onDefect(error);
        socket.destroy();
      },
    );
    socket.on("error", () => {}); // its close follows
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      for (const call of this.#calls.values()) call.abort();
    });
  }

  endOfTick(): void {
    if (!this.#socket.destroyed) this.#writer.flush();
  }

  #received(kind: number, number: number, payload: Buffer): void {
    if (kind === LinkKind.invoke) void this.#invoke(number, readInvocation(payload));
    else if (kind === LinkKind.stream) void this.#stream(number, readInvocation(payload));
    else if (kind === LinkKind.credit) this.#calls.get(number)?.credit(payload.readUInt32LE(0));
    else if (kind === LinkKind.abort) this.#calls.get(number)?.abort();
    else if (kind === LinkKind.define)
      this.#deployments.set(number, JSON.parse(payload.toString()) as Deployment);
    else if (kind === LinkKind.drop) this.#deployments.delete(number);
    else if (kind === LinkKind.errand) void this.#errand(number, JSON.parse(payload.toString()));
    else throw new Error(`a frame of kind ${kind}`);
  }

  async #invoke(number: number, sent: SentInvocation): Promise<void> {
    const call = this.#begin(number, sent);
    try {
      const result = await this.#home.invoke(this.#deployment(sent), call, sent.qualifier);
      const { functionError, report, payload } = result;
      const tail = sent.wantsLog === true ? result.logTail : NOTHING;
      this.#end(LinkKind.result, number, functionError !== undefined, report, tail, payload);
    } catch (error) {
      this.#refuse(number, error);
    }
  }

  async #stream(number: number, sent: SentInvocation): Promise<void> {
    const call = this.#begin(number, sent);
    try {
      const { contentType, body, completion } = await this.#home.stream(
        this.#deployment(sent),
        call,
        sent.qualifier,
      );
      this.#send(LinkKind.begin, number, Buffer.from(contentType));
      for await (const bytes of body) {
        for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
          const piece = bytes.subarray(at, at + CHUNK_BYTES);
          this.#send(LinkKind.chunk, number, piece);
          await call.spend(piece.length);
        }
        if (call.abandoned) break; // what is not taken to its end is thrown away
      }
      const { errorCode, errorDetails = "", report, logTail } = await completion;
      const error = errorCode === undefined ? undefined : Buffer.from(errorDetails);
      this.#end(LinkKind.end, number, errorCode !== undefined, report, logTail, error);
    } catch (error) {
      this.#refuse(number, error);
    }
  }

  async #errand(number: number, [name, word]: [keyof Home, never]): Promise<void> {
    try {
      if (name !== "initialise" && name !== "expect" && name !== "retire")
        throw new Error(`no errand ${name}`);
      await this.#home[name](word);
      this.#send(LinkKind.done, number, NOTHING);
    } catch (error) {
      this.#send(LinkKind.refused, number, Buffer.from(JSON.stringify(sentError(error))));
    }
  }

  #begin(number: number, sent: SentInvocation): ServedCall {
    const call = new ServedCall(sent);
    this.#calls.set(number, call);
    return call;
  }

  #deployment({ deployment }: SentInvocation): Deployment {
    const found = this.#deployments.get(deployment);
    if (found === undefined) throw new Error("a deployment that was not defined");
    return found;
  }

  #end(
    kind: number,
    number: number,
    failed: boolean,
    report: Parameters<typeof writeEnd>[3]["report"],
    tail: Uint8Array,
    payload: Uint8Array | undefined,
  ): void {
    this.#calls.delete(number);
    if (this.#socket.destroyed) return;
    writeEnd(this.#writer, kind, number, { failed, report, tail, payload });
    this.#tick.add(this);
  }

  #refuse(number: number, error: unknown): void {
    this.#calls.delete(number);
    this.#send(LinkKind.refused, number, Buffer.from(JSON.stringify(sentError(error))));
  }

  #send(kind: number, number: number, payload: Uint8Array): void {
    if (this.#socket.destroyed) return;
    this.#writer.frame(kind, number, NOTHING, payload);
    this.#tick.add(this);
  }
}

/** An invocation that came over a link, and what its stream may still send. */
class ServedCall implements Invocation {
  readonly requestId: string;
  readonly kind: Invocation["kind"];
  readonly payload: Uint8Array;
  readonly invokedFunctionArn: string;
  readonly traceId: string;
  readonly clientContext?: string;
  readonly wantsLog?: boolean;
  abandoned = false;
  /** Made for who asks. */
  #controller: AbortController | undefined;
  #window = LINK_WINDOW;
  #wake: (() => void) | undefined;

  constructor(sent: SentInvocation) {
    this.requestId = sent.requestId;
    this.kind = sent.kind;
    this.payload = sent.payload;
    this.invokedFunctionArn = sent.invokedFunctionArn;
    this.traceId = sent.traceId;
    if (sent.clientContext !== undefined) this.clientContext = sent.clientContext;
    if (sent.wantsLog !== undefined) this.wantsLog = sent.wantsLog;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.abandoned) this.#controller.abort();
    return this.#controller.signal;
  }

  abort(): void {
    this.abandoned = true;
    this.#controller?.abort();
    this.#wake?.();
  }

  credit(bytes: number): void {
    this.#window += bytes;
    this.#wake?.();
  }

  /** Takes so many bytes off the window; resolves once there is room for more, or nobody waits any more. */
  async spend(bytes: number): Promise<void> {
    this.#window -= bytes;
    while (this.#window <= 0 && !this.abandoned)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }
}
