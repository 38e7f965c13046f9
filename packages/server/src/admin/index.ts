/** The platform's own JSON API under `/_yunque/`, for the CLI, the console and whoever watches over it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { guard } from "./guard.ts";
import { Problem } from "./problem.ts";
import { type AnyRoute, sendJson, serve } from "./router.ts";
import type { AdminSources } from "./routes.ts";

export type { CostReport, Coverage, Health, Instances, LogLine } from "./api.ts";
export type { LogReader, LogRecord } from "./log-lines.ts";
export type { AdminSources } from "./routes.ts";

export interface Admin {
  /** Answers whether the request is the admin API's; then it is served, whatever happens. */
  route(request: IncomingMessage, response: ServerResponse): boolean;
  /** Ends the answers that would go on for ever. */
  close(): void;
}

/** @param onDefect told of errors that are ours; the client learns no more than that there was one. */
export function createAdmin(sources: AdminSources, onDefect: (error: unknown) => void): Admin {
  let routes: Promise<AnyRoute[]> | undefined;
  const stopping = new AbortController();
  return {
    route(request, response) {
      // What Prometheus asks for, but not who signs: that is somebody's bucket called metrics.
      if (request.url === "/metrics" && !/^AWS4-/.test(request.headers.authorization ?? ""))
        request.url = "/_yunque/metrics";
      if (!/^\/_yunque(\/|\?|$)/.test(request.url ?? "")) return false;
      answer(request, response).catch((error) => fail(response, error));
      return true;
    },
    close: () => stopping.abort(),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume(); // whatever a client sends along is not ours to keep
    const caller = guard(request, sources.token);
    routes ??= loadRoutes(sources);
    await serve(await routes, request, response, { caller, stopping: stopping.signal });
  }

  function fail(response: ServerResponse, error: unknown): void {
    if (!(error instanceof Problem)) onDefect(error);
    if (response.headersSent) return void response.destroy();
    const { status, code, message } =
      error instanceof Problem ? error : new Problem(500, "InternalError", "The platform failed.");
    if (status === 401) response.setHeader("www-authenticate", "Bearer");
    sendJson(response, status, { error: { code, message } });
  }
}

/** The routes and their schemas are made when the first request comes: the platform's start does not wait for them. */
async function loadRoutes(sources: AdminSources): Promise<AnyRoute[]> {
  const { adminRoutes } = await import("./routes.ts");
  return adminRoutes(sources);
}
