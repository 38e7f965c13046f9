/** Pages of a hundred in order of id, with a token that belongs to one listing. */
import type { Listed, Records } from "../../ports/records.ts";
import { invalid } from "./errors.ts";

export interface Page<T> {
  readonly items: readonly T[];
  /** Where more follow. */
  readonly token?: string;
}

const PAGE = 100;
const SCAN = 1000;
/** What ids of these listings are made of. */
const PLAIN = /^[\w./-]{1,600}$/;

export async function pageOf<T>(
  records: Records,
  space: string,
  token: string | undefined,
  { prefix = "", fits = () => true }: { readonly prefix?: string; fits?(value: T): boolean } = {},
): Promise<Page<T>> {
  const listing = `${space} ${prefix}`;
  let after = opened(listing, token);
  const found: Listed<T>[] = [];
  while (found.length <= PAGE) {
    const page = await records.list<T>(space, { prefix, after, limit: SCAN });
    found.push(...page.filter(({ value }) => fits(value)));
    const last = page.at(-1);
    if (page.length < SCAN || last === undefined) break;
    after = last.id;
  }
  const shown = found.slice(0, PAGE);
  const last = shown.at(-1);
  const more = found.length > shown.length && last !== undefined;
  return {
    items: shown.map(({ value }) => value),
    ...(more ? { token: sealed(listing, last.id) } : {}),
  };
}

const sealed = (listing: string, id: string): string =>
  Buffer.from(JSON.stringify([listing, id]), "utf8").toString("base64url");

function opened(listing: string, token: string | undefined): string {
  if (token === undefined || token === "") return "";
  try {
    const [of, id] = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (of === listing && typeof id === "string" && PLAIN.test(id)) return id;
  } catch {
    // no token of ours
  }
  throw invalid("NextToken");
}
