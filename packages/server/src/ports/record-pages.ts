/** Pages of listings, with tokens that say nothing to strangers and fit no other listing. */
import type { Listed, Records } from "./records.ts";

/** A page; `token` where more follow. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly token?: string;
}

export interface PageSearch<T> {
  /** Items of a page at most. */
  readonly limit: number;
  readonly token: string | undefined;
  readonly prefix?: string;
  readonly fits?: (value: T) => boolean;
  /** What is thrown where the token is none of this listing's. */
  readonly badToken: () => Error;
}

const SCAN = 1000;

/** The records of a space that fit, one page of them, in order of id. */
export async function pageOfRecords<T>(
  records: Pick<Records, "list">,
  space: string,
  { limit, token, prefix = "", fits = () => true, badToken }: PageSearch<T>,
): Promise<Page<T>> {
  const found: Listed<T>[] = [];
  let after = openToken(space, token, badToken) ?? "";
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

/** A token for what follows this place of a listing. */
export const sealToken = (listing: string, place: string): string =>
  Buffer.from(JSON.stringify([listing, place]), "utf8").toString("base64url");

/** The place that a token of the same listing names; undefined: the beginning. */
export function openToken(
  listing: string,
  token: string | undefined,
  badToken: () => Error,
): string | undefined {
  if (token === undefined) return undefined;
  try {
    const [of, place] = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (of === listing && typeof place === "string" && sealToken(listing, place) === token)
      return place;
  } catch {
    // no token of ours
  }
  throw badToken();
}
