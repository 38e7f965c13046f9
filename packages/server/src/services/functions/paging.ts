/** Pages of a list in order of id, with a marker that says nothing to strangers. */
import { invalid } from "./errors.ts";

/** What a caller asks for. */
export interface PageRequest {
  readonly marker?: string | undefined;
  readonly maxItems?: number | undefined;
}

/** A page; `marker` where more follow. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly marker?: string;
}

/** Lambda: list operations answer at most 50 items, whatever MaxItems says. */
const MAX_PAGE = 50;

/** How many items the caller gets at most. */
export const pageSize = (request: PageRequest): number =>
  Math.min(request.maxItems ?? MAX_PAGE, MAX_PAGE);

/** The id after which the page starts. @throws YunqueError where the marker is none of ours. */
export function startAfter(request: PageRequest): string | undefined {
  if (request.marker === undefined || request.marker === "") return undefined;
  const id = Buffer.from(request.marker, "base64url").toString("utf8");
  if (markerOf(id) !== request.marker) throw invalid("Invalid Marker");
  return id;
}

/** The marker that continues after an id. */
export const markerOf = (id: string): string => Buffer.from(id, "utf8").toString("base64url");

/** One page of a whole list that is sorted by `idOf`. */
export function pageOf<T>(
  all: readonly T[],
  request: PageRequest,
  idOf: (item: T) => string,
): Page<T> {
  const after = startAfter(request);
  const start = after === undefined ? 0 : all.findIndex((item) => idOf(item) > after);
  const rest = start < 0 ? [] : all.slice(start);
  const items = rest.slice(0, pageSize(request));
  const last = items.at(-1);
  return items.length < rest.length && last !== undefined
    ? { items, marker: markerOf(idOf(last)) }
    : { items };
}
