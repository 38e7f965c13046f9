/** Pages of listings, changes that collide, and requests that come twice. */
import { createHash } from "node:crypto";
import { type Listed, RecordConflict, type Records } from "../../ports/records.ts";
import { invalid, scheduleError } from "./errors.ts";
import type { RequestMark } from "./model.ts";

export interface PageRequest {
  readonly maxResults?: number | undefined;
  readonly token?: string | undefined;
}

/** A page; `token` where more follow. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly token?: string;
}

/** Scheduler: MaxResults is 1 to 100, and 100 where it is absent. */
const MAX_PAGE = 100;
const SCAN = 1000;

/** The records of a space that fit, one page of them, in order of id. @throws YunqueError where the token is none. */
export async function pageOf<T>(
  records: Records,
  space: string,
  { maxResults = MAX_PAGE, token }: PageRequest,
  { prefix = "", fits }: { readonly prefix?: string; readonly fits: (value: T) => boolean },
): Promise<Page<T>> {
  const found: Listed<T>[] = [];
  let after = openToken(space, token);
  while (found.length <= maxResults) {
    const page = await records.list<T>(space, { prefix, after, limit: SCAN });
    found.push(...page.filter(({ value }) => fits(value)));
    const last = page.at(-1);
    if (page.length < SCAN || last === undefined) break;
    after = last.id;
  }
  const items = found.slice(0, maxResults);
  const last = items.at(-1);
  return {
    items: items.map(({ value }) => value),
    ...(found.length > items.length && last ? { token: sealToken(space, last.id) } : {}),
  };
}

const sealToken = (space: string, id: string): string =>
  Buffer.from(JSON.stringify([space, id]), "utf8").toString("base64url");

function openToken(space: string, token: string | undefined): string {
  if (token === undefined) return "";
  try {
    const [of, id] = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (of === space && typeof id === "string" && sealToken(space, id) === token) return id;
  } catch {
    // no token of ours
  }
  throw invalid("Invalid NextToken.");
}

/** So many changes of one record that collide in a row: the caller tries again later. */
const MAX_ATTEMPTS = 20;

/** Runs a step that reads, decides and commits, again where somebody else committed first. */
export async function retried<Result>(step: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++)
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof RecordConflict)) throw error;
      if (attempt === MAX_ATTEMPTS)
        throw scheduleError(
          "ScheduleContended",
          "The resource is being changed by other requests.",
        );
    }
}

/** What a record keeps of the request that made it; nothing where that has no token. */
export const markOf = (
  token: string | undefined,
  request: unknown,
): { readonly request: RequestMark } | Record<never, never> =>
  token === undefined ? {} : { request: { token, digest: digestOf(request) } };

/** Whether this is the same request once more: the same token, and the same that is asked for. */
export const isRepeated = (
  mark: RequestMark | undefined,
  token: string | undefined,
  request: unknown,
): boolean => mark !== undefined && mark.token === token && mark.digest === digestOf(request);

const digestOf = (request: unknown): string =>
  createHash("sha256").update(JSON.stringify(request)).digest("base64url");
