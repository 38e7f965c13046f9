/** Pages of listings, and changes that collide. */
import { openToken as openedToken, type Page, pageOfRecords } from "../../ports/record-pages.ts";
import type { Records } from "../../ports/records.ts";
import { retried as retriedUnless } from "../../ports/retried.ts";
import { invalid, logError } from "./errors.ts";

export { type Page, sealToken } from "../../ports/record-pages.ts";

export interface PageRequest {
  readonly limit?: number | undefined;
  readonly token?: string | undefined;
}

const MAX_ATTEMPTS = 50;

/** The records of a space that fit, one page of them, in order of id. @throws YunqueError where the token is none. */
export function pageOf<T>(
  records: Pick<Records, "list">,
  space: string,
  { limit = 50, token }: PageRequest,
  search: { prefix?: string; fits?: (value: T) => boolean } = {},
): Promise<Page<T>> {
  return pageOfRecords(records, space, { limit, token, badToken: invalidToken, ...search });
}

export const invalidToken = () => invalid("The specified nextToken is invalid.");

/** The place that a token of the same listing names; none: the beginning. */
export const openToken = (listing: string, token: string | undefined): string =>
  openedToken(listing, token, invalidToken) ?? "";

/** Repeats what collided with other changes. */
export const retried = <Result>(step: () => Promise<Result>): Promise<Result> =>
  retriedUnless(
    step,
    () =>
      logError(
        "LogResourceContended",
        "Multiple concurrent requests to update the same resource were in conflict.",
      ),
    MAX_ATTEMPTS,
  );
