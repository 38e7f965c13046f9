/** Pages of listings, changes that collide, and requests that come twice. */
import { createHash } from "node:crypto";
import { type Page, pageOfRecords } from "../../ports/record-pages.ts";
import type { Records } from "../../ports/records.ts";
import { retried as retriedUnless } from "../../ports/retried.ts";
import { invalid, scheduleError } from "./errors.ts";
import type { RequestMark } from "./model.ts";

export interface PageRequest {
  readonly maxResults?: number | undefined;
  readonly token?: string | undefined;
}

/** Scheduler: MaxResults is 1 to 100, and 100 where it is absent. */
const MAX_PAGE = 100;

/** The records of a space that fit, one page of them, in order of id. @throws YunqueError where the token is none. */
export function pageOf<T>(
  records: Records,
  space: string,
  { maxResults = MAX_PAGE, token }: PageRequest,
  search: { readonly prefix?: string; readonly fits: (value: T) => boolean },
): Promise<Page<T>> {
  const badToken = () => invalid("Invalid NextToken.");
  return pageOfRecords(records, space, { limit: maxResults, token, badToken, ...search });
}

/** Runs a step that reads, decides and commits, again where somebody else committed first. */
export const retried = <Result>(step: () => Promise<Result>): Promise<Result> =>
  retriedUnless(step, () =>
    scheduleError("ScheduleContended", "The resource is being changed by other requests."),
  );

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
