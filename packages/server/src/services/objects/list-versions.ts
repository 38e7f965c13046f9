/** All versions of a bucket's objects: by key, and of each key the newest first. */
import type { DeleteMarker, StoredObject } from "../../domain/object.ts";
import { NULL_VERSION, sequencerOf } from "../../domain/object-version.ts";
import { type BucketName, findBucket } from "./buckets.ts";
import { checkKey } from "./find-object.ts";
import { commonPrefix } from "./list-objects.ts";
import {
  type Bucket,
  type Caller,
  markersSpace,
  nullsSpace,
  objectsSpace,
  type Store,
  versionsSpace,
} from "./store.ts";
import {
  currentOf,
  escapeKey,
  type NullPlace,
  type OldVersion,
  readHead,
  versionOf,
  versionPrefix,
  versionRecordId,
} from "./versions.ts";

export interface ListedVersion {
  readonly key: string;
  readonly latest: boolean;
  readonly value: StoredObject | DeleteMarker;
}

export interface VersionListing {
  readonly versions: readonly ListedVersion[];
  readonly prefixes: readonly string[];
  /** The last that was listed, where more would follow; a common prefix has no version. */
  readonly next?: { readonly key: string; readonly version?: string };
}

export interface ListVersionsRequest extends BucketName {
  readonly prefix: string;
  readonly delimiter?: string | undefined;
  /** Key, or common prefix, behind which the listing goes on. With a version: in the middle of its versions. */
  readonly afterKey: string;
  readonly afterVersion?: string | undefined;
  readonly max: number;
}

/** Sorts behind every text that begins as the one before it. */
const LAST = "\u{10FFFF}";
const PAGE = 500;

export async function listVersions(
  store: Store,
  caller: Caller,
  request: ListVersionsRequest,
): Promise<VersionListing> {
  const { prefix, delimiter, afterKey, afterVersion, max } = request;
  checkKey(prefix);
  checkKey(afterKey);
  const { value: bucket } = await findBucket(store, caller, request);
  const rollUp = (key: string) => commonPrefix(key, prefix, delimiter);
  let group = rollUp(afterKey) === afterKey ? afterKey : undefined;
  const start = group === undefined ? afterKey : `${group}${LAST}`;
  const from = await oldStart(store, bucket, start, afterVersion);
  const versions: ListedVersion[] = [];
  const prefixes: string[] = [];
  let last: { key: string; version?: string } | undefined;
  if (max === 0) return { versions, prefixes };
  const all = versionsBehind(store, bucket, prefix, start, from);
  let skip: string | undefined; // a common prefix that is listed: read past it instead of through it
  for (let step = await all.next(skip); !step.done; step = await all.next(skip)) {
    skip = undefined;
    const { key, value } = step.value;
    const rolled = rollUp(key);
    if (rolled !== undefined && rolled === group) {
      skip = rolled;
      continue;
    }
    if (versions.length + prefixes.length === max)
      return { versions, prefixes, ...(last && { next: last }) };
    group = rolled;
    last = rolled === undefined ? { key, version: versionOf(value) } : { key: rolled };
    if (rolled === undefined) versions.push(step.value);
    else {
      prefixes.push(rolled);
      skip = rolled;
    }
  }
  return { versions, prefixes };
}

/** The record of an old version behind which to go on: in the middle of a key's versions, or behind all of them. */
async function oldStart(
  store: Store,
  bucket: Bucket,
  key: string,
  version: string | undefined,
): Promise<string> {
  if (key === "") return "";
  const behindAll = `${escapeKey(key)}\u0001\u0001${LAST}`;
  if (version === undefined || key.endsWith(LAST)) return behindAll;
  const head = currentOf(await readHead(store, bucket, key));
  if (head !== undefined && versionOf(head.value) === version) return versionPrefix(key);
  const sequencer =
    version === NULL_VERSION
      ? (await store.records.get<NullPlace>(nullsSpace(bucket), key))?.value.sequencer
      : sequencerOf(version);
  return sequencer === undefined ? behindAll : versionRecordId(key, sequencer);
}

/** Current versions and old ones, merged. Given a text, it goes on behind all keys that begin with it. */
async function* versionsBehind(
  store: Store,
  bucket: Bucket,
  prefix: string,
  afterKey: string,
  afterOld: string,
): AsyncGenerator<ListedVersion, void, string | undefined> {
  const heads = [objectsSpace(bucket), markersSpace(bucket)].map((space) =>
    cursor<StoredObject | DeleteMarker>(store, space, prefix, afterKey, (id) => id),
  );
  const old = cursor<OldVersion>(
    store,
    versionsSpace(bucket),
    escapeKey(prefix),
    afterOld,
    (_, { key }) => key,
  );
  for (;;) {
    const ahead = await Promise.all(heads.map((each) => each.peek()));
    const [object, marker] = ahead;
    const first = object !== undefined && !comesBefore(marker, object.key) ? object : marker;
    const older = await old.peek();
    let skip: string | undefined;
    if (first !== undefined && !comesBefore(older, first.key)) {
      heads[first === object ? 0 : 1]?.take();
      skip = yield { key: first.key, latest: true, value: first.value };
    } else if (older !== undefined) {
      old.take();
      const { key, ...value } = older.value;
      skip = yield { key, latest: false, value };
    } else return;
    if (skip === undefined) continue;
    for (const each of heads) each.jump(`${skip}${LAST}`);
    old.jump(`${escapeKey(skip)}${LAST}`);
  }
}

const comesBefore = (entry: { readonly key: string } | undefined, key: string): boolean =>
  entry !== undefined && Buffer.compare(Buffer.from(entry.key), Buffer.from(key)) < 0;

/** One space, page by page. */
function cursor<T>(
  store: Store,
  space: string,
  prefix: string,
  start: string,
  keyOf: (id: string, value: T) => string,
) {
  let after = start;
  let page: { readonly id: string; readonly key: string; readonly value: T }[] = [];
  let ended = false;
  return {
    async peek() {
      if (page.length === 0 && !ended) {
        const found = await store.records.list<T>(space, { prefix, after, limit: PAGE });
        ended = found.length < PAGE;
        page = found.map(({ id, value }) => ({ id, key: keyOf(id, value), value }));
        after = found.at(-1)?.id ?? after;
      }
      return page[0];
    },
    take() {
      page.shift();
    },
    jump(to: string) {
      const bytes = Buffer.from(to);
      const at = page.findIndex(({ id }) => Buffer.compare(Buffer.from(id), bytes) > 0);
      if (at >= 0) page = page.slice(at);
      else {
        page = [];
        if (Buffer.compare(bytes, Buffer.from(after)) > 0) after = to;
      }
    },
  };
}
