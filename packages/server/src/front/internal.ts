/** The front door for our own workers: what they do not serve themselves comes here, over a Unix socket. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { listen } from "../http/listen.ts";
import { type Front, type Route, refuse } from "./front.ts";

/** In which a worker says who the client is. Clients' own ones never get here. */
export const PEER_HEADER = "x-yunque-peer";

/** More than the workers' own doors let in, which have checked them; and the header above. */
const MAX_HEADER_BYTES = 128 * 1024;
/** How often a stop looks for connections whose last answer was sent. */
const SWEEP_MS = 20;

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
  const dispatch = (request: IncomingMessage, response: ServerResponse): void => {
    try {
      restorePeer(request);
      if (!routes.some((route) => route(request, response))) refuse(response, 404);
    } catch (error) {
      onDefect(error);
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    }
  };
  server.on("request", dispatch);
  server.on("checkContinue", dispatch);
  await listen(server, { path });
  return { close: (graceMs) => close(server, graceMs) };
}

function close(server: Server, graceMs: number): Promise<void> {
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

/** Routes see the address of the client, not that of the worker. One request at a time uses a connection. */
function restorePeer(request: IncomingMessage): void {
  const value = request.headers[PEER_HEADER];
  delete request.headers[PEER_HEADER];
  const { rawHeaders } = request;
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name === PEER_HEADER);
  if (at >= 0) rawHeaders.splice(at, 2);
  Object.defineProperty(request.socket, "remoteAddress", { value, configurable: true });
}
