import type { StoredObject } from "../../domain/object.ts";
import { type BucketName, findBucket } from "./buckets.ts";
import { checkKey } from "./find-object.ts";
import { type Caller, objectsSpace, type Store } from "./store.ts";

export interface ListRequest extends BucketName {
  readonly prefix: string;
  /** Keys that share what stands before its first occurrence behind the prefix are rolled up into one common prefix. */
  readonly delimiter?: string | undefined;
  /** Key or common prefix behind which the listing goes on. */
  readonly after: string;
  readonly max: number;
}

export interface Listing {
  readonly objects: readonly { readonly key: string; readonly object: StoredObject }[];
  readonly prefixes: readonly string[];
  /** The last key or common prefix, where more would follow: `after` of the next page. */
  readonly next?: string;
}

/** Sorts behind every key that starts with the text before it: U+10FFFF has the greatest UTF-8 of all. */
const LAST = "\u{10FFFF}";
/** With a delimiter most of a page may be one common prefix: the first looks are short. */
const [SHORT_PAGE, PAGE] = [32, 1000];

/** A page of a bucket in the order of the keys' UTF-8. Reads past a common prefix instead of through it. */
export async function listObjects(
  store: Store,
  caller: Caller,
  request: ListRequest,
): Promise<Listing> {
  const { prefix, delimiter, after, max } = request;
  checkKey(prefix);
  checkKey(after);
  const { value: bucket } = await findBucket(store, caller, request);
  const objects: { key: string; object: StoredObject }[] = [];
  const prefixes: string[] = [];
  const rollUp = (key: string) => commonPrefix(key, prefix, delimiter);
  let group = rollUp(after) === after ? after : undefined;
  let cursor = group === undefined ? after : `${group}${LAST}`;
  let last = after;
  let limit = delimiter === undefined ? Math.min(max + 1, PAGE) : SHORT_PAGE;
  while (max > 0) {
    const page = await store.records.list<StoredObject>(objectsSpace(bucket), {
      prefix,
      after: cursor,
      limit,
    });
    for (const { id, value } of page) {
      const rolled = rollUp(id);
      if (rolled !== undefined && rolled === group) continue;
      if (objects.length + prefixes.length === max) return { objects, prefixes, next: last };
      group = rolled;
      last = rolled ?? id;
      if (rolled === undefined) objects.push({ key: id, object: value });
      else prefixes.push(rolled);
    }
    const end = page.at(-1)?.id;
    if (end === undefined || page.length < limit) break;
    const skips = group !== undefined && end.startsWith(group);
    cursor = skips ? `${group}${LAST}` : end;
    limit = skips ? SHORT_PAGE : PAGE;
  }
  return { objects, prefixes };
}

/** `photos/` for the key `photos/2026/a.jpg`, no prefix and the delimiter `/`. */
export function commonPrefix(
  key: string,
  prefix: string,
  delimiter: string | undefined,
): string | undefined {
  if (delimiter === undefined || delimiter === "" || !key.startsWith(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}
