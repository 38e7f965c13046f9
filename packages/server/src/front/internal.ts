/** The front door for our own workers: what they do not serve themselves comes here, over a Unix socket. */
import { createServer, type IncomingMessage } from "node:http";
import { listen } from "../http/listen.ts";
import type { Front } from "./front.ts";
import { closeServer, dispatcher, type Route } from "./serving.ts";

/** In which a worker says who the client is. Clients' own ones never get here. */
export const PEER_HEADER = "x-yunque-peer";

/** More than the workers' own doors let in, which have checked them; and the header above. */
const MAX_HEADER_BYTES = 128 * 1024;

/** Listens and serves. Rejects with the system's error where it cannot. The directory of the socket keeps others out. */
export async function openInternalFront(
  path: string,
  routes: readonly Route[],
  onDefect: (error: unknown) => void,
): Promise<Pick<Front, "close">> {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: 0, // a 5 GB upload may take its time
    keepAliveTimeout: 0, // the worker ends connections, so that no request meets one that is just closed
  });
  const dispatch = dispatcher(routes, restorePeer, onDefect);
  server.on("request", dispatch);
  server.on("checkContinue", dispatch);
  await listen(server, { path });
  const idle = () => server.closeIdleConnections();
  const cut = () => server.closeAllConnections();
  return { close: (graceMs) => closeServer(server, graceMs, idle, cut) };
}

/** Routes see the address of the client, not that of the worker. One request at a time uses a connection. */
function restorePeer(request: IncomingMessage): undefined {
  const value = request.headers[PEER_HEADER];
  delete request.headers[PEER_HEADER];
  const { rawHeaders } = request;
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name === PEER_HEADER);
  if (at >= 0) rawHeaders.splice(at, 2);
  Object.defineProperty(request.socket, "remoteAddress", { value, configurable: true });
}
