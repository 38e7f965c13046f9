/**
 * Versions of objects. The current version of a key lies among the objects, as the only one of a bucket without
 * versions does, or among the markers; all others lie apart, newest first. So what reads current objects pays nothing for
 * versions. Whoever changes the current version makes its commit depend on both of its places.
 */
import type { DeleteMarker, StoredObject } from "../../domain/object.ts";
import { NULL_VERSION, newestFirst, sequencerOf } from "../../domain/object-version.ts";
import type { Change, Versioned } from "../../ports/records.ts";
import { objectError } from "./errors.ts";
import { partsOf } from "./parts.ts";
import {
  type Bucket,
  markersSpace,
  nullsSpace,
  objectsSpace,
  partListsSpace,
  type Store,
  versionsSpace,
} from "./store.ts";

/** A version that is not the current one, as it lies in the records. */
export type OldVersion = (StoredObject | DeleteMarker) & { readonly key: string };

export interface NullPlace {
  readonly sequencer: string;
}

/** A record and where it lies. */
export interface Located<T> extends Versioned<T> {
  readonly space: string;
  readonly id: string;
}

/** The current version of a key: an object, a delete marker, or nothing. */
export interface Head {
  readonly object?: Located<StoredObject>;
  readonly marker?: Located<DeleteMarker>;
}

/** Changes for one commit, and blobs that nobody names after it. */
export interface Step {
  readonly changes: readonly Change[];
  readonly blobs: readonly string[];
}

export const isMarker = (version: StoredObject | DeleteMarker): version is DeleteMarker =>
  "marker" in version;

export const currentOf = (head: Head): Located<StoredObject | DeleteMarker> | undefined =>
  head.object ?? head.marker;

/** What a version is called: its id, or null. */
export const versionOf = ({ version }: StoredObject | DeleteMarker): string =>
  version ?? NULL_VERSION;

/** How an answer calls it: buckets that never kept versions say nothing. */
export const shownVersion = (bucket: Bucket, object: StoredObject): string | undefined =>
  object.version ?? (bucket.versioning === undefined ? undefined : NULL_VERSION);

export async function readHead(store: Store, bucket: Bucket, key: string): Promise<Head> {
  const object = await locate<StoredObject>(store, objectsSpace(bucket), key);
  if (object !== undefined) return { object };
  if (bucket.versioning === undefined) return {};
  const marker = await locate<DeleteMarker>(store, markersSpace(bucket), key);
  return marker === undefined ? {} : { marker };
}

/** @throws VersionIdInvalid, NoSuchObjectVersion */
export async function findVersion(
  store: Store,
  bucket: Bucket,
  key: string,
  version: string,
): Promise<Located<StoredObject | DeleteMarker>> {
  const sequencer = sequencerOf(version);
  if (version !== NULL_VERSION && sequencer === undefined)
    throw objectError("VersionIdInvalid", { version });
  // Twice: a version may become the current one, or no longer be it, between two looks.
  for (let look = 0; look < 2; look++) {
    const head = currentOf(await readHead(store, bucket, key));
    if (head !== undefined && versionOf(head.value) === version) return head;
    const old = await findOld(store, bucket, key, version, sequencer);
    if (old !== undefined) return old;
  }
  throw objectError("NoSuchObjectVersion", { version, key });
}

async function findOld(
  store: Store,
  bucket: Bucket,
  key: string,
  version: string,
  sequencer: string | undefined,
): Promise<Located<OldVersion> | undefined> {
  if (bucket.versioning === undefined) return undefined;
  const place =
    sequencer ?? (await store.records.get<NullPlace>(nullsSpace(bucket), key))?.value.sequencer;
  if (place === undefined) return undefined;
  const id = versionRecordId(key, place);
  const found = await locate<OldVersion>(store, versionsSpace(bucket), id);
  return found !== undefined && versionOf(found.value) === version ? found : undefined;
}

/** Makes a version the current one. The one before it stays as an old one, or goes where both are the null version. */
export async function placeVersion(
  store: Store,
  bucket: Bucket,
  key: string,
  head: Head,
  next: StoredObject | DeleteMarker,
): Promise<Step> {
  const steps: Step[] = [{ changes: headChanges(bucket, key, head, next), blobs: [] }];
  const old = currentOf(head);
  const isNull = next.version === undefined;
  if (old !== undefined && isNull && old.value.version === undefined)
    steps.push(await abandoned(store, bucket, old.value));
  else {
    if (old !== undefined) steps.push(demotion(store, bucket, key, old.value));
    if (isNull && bucket.versioning !== undefined) {
      const gone = await findOld(store, bucket, key, NULL_VERSION, undefined);
      if (gone !== undefined) steps.push(await removal(store, bucket, key, gone));
    }
  }
  return together(steps);
}

/** Deletes a version for good. Where it was the current one, the newest of the others becomes that. */
export async function removeVersion(
  store: Store,
  bucket: Bucket,
  key: string,
  version: Located<StoredObject | DeleteMarker>,
): Promise<Step> {
  if (version.space === versionsSpace(bucket)) return removal(store, bucket, key, version);
  const head: Head = isMarker(version.value)
    ? { marker: version as Located<DeleteMarker> }
    : { object: version as Located<StoredObject> };
  const steps = [await abandoned(store, bucket, version.value)];
  const newest = bucket.versioning && (await newestOld(store, bucket, key));
  if (newest !== undefined) {
    const { space, id, revision: expect, value } = newest;
    const { key: _, ...next } = value;
    steps.push(
      { changes: [{ delete: true, space, id, expect }], blobs: [] },
      { changes: nullForgotten(bucket, key, value), blobs: [] },
    );
    if (!isMarker(next)) noteMove(store, next);
    steps.push({ changes: headChanges(bucket, key, head, next), blobs: [] });
  } else steps.push({ changes: headChanges(bucket, key, head, undefined), blobs: [] });
  return together(steps);
}

/** The record of an old version. U+0001 of a key is doubled up, so that versions sort as their keys do. */
export const versionRecordId = (key: string, sequencer: string): string =>
  `${versionPrefix(key)}${newestFirst(sequencer)}`;

/** With what the records of all old versions of a key begin. */
export function versionPrefix(key: string): string {
  const prefix = `${escapeKey(key)}\u0001\u0001`;
  if (Buffer.byteLength(prefix) > 1070) throw objectError("ObjectKeyTooLong", { size: 0 });
  return prefix;
}

/** A key, or the beginning of one, as it stands in the ids of versions. */
export const escapeKey = (key: string): string => key.replaceAll("\u0001", "\u0001\u0002");

/** What goes with a version that is replaced or deleted: changes for the same commit, and blobs for after it. */
export async function abandoned(
  store: Store,
  bucket: Bucket,
  version: StoredObject | DeleteMarker | undefined,
): Promise<Step> {
  if (version === undefined || isMarker(version)) return { changes: [], blobs: [] };
  const blobs = ((await partsOf(store, bucket, version)) ?? []).map((part) => part.blob);
  const { body } = version;
  if (body.blob !== undefined) return { changes: [], blobs };
  return { changes: [{ delete: true, space: partListsSpace(bucket), id: body.upload }], blobs };
}

async function locate<T>(store: Store, space: string, id: string): Promise<Located<T> | undefined> {
  const found = await store.records.get<T>(space, id);
  return found && { ...found, space, id };
}

async function newestOld(
  store: Store,
  bucket: Bucket,
  key: string,
): Promise<Located<OldVersion> | undefined> {
  const space = versionsSpace(bucket);
  const [newest] = await store.records.list<OldVersion>(space, {
    prefix: versionPrefix(key),
    limit: 1,
  });
  return newest && { ...newest, space };
}

/** The two places of the current version, from what was there to what is there. */
function headChanges(
  bucket: Bucket,
  key: string,
  head: Head,
  next: StoredObject | DeleteMarker | undefined,
): Change[] {
  const object = next !== undefined && !isMarker(next) ? next : undefined;
  const marker = next !== undefined && isMarker(next) ? next : undefined;
  const changes = [turn(objectsSpace(bucket), key, head.object, object)];
  if (bucket.versioning !== undefined)
    changes.push(turn(markersSpace(bucket), key, head.marker, marker));
  return changes;
}

function turn(
  space: string,
  id: string,
  before: Versioned<unknown> | undefined,
  after: object | undefined,
): Change {
  const expect = before?.revision ?? 0;
  if (after !== undefined) return { put: after, space, id, expect };
  return before === undefined
    ? { check: true, space, id, expect }
    : { delete: true, space, id, expect };
}

function demotion(
  store: Store,
  bucket: Bucket,
  key: string,
  old: StoredObject | DeleteMarker,
): Step {
  if (!isMarker(old)) noteMove(store, old);
  const { sequencer } = old;
  const value: OldVersion = { ...old, key };
  const changes: Change[] = [
    { put: value, space: versionsSpace(bucket), id: versionRecordId(key, sequencer), expect: 0 },
  ];
  const place: NullPlace = { sequencer };
  if (old.version === undefined) changes.push({ put: place, space: nullsSpace(bucket), id: key });
  return { changes, blobs: [] };
}

async function removal(
  store: Store,
  bucket: Bucket,
  key: string,
  { space, id, revision, value }: Located<StoredObject | DeleteMarker>,
): Promise<Step> {
  const { changes, blobs } = await abandoned(store, bucket, value);
  const deletion: Change = { delete: true, space, id, expect: revision };
  return { changes: [deletion, ...nullForgotten(bucket, key, value), ...changes], blobs };
}

const nullForgotten = (
  bucket: Bucket,
  key: string,
  { version }: StoredObject | DeleteMarker,
): Change[] =>
  version === undefined ? [{ delete: true, space: nullsSpace(bucket), id: key }] : [];

function noteMove(store: Store, { body }: StoredObject): void {
  if (body.blob !== undefined && store.sweeping()) store.moved.add(body.blob);
}

const together = (steps: readonly Step[]): Step => ({
  changes: steps.flatMap(({ changes }) => changes),
  blobs: steps.flatMap(({ blobs }) => blobs),
});
