/** HTTP/2 by Node.js, with the routes of HTTP/1.1: where TLS chose it, or where a client begins with its preface. */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  createServer,
  type Http2ServerRequest,
  Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { Socket } from "node:net";

export interface Http2Options {
  readonly serve: (request: IncomingMessage, response: ServerResponse) => void;
  readonly maxHeaderBytes: number;
  /** A session without a request is closed after so long. */
  readonly idleMs: number;
}

/** What every client of HTTP/2 begins with (RFC 9113, 3.4); no method of HTTP/1.1 begins so. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Whether a connection that begins with these bytes speaks HTTP/2. Three of them tell. */
export function beginsHttp2(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, PREFACE.length);
  return length >= 3 && PREFACE.subarray(0, length).equals(bytes.subarray(0, length));
}

/** Requests of one session that may be under way. */
const MAX_STREAMS = 100;

/** Its types promise a `destroyed` that it does not have. */
const NodeResponse = Http2ServerResponse as unknown as new () => Pick<
  Http2ServerResponse,
  "stream"
>;

/** An answer as the routes know it from HTTP/1.1. */
class Response extends NodeResponse {
  /** The client went away, or has its answer. */
  get destroyed(): boolean {
    return this.stream.destroyed;
  }
}

/** Serves the connections that it is given; listens nowhere. */
export class Http2Front {
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #server;

  constructor({ serve, maxHeaderBytes, idleMs }: Http2Options) {
    this.#server = createServer({
      Http2ServerResponse: Response as never,
      settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: maxHeaderBytes },
    });
    this.#server.on("session", (session) => {
      this.#sessions.add(session);
      session.setTimeout(idleMs, () => session.close());
      session.on("close", () => this.#sessions.delete(session));
    });
    const listener = (request: Http2ServerRequest, response: Http2ServerResponse): void =>
      serve(request as never, response as never);
    this.#server.on("request", listener);
    this.#server.on("checkContinue", listener);
  }

  accept(socket: Socket): void {
    this.#server.emit("connection", socket);
  }

  /** Lets requests finish; takes no new ones. */
  close(): void {
    for (const session of this.#sessions) session.close();
  }
}
