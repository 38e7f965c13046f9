/** Pages of listings in order of name. */
import { openToken, type Page, sealToken } from "../../ports/record-pages.ts";
import { invalidParameter } from "./errors.ts";

export type { Page } from "../../ports/record-pages.ts";

export interface PageRequest {
  readonly limit?: number | undefined;
  readonly token?: string | undefined;
}

const MAX_PAGE = 100;

/** `all`: in order of their names. `listing` names what is listed: its tokens fit no other listing. */
export function pageOf<T>(
  all: readonly T[],
  nameOf: (item: T) => string,
  { limit = MAX_PAGE, token }: PageRequest,
  listing: string,
): Page<T> {
  const after = openToken(listing, token, () => invalidParameter("NextToken"));
  const rest = after === undefined ? all : all.filter((item) => nameOf(item) > after);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    ...(rest.length > items.length && last !== undefined
      ? { token: sealToken(listing, nameOf(last)) }
      : {}),
  };
}

export const byName = <T extends { readonly name: string }>(one: T, other: T): number =>
  one.name < other.name ? -1 : 1;
