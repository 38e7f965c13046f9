/**
 * One connection to the Runtime API. The two requests that every invocation takes, in their plain form, are read and
 * answered here, for a third of what Node.js's own server takes; as soon as anything else comes, the connection is
 * handed over to that, with every byte that was not answered.
 */
import type { Socket } from "node:net";
import { Gathered } from "../../../../http/gathered.ts";
import { HeadReader, MORE, ODD } from "../../../../http/head.ts";
import type { ApiResponse } from "./api-answers.ts";

/** What is asked for here. */
export interface DirectApi {
  /** Bytes that a response may have. */
  readonly responseBytes: number;
  next(response: ApiResponse): void;
  respond(requestId: string, body: Buffer | "truncated", response: ApiResponse): void;
}

const NEXT = "/2018-06-01/runtime/invocation/next";
const RESPONSE = /^\/2018-06-01\/runtime\/invocation\/([\w-]{1,64})\/response$/;
/** Says that the response comes in pieces. */
const MODE = "lambda-runtime-function-response-mode";
const MOST_HEAD_BYTES = 16 * 1024;
/** So much may come while an answer is awaited. */
const MOST_AHEAD_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

export class DirectConnection {
  readonly #socket: Socket;
  readonly #api: DirectApi;
  readonly #handOver: (socket: Socket) => void;
  readonly #head: HeadReader;
  #rest: Buffer = NOTHING;
  /** Whose response's body is under way. */
  #responding: string | undefined;
  #body: Gathered | undefined;
  /** An answer is awaited. */
  #awaited: Answer | undefined;

  /** `handOver` serves the connection from here on; what was not answered is the first that it reads. */
  constructor(socket: Socket, api: DirectApi, handOver: (socket: Socket) => void) {
    this.#socket = socket;
    this.#api = api;
    this.#handOver = handOver;
    this.#head = new HeadReader(socket);
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("close", this.#onClose);
    socket.on("error", ignore); // "close" follows
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    if (!this.#awaited) this.#read();
    else if (this.#rest.length > MOST_AHEAD_BYTES) this.#socket.pause();
  };

  readonly #onEnd = (): void => {
    this.#cutOff();
    this.#socket.end();
  };

  readonly #onClose = (): void => {
    this.#cutOff();
    this.#awaited?.gone();
  };

  /** What is left of a response's body does not come. */
  #cutOff(): void {
    if (!this.#body) return;
    this.#body = undefined;
    const id = this.#responding as string;
    this.#answer((answer) => this.#api.respond(id, "truncated", answer));
  }

  #read(): void {
    while (!this.#awaited && this.#rest.length > 0) {
      const understood = this.#body ? this.#readBody(this.#body) : this.#readHead();
      if (!understood) return;
    }
  }

  /** False where more is needed, or somebody else reads from here on. */
  #readHead(): boolean {
    const head = this.#head;
    const end = head.read(this.#rest, 0);
    if (end === MORE && this.#rest.length <= MOST_HEAD_BYTES) return false;
    const isNext = head.method === "GET" && head.target === NEXT && head.length === 0;
    const id = head.method === "POST" ? RESPONSE.exec(head.target)?.[1] : undefined;
    const responds = id !== undefined && head.length <= this.#api.responseBytes;
    if (end === ODD || end === MORE || !(isNext || (responds && head.header(MODE) === undefined))) {
      this.#leave();
      return false;
    }
    this.#rest = this.#rest.subarray(end);
    if (isNext) this.#answer((answer) => this.#api.next(answer));
    else {
      this.#responding = id;
      this.#body = new Gathered(head.length);
      this.#readBody(this.#body);
    }
    return true;
  }

  #readBody(body: Gathered): boolean {
    this.#rest = this.#rest.subarray(body.take(this.#rest, 0));
    if (!body.complete) return false;
    this.#body = undefined;
    const id = this.#responding as string;
    this.#answer((answer) => this.#api.respond(id, body.bytes, answer));
    return true;
  }

  #answer(ask: (answer: Answer) => void): void {
    const answer = new Answer(this.#socket, !this.#head.keepAlive, () => {
      this.#awaited = undefined;
      if (this.#socket.isPaused()) this.#socket.resume();
      this.#read();
    });
    this.#awaited = answer;
    ask(answer);
  }

  #leave(): void {
    const socket = this.#socket;
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("close", this.#onClose);
    socket.off("error", ignore);
    socket.pause();
    socket.unshift(this.#rest);
    this.#rest = NOTHING;
    this.#handOver(socket);
    socket.resume();
  }
}

/** One answer, written in one piece. */
class Answer implements ApiResponse {
  readonly #socket: Socket;
  readonly #last: boolean;
  readonly #sent: () => void;
  #head = "";
  #sized = false;
  #gone = ignore;

  /** `last`: the client wants no other. */
  constructor(socket: Socket, last: boolean, sent: () => void) {
    this.#socket = socket;
    this.#last = last;
    this.#sent = sent;
  }

  writeHead(status: number, headers: Readonly<Record<string, string | number>> = {}): this {
    // Not imported: it would be read before the platform knows that we run.
    const { STATUS_CODES } = process.getBuiltinModule("node:http");
    this.#head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
    this.#sized = "Content-Length" in headers;
    for (const [name, value] of Object.entries(headers)) this.#head += `${name}: ${value}\r\n`;
    return this;
  }

  end(body: Uint8Array | string = NOTHING): void {
    const bytes =
      typeof body === "string"
        ? Buffer.from(body)
        : Buffer.from(body.buffer, body.byteOffset, body.length);
    if (!this.#sized) this.#head += `Content-Length: ${bytes.length}\r\n`;
    if (this.#last) this.#head += "Connection: close\r\n";
    const head = Buffer.from(`${this.#head}\r\n`, "latin1");
    this.#socket.write(Buffer.concat([head, bytes]));
    if (this.#last) this.#socket.end();
    this.#sent();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  once(_event: "close", listener: () => void): void {
    this.#gone = listener;
  }

  /** The client is no longer there. */
  gone(): void {
    this.#gone();
  }
}

const ignore = (): void => {};
