/** Asks the admin API of the platform. */
import type { CostReport, Coverage, LogLine } from "@yunque/server/admin";
import { Failure } from "./failure.ts";
import { hungUp, notRunning, notYunque, type Target } from "./target.ts";

/** @throws Failure where there is no platform, or it refuses. */
export async function readServices(target: Target): Promise<readonly Coverage[]> {
  const response = await ask(target, "/_yunque/services");
  return ((await response.json()) as { services: Coverage[] }).services;
}

/** What functions cost since a time. @throws Failure where there is no platform, or it refuses. */
export async function readCost(
  target: Target,
  { from, by }: { readonly from: number; readonly by: string },
): Promise<CostReport> {
  const search = new URLSearchParams({ from: String(from), by });
  return (await (await ask(target, `/_yunque/cost?${search}`)).json()) as CostReport;
}

/** Whose lines are read. */
export type LogSource = { readonly function: string } | { readonly group: string };

/** Yields the lines of a function or of a log group; with `follow` until the signal aborts. */
export async function* readLogs(
  target: Target,
  source: LogSource,
  query: { readonly since?: number | undefined; readonly limit: number; readonly follow: boolean },
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const search = new URLSearchParams({ limit: String(query.limit), follow: String(query.follow) });
  if (query.since !== undefined) search.set("since", String(query.since));
  const path =
    "group" in source
      ? `log-groups/${encodeURIComponent(source.group)}/lines`
      : `functions/${encodeURIComponent(source.function)}/logs`;
  const { body } = await ask(target, `/_yunque/${path}?${search}`, signal);
  let rest = "";
  for await (const text of textOf(body, target)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as LogLine;
  }
}

async function* textOf(body: Response["body"], target: Target): AsyncGenerator<string> {
  try {
    yield* body?.pipeThrough(new TextDecoderStream()) ?? [];
  } catch {
    throw hungUp(target);
  }
}

async function ask(target: Target, path: string, signal?: AbortSignal): Promise<Response> {
  const headers = target.token === undefined ? {} : { authorization: `Bearer ${target.token}` };
  let response: Response;
  try {
    response = await fetch(`${target.origin}${path}`, { headers, ...(signal ? { signal } : {}) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw notRunning(target);
  }
  if (response.ok) return response;
  throw await explain(response, target);
}

async function explain(response: Response, target: Target): Promise<Failure> {
  try {
    const { error } = JSON.parse(await response.text()) as { error: { message: string } };
    if (response.status !== 401) return new Failure(error.message);
    return new Failure(
      `the platform at ${target.origin} asks for ${target.token === undefined ? "its token" : "another token"}`,
      "Set YUNQUE_ADMIN_TOKEN to the platform's adminToken, or to what is in admin-token in its data directory.",
    );
  } catch {
    return notYunque(target);
  }
}
