/** What every door of the platform does alike: the first route that claims a request serves it, and a stop lets those under way finish. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";

/** Answers whether the request is this route's. A route that claims one answers it, whatever happens. */
export type Route = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Serves requests. A route that throws, which it must not, fails its own request and no other. `admit` answers the status
 * that a request is refused with, if it is.
 */
export function dispatcher(
  routes: readonly Route[],
  admit: (request: IncomingMessage) => number | undefined,
  onDefect: (error: unknown) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    try {
      const refused = admit(request);
      if (refused !== undefined) refuse(response, refused);
      else if (!routes.some((route) => route(request, response))) refuse(response, 404);
    } catch (error) {
      onDefect(error);
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    }
  };
}

/** What no route answers. The connection goes, too: a body may still be under way. */
export function refuse(response: ServerResponse, status: number): void {
  const connection = response.req.httpVersionMajor === 1 ? { connection: "close" } : {};
  response.writeHead(status, { ...connection, "content-length": 0 }).end();
}

/** How often a stop looks for connections whose last answer was sent: their clients would keep them. */
const SWEEP_MS = 20;

/** Resolves once the last connection is closed: `idle` ends those without a request, `cut` all of them after `graceMs`. */
export function closeServer(
  server: Pick<Server, "close">,
  graceMs: number,
  idle: () => void,
  cut: () => void,
): Promise<void> {
  return new Promise((resolve) => {
    const cutting = setTimeout(cut, graceMs);
    const sweep = setInterval(idle, SWEEP_MS);
    server.close(() => {
      clearTimeout(cutting);
      clearInterval(sweep);
      resolve();
    });
    idle();
  });
}
