/** The HTTP server behind AWS_LAMBDA_RUNTIME_API: on 127.0.0.1, for the function's own processes. */
import type { IncomingMessage } from "node:http";
import { type AddressInfo, createServer as createDoor } from "node:net";
import { listen } from "../../../../http/listen.ts";
import type { ApiResponse } from "./api-answers.ts";
import { type DirectApi, DirectConnection } from "./direct-connection.ts";
import type { PeerCheck } from "./peers.ts";

/** Takes a request whose path it knows. */
export type Route = (request: IncomingMessage, response: ApiResponse) => void;

/** What answers where: "GET /2018-06-01/runtime/invocation/next", with `*` for one part of a path. */
export type Routes = Readonly<Record<string, Route>>;

/** Headers may carry the error cause for X-Ray, at most 1 MB of JSON. */
const HEADER_BYTES = 1024 * 1024 + 64 * 1024;
/** An instance has at most 1,024 open files. */
const MOST_CONNECTIONS = 512;

/** Listens; answers `127.0.0.1:PORT`. */
export async function openApi(
  routes: Routes,
  direct: DirectApi,
  isOurs: PeerCheck,
): Promise<string> {
  // Not imported: it would be read before the platform knows that we run.
  const { createServer } = process.getBuiltinModule("node:http");
  const server = createServer({ maxHeaderSize: HEADER_BYTES, requestTimeout: 0, noDelay: true });
  // A runtime is silent as long as its handler runs, and its connection must still be there afterwards.
  server.keepAliveTimeout = 0;
  server.headersTimeout = 0;
  server.on("clientError", (_error, socket) => socket.destroy());
  server.on("request", (request, response) => {
    request.on("error", () => {}); // its end is told as "close"
    response.on("error", () => {});
    const route = find(routes, request);
    if (route) route(request, response);
    else notFound(response);
  });
  const door = createDoor({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const { remotePort = 0, localPort = 0 } = socket;
    if (isOurs(remotePort, localPort))
      new DirectConnection(socket, direct, (odd) => server.emit("connection", odd));
    else socket.destroy();
  });
  door.maxConnections = MOST_CONNECTIONS;
  await listen(door, { host: "127.0.0.1", port: 0 });
  return `127.0.0.1:${(door.address() as AddressInfo).port}`;
}

/** Says that there is no such path here. */
export function notFound(response: ApiResponse): void {
  response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" });
  response.end("404 page not found\n");
}

/** Lambda's own server does not mind a slash at the end. */
function find(routes: Routes, { method, url = "" }: IncomingMessage): Route | undefined {
  const path = url.split("?", 1)[0]?.replace(/\/$/, "") ?? "";
  const plain = `${method} ${path}`;
  if (Object.hasOwn(routes, plain)) return routes[plain];
  const pattern = plain.replace(/(\/invocation\/)[^/]+(\/)/, "$1*$2");
  return Object.hasOwn(routes, pattern) ? routes[pattern] : undefined;
}
