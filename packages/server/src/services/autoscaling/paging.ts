/** Pages of listings in order of id, with a token that belongs to one listing. */
import type { Listed, Records } from "../../ports/records.ts";
import { autoscalingError, invalid } from "./errors.ts";

export interface PageRequest {
  readonly maxResults?: number | undefined;
  readonly token?: string | undefined;
}

/** A page; `token` where more follow. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly token?: string;
}

/** Application Auto Scaling: MaxResults is 1 to 50, and 50 where it is absent. */
const MAX_PAGE = 50;
const SCAN = 1000;

/** The records of a space that fit, one page of them. @throws YunqueError where token or size are not right. */
export async function pageOf<T>(
  records: Records,
  space: string,
  { maxResults = MAX_PAGE, token }: PageRequest,
  { prefix = "", fits }: { readonly prefix?: string; readonly fits: (value: T) => boolean },
): Promise<Page<T>> {
  if (maxResults < 1 || maxResults > MAX_PAGE)
    throw invalid(`Maximum number of results must be between 1 and ${MAX_PAGE}`);
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
  throw autoscalingError("ScalingTokenInvalid", "Invalid NextToken");
}
