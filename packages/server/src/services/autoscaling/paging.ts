/** Pages of listings in order of id, with a token that belongs to one listing. */
import { type Page, pageOfRecords } from "../../ports/record-pages.ts";
import type { Records } from "../../ports/records.ts";
import { autoscalingError, invalid } from "./errors.ts";

export type { Page } from "../../ports/record-pages.ts";

export interface PageRequest {
  readonly maxResults?: number | undefined;
  readonly token?: string | undefined;
}

/** Application Auto Scaling: MaxResults is 1 to 50, and 50 where it is absent. */
const MAX_PAGE = 50;

/** The records of a space that fit, one page of them. @throws YunqueError where token or size are not right. */
export async function pageOf<T>(
  records: Records,
  space: string,
  { maxResults = MAX_PAGE, token }: PageRequest,
  search: { readonly prefix?: string; readonly fits: (value: T) => boolean },
): Promise<Page<T>> {
  if (maxResults < 1 || maxResults > MAX_PAGE)
    throw invalid(`Maximum number of results must be between 1 and ${MAX_PAGE}`);
  const badToken = () => autoscalingError("ScalingTokenInvalid", "Invalid NextToken");
  return pageOfRecords(records, space, { limit: maxResults, token, badToken, ...search });
}
