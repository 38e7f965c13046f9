/** Pages of a hundred in order of id, with a token that belongs to one listing. */
import { type Page, pageOfRecords } from "../../ports/record-pages.ts";
import type { Records } from "../../ports/records.ts";
import { invalid } from "./errors.ts";

export type { Page } from "../../ports/record-pages.ts";

const PAGE = 100;

export function pageOf<T>(
  records: Records,
  space: string,
  token: string | undefined,
  search: { readonly prefix?: string; readonly fits?: (value: T) => boolean } = {},
): Promise<Page<T>> {
  return pageOfRecords(records, space, {
    ...search,
    limit: PAGE,
    token: token || undefined,
    badToken: () => invalid("NextToken"),
  });
}
