/** The front door: one listener and a readable list of routes. The first route that claims a request serves it. */
import { createServer, type IncomingMessage, type Server, type ServerOptions } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { DirectRoute } from "../aws/routes/direct.ts";
import { listen } from "../http/listen.ts";
import type { Clock } from "../ports/clock.ts";
import { FastFront } from "./fast/index.ts";
import { settleHost } from "./host.ts";
import { beginsHttp2, Http2Front } from "./http2.ts";
import { overNode } from "./node-direct.ts";
import { closeServer, dispatcher, type Route } from "./serving.ts";

export interface FrontOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Asked first, in this order: for them the fast front end was made. */
  readonly direct: readonly DirectRoute[];
  readonly routes: readonly Route[];
  /** Whether plain requests for direct routes are read by our own parser. */
  readonly fast: boolean;
  /** Connections that may be open; more are closed at once. */
  readonly connections: number;
  /** Speaks HTTPS with this chain and key, both in PEM. */
  readonly tls?: TlsIdentity | undefined;
  /** Others of our processes listen on the port, too, and share its connections. */
  readonly reusePort?: boolean;
  readonly clock: Clock;
  /** Told of what a route threw, which it must not: its request fails, and no other. */
  readonly onDefect: (error: unknown) => void;
}

export interface TlsIdentity {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface Front {
  /** `http://HOST:PORT` or `https://HOST:PORT`, with the port that was really bound. */
  readonly origin: string;
  /** Takes no new requests, lets those under way finish for at most `graceMs`, then cuts. */
  close(graceMs: number): Promise<void>;
  /** New connections get this certificate. @throws where it is none; the one before stays. */
  renew(tls: TlsIdentity): void;
}

/** AWS's own front ends allow about 10 KB of headers; S3 metadata and presigned URLs fit well within 32. */
const MAX_HEADER_BYTES = 32 * 1024;
/** Time for a client to send its headers: slow ones are cut, slow bodies are the routes' business. */
const HEADERS_TIMEOUT_MS = 30_000;
/** SDKs keep connections for some seconds; a longer time here avoids resets under their feet. */
const KEEP_ALIVE_MS = 75_000;

/** Listens and serves. Rejects with the system's error (`EADDRINUSE`, ...) where it cannot. */
export async function openFront(options: FrontOptions): Promise<Front> {
  const { host, port, reusePort = false, direct, clock, tls, onDefect } = options;
  const routes = [...direct.map(overNode), ...options.routes];
  const server = createHttpServer(tls);
  server.maxConnections = options.connections;
  let authority = "";
  let closing = false;
  const admit = (request: IncomingMessage): number | undefined => {
    if (closing) return 503;
    return settleHost(request, authority) ? undefined : 400;
  };
  const dispatch = dispatcher(routes, admit, onDefect);
  server.on("request", dispatch);
  // A client that asks first is told to go on by the route that reads its body, or refused before it sends.
  server.on("checkContinue", dispatch);
  const http2 = new Http2Front({
    serve: dispatch,
    maxHeaderBytes: MAX_HEADER_BYTES,
    idleMs: KEEP_ALIVE_MS,
  });
  const serveByNode = takeConnections(server, tls ? "secureConnection" : "connection", (socket) => {
    if ((socket as { alpnProtocol?: unknown }).alpnProtocol === "h2") http2.accept(socket);
    else fast.accept(socket);
  });
  const fast = new FastFront({
    routes: options.fast ? direct : [],
    clock,
    onDefect,
    handOver(socket, bytes, fresh) {
      socket.pause();
      if (bytes.length > 0) socket.unshift(bytes);
      if (fresh && beginsHttp2(bytes)) http2.accept(socket);
      else {
        serveByNode(socket);
        socket.resume();
      }
    },
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await listen(server, { host, port, reusePort });
  const { address, family, port: bound } = server.address() as AddressInfo;
  authority = `${family === "IPv6" ? `[${address}]` : address}:${bound}`;
  const closeIdle = () => {
    server.closeIdleConnections();
    fast.close();
    http2.close();
  };
  return {
    origin: `${tls ? "https" : "http"}://${authority}`,
    renew(identity) {
      if ("setSecureContext" in server) server.setSecureContext(identity);
    },
    async close(graceMs) {
      closing = true;
      await closeServer(server, graceMs, closeIdle, () => {
        for (const socket of sockets) socket.destroy();
      });
      fast.stop();
    },
  };
}

function createHttpServer(tls: TlsIdentity | undefined): Server | TlsServer {
  const options: ServerOptions = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: 0, // a 5 GB upload may take its time
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
  };
  if (tls === undefined) return createServer(options);
  const ALPNProtocols = ["h2", "http/1.1"];
  return createTlsServer({
    ...options,
    ...tls,
    ALPNProtocols,
    handshakeTimeout: HEADERS_TIMEOUT_MS,
  });
}

/** Puts this listener in the place of Node.js's own for new connections; answers what calls that one. */
function takeConnections(
  server: Server | TlsServer,
  event: "connection" | "secureConnection",
  listener: (socket: Socket) => void,
): (socket: Socket) => void {
  const own = server.listeners(event);
  server.removeAllListeners(event);
  server.on(event, listener);
  return (socket) => {
    for (const serve of own) Reflect.apply(serve, server, [socket]);
  };
}
