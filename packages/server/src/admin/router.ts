/** Finds the route of a request, checks what it was given, and writes what it answers. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { z } from "zod";
import { type guard, unauthorised } from "./guard.ts";
import { Problem } from "./problem.ts";

/** One path of the admin API. All of them read: GET and HEAD alone are served. */
export interface AdminRoute<Query = never> {
  /** `/_yunque/functions/{name}/logs` */
  readonly path: string;
  readonly summary: string;
  /** A strict object of the query's parameters, each parsed from its text. */
  readonly query: z.ZodType<Query>;
  /** Of the answer, or of each line where `lines` is set. */
  readonly answer: z.ZodType;
  /** The answer is an AsyncIterable, written as NDJSON while it comes. */
  readonly lines?: boolean;
  /** The answer is a text of this type, not JSON. */
  readonly text?: string;
  /** Answers everybody, and tells those without the token less. */
  readonly open?: boolean;
  handle(call: AdminCall<Query>): unknown;
}

export interface AdminCall<Query> {
  /** What stands in the place of `{name}`. */
  readonly name: string;
  readonly query: Query;
  readonly caller: Caller;
  /** Aborts when the client goes away or the platform stops. */
  readonly signal: AbortSignal;
}

/** Whether who asks holds the token. */
export type Caller = ReturnType<typeof guard>;

/** A route whose query type no longer matters to those who hold it. */
export type AnyRoute = AdminRoute<never>;

/** Holds a route's handler against its query's schema. */
export function adminRoute<Query>(route: AdminRoute<Query>): AnyRoute {
  return route as unknown as AnyRoute;
}

/** Serves the request by the route of its path. Never rejects: what goes wrong is an answer. */
export async function serve(
  routes: readonly AnyRoute[],
  request: IncomingMessage,
  response: ServerResponse,
  { caller, stopping }: { readonly caller: Caller; readonly stopping: AbortSignal },
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const [path = "", search = ""] = (request.url ?? "").split(/\?(.*)/s, 2);
  const { route, name } = find(routes, path, caller);
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    throw new Problem(405, "MethodNotAllowed", "The admin API only reads: GET and HEAD.");
  }
  const query = parseQuery(route, search);
  const signal = AbortSignal.any([gone.signal, stopping]);
  const answer = await route.handle({ name, query, caller, signal });
  if (route.lines && request.method === "GET")
    await sendLines(response, answer as AsyncIterable<unknown>, signal);
  else if (route.lines) response.writeHead(200, LINES_HEADERS).end();
  else if (route.text) sendWhole(response, 200, route.text, String(answer));
  else sendJson(response, 200, answer);
}

/** Writes one JSON document; HEAD's answer has no body, which node:http sees to. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendWhole(response, status, "application/json", `${JSON.stringify(value, null, 2)}\n`);
}

function sendWhole(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    ...COMMON_HEADERS,
    "content-type": type,
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

const COMMON_HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
const LINES_HEADERS = { ...COMMON_HEADERS, "content-type": "application/x-ndjson" };

/** Who does not hold the token learns not even which paths there are. */
function find(
  routes: readonly AnyRoute[],
  path: string,
  caller: Caller,
): { route: AnyRoute; name: string } {
  for (const route of routes) {
    if (caller === "anybody" && !route.open) continue;
    const [before = "", after] = route.path.split("{name}");
    if (after === undefined ? path === route.path : encloses(path, before, after))
      return { route, name: after === undefined ? "" : nameIn(path, before, after) };
  }
  if (caller === "anybody") throw unauthorised();
  throw new Problem(404, "NoSuchPath", "No such path; /_yunque/openapi.json lists all of them.");
}

function encloses(path: string, before: string, after: string): boolean {
  if (!path.startsWith(before) || !path.endsWith(after)) return false;
  const name = path.slice(before.length, path.length - after.length);
  return name !== "" && path.length > before.length + after.length && !name.includes("/");
}

function nameIn(path: string, before: string, after: string): string {
  try {
    return decodeURIComponent(path.slice(before.length, path.length - after.length));
  } catch {
    throw new Problem(400, "BadPath", "The path is not percent-encoded UTF-8.");
  }
}

function parseQuery(route: AnyRoute, search: string): never {
  const given = Object.fromEntries(new URLSearchParams(search));
  const parsed = route.query.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => [...path, message].join(": "));
  throw new Problem(400, "BadQuery", issues.join("; "));
}

async function sendLines(
  response: ServerResponse,
  lines: AsyncIterable<unknown>,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, LINES_HEADERS);
  response.flushHeaders();
  for await (const line of lines) {
    if (signal.aborted) break;
    if (!response.write(`${JSON.stringify(line)}\n`)) await drained(response, signal);
  }
  response.end();
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done);
    signal.addEventListener("abort", done, { once: true });
  });
}
