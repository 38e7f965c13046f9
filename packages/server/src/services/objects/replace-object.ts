/** The one place where an object takes the place of another, or of nothing. */

import type { StoredObject } from "../../domain/object.ts";
import { matches, type WriteConditions } from "../../domain/object-conditions.ts";
import type { Change } from "../../ports/records.ts";
import { findWritableBucket, stillThere } from "./buckets.ts";
import { objectError } from "./errors.ts";
import { lookUpObject, type ObjectName, partsOf } from "./find-object.ts";
import { eventsOf } from "./object-events.ts";
import {
  type Bucket,
  type Caller,
  objectsSpace,
  partListsSpace,
  retried,
  type Store,
} from "./store.ts";

export interface Replacement {
  readonly object: Omit<StoredObject, "sequencer">;
  readonly conditions: WriteConditions;
  /** What events call it. */
  readonly event: "Put" | "Post" | "Copy" | "CompleteMultipartUpload";
  /** Committed together with the object. */
  readonly also?: readonly Change[];
  /** Sequencer of a multipart upload: under `ifMatch`, nobody may have written the object since. */
  readonly since?: string;
}

/** Puts the object where the name says, however many others do so at the same time. */
export function replaceObject(
  store: Store,
  caller: Caller,
  name: ObjectName,
  replacement: Replacement,
): Promise<StoredObject> {
  return retried(() => tryToReplace(store, caller, name, replacement));
}

/**
 * Commits the object with the events of it, and gives up the bytes of the one that was there. Once it resolves, the
 * object is durable.
 * @throws RecordConflict where somebody else committed first.
 */
export async function tryToReplace(
  store: Store,
  caller: Caller,
  name: ObjectName,
  replacement: Replacement,
): Promise<StoredObject> {
  const bucket = await findWritableBucket(store, caller, name);
  const current = await lookUpObject(store, bucket.value, name.key);
  checkWriteConditions(replacement.conditions, name.key, current?.value, replacement.since);
  const object: StoredObject = { ...replacement.object, sequencer: store.sequence() };
  const events = eventsOf(store, bucket.value, caller, {
    name: `s3:ObjectCreated:${replacement.event}`,
    key: name.key,
    object,
    sequencer: object.sequencer,
  });
  const old = await abandoned(store, bucket.value, current?.value);
  const at = { space: objectsSpace(bucket.value), id: name.key };
  await store.records.commit([
    { put: object, ...at, expect: current?.revision ?? 0 },
    stillThere(bucket),
    ...(replacement.also ?? []),
    ...old.changes,
    ...events.changes,
  ]);
  store.outbox.send(events.references);
  await store.blobs.discard(old.blobs);
  return object;
}

/** @throws ObjectConditionFailed, NoSuchObject, ObjectWriteConflict */
export function checkWriteConditions(
  { ifAbsent, ifMatch }: WriteConditions,
  key: string,
  current: StoredObject | undefined,
  since?: string,
): void {
  if (ifAbsent === true && current !== undefined)
    throw objectError("ObjectConditionFailed", { condition: "If-None-Match" });
  if (ifMatch === undefined) return;
  if (current === undefined) throw objectError("NoSuchObject", { key });
  if (!matches(ifMatch, current.etag))
    throw objectError("ObjectConditionFailed", { condition: "If-Match" });
  if (since !== undefined && current.sequencer > since)
    throw objectError("ObjectWriteConflict", { key, condition: "If-Match" });
}

/** What goes with an object that is replaced or deleted: changes for the same commit, and blobs for after it. */
export async function abandoned(
  store: Store,
  bucket: Bucket,
  object: StoredObject | undefined,
): Promise<{ readonly changes: readonly Change[]; readonly blobs: readonly string[] }> {
  if (object === undefined) return { changes: [], blobs: [] };
  const blobs = ((await partsOf(store, bucket, object)) ?? []).map((part) => part.blob);
  const { body } = object;
  if (body.blob !== undefined) return { changes: [], blobs };
  return { changes: [{ delete: true, space: partListsSpace(bucket), id: body.upload }], blobs };
}
