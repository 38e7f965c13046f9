/** Pages of listings, and changes that collide. */
import { type Listed, RecordConflict, type Records } from "../../ports/records.ts";
import { invalid, logError } from "./errors.ts";

export interface PageRequest {
  readonly limit?: number | undefined;
  readonly token?: string | undefined;
}

/** A page; `token` where more follow. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly token?: string;
}

const SCAN = 1000;
const MAX_ATTEMPTS = 50;

/** The records of a space that fit, one page of them, in order of id. @throws YunqueError where the token is none. */
export async function pageOf<T>(
  records: Pick<Records, "list">,
  space: string,
  { limit = 50, token }: PageRequest,
  { prefix = "", fits = () => true }: { prefix?: string; fits?: (value: T) => boolean } = {},
): Promise<Page<T>> {
  const found: Listed<T>[] = [];
  let after = openToken(space, token);
  while (found.length <= limit) {
    const page = await records.list<T>(space, { prefix, after, limit: SCAN });
    found.push(...page.filter(({ value }) => fits(value)));
    const last = page.at(-1);
    if (page.length < SCAN || last === undefined) break;
    after = last.id;
  }
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(({ value }) => value),
    ...(found.length > items.length && last ? { token: sealToken(space, last.id) } : {}),
  };
}

export const sealToken = (space: string, place: string): string =>
  Buffer.from(JSON.stringify([space, place]), "utf8").toString("base64url");

export const invalidToken = () => invalid("The specified nextToken is invalid.");

/** The place that a token of the same listing names; none: the beginning. */
export function openToken(space: string, token: string | undefined): string {
  if (token === undefined) return "";
  try {
    const [of, place] = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (of === space && typeof place === "string" && sealToken(space, place) === token)
      return place;
  } catch {
    // no token of ours
  }
  throw invalidToken();
}

/** Repeats what collided with other changes. */
export async function retried<Result>(step: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++)
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof RecordConflict)) throw error;
      if (attempt === MAX_ATTEMPTS)
        throw logError(
          "LogResourceContended",
          "Multiple concurrent requests to update the same resource were in conflict.",
        );
    }
}
