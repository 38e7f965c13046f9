/** The front door: one HTTP listener and a readable list of routes. The first route that claims a request serves it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, ListenOptions, Server as NetServer } from "node:net";
import { settleHost } from "./host.ts";

/** Answers whether the request is this route's. A route that claims one answers it, whatever happens. */
export type Route = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface Front {
  /** `http://HOST:PORT`, with the port that was really bound. */
  readonly origin: string;
  /** Takes no new requests, lets those under way finish for at most `graceMs`, then cuts. */
  close(graceMs: number): Promise<void>;
}

/** AWS's own front ends allow about 10 KB of headers; S3 metadata and presigned URLs fit well within 32. */
const MAX_HEADER_BYTES = 32 * 1024;
/** Time for a client to send its headers: slow ones are cut, slow bodies are the routes' business. */
const HEADERS_TIMEOUT_MS = 30_000;
/** SDKs keep connections for some seconds; a longer time here avoids resets under their feet. */
const KEEP_ALIVE_MS = 75_000;
/** How often a stop looks for connections whose last answer was sent: their clients would keep them. */
const SWEEP_MS = 20;

/**
 * Listens and serves. Rejects with the system's error (`EADDRINUSE`, ...) where it cannot.
 * @param port 0 for any free one.
 * @param options `reusePort`: others of our processes listen on it, too, and share its connections.
 * @param onDefect told of what a route threw, which it must not: its request fails, and no other.
 */
export async function openFront(
  host: string,
  port: number,
  routes: readonly Route[],
  onDefect: (error: unknown) => void,
  { reusePort = false }: { readonly reusePort?: boolean } = {},
): Promise<Front> {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: 0, // a 5 GB upload may take its time
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
  });
  let authority = "";
  let closing = false;
  const dispatch = (request: IncomingMessage, response: ServerResponse): void => {
    try {
      if (closing) refuse(response, 503);
      else if (!settleHost(request, authority)) refuse(response, 400);
      else if (!routes.some((route) => route(request, response))) refuse(response, 404);
    } catch (error) {
      onDefect(error);
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    }
  };
  server.on("request", dispatch);
  // A client that asks first is told to go on by the route that reads its body, or refused before it sends.
  server.on("checkContinue", dispatch);
  await listen(server, { host, port, reusePort });
  const { address, family, port: bound } = server.address() as AddressInfo;
  authority = `${family === "IPv6" ? `[${address}]` : address}:${bound}`;
  return {
    origin: `http://${authority}`,
    close(graceMs) {
      closing = true;
      return close(server, graceMs);
    },
  };
}

/** What no route answers. The connection goes, too: a body may still be under way. */
export function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { connection: "close", "content-length": 0 }).end();
}

export function listen(server: NetServer, at: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

export function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(sweep);
      resolve();
    });
    server.closeIdleConnections();
  });
}
