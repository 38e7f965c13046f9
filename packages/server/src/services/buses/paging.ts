/** Pages of listings in order of name. */
import { invalidParameter } from "./errors.ts";

export interface PageRequest {
  readonly limit?: number | undefined;
  readonly token?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly token?: string;
}

const MAX_PAGE = 100;

/** `all`: in order of their names. `listing` names what is listed: its tokens fit no other listing. */
export function pageOf<T>(
  all: readonly T[],
  nameOf: (item: T) => string,
  { limit = MAX_PAGE, token }: PageRequest,
  listing: string,
): Page<T> {
  const after = token === undefined ? undefined : openToken(listing, token);
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

const sealToken = (listing: string, name: string): string =>
  Buffer.from(JSON.stringify([listing, name]), "utf8").toString("base64url");

function openToken(listing: string, token: string): string {
  try {
    const [of, name] = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (of === listing && typeof name === "string") return name;
  } catch {
    // no token of ours
  }
  throw invalidParameter("NextToken");
}
