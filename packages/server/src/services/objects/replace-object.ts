/** The one place where an object takes the place of another, or of nothing. */

import type { StoredObject } from "../../domain/object.ts";
import { matches, type WriteConditions } from "../../domain/object-conditions.ts";
import { newVersionId } from "../../domain/object-version.ts";
import type { Change } from "../../ports/records.ts";
import { findWritableBucket, stillThere } from "./buckets.ts";
import { objectError } from "./errors.ts";
import { checkKey, type ObjectName } from "./find-object.ts";
import { eventsOf, stateOf } from "./object-events.ts";
import { type Bucket, type Caller, retried, type Store } from "./store.ts";
import { placeVersion, readHead } from "./versions.ts";

/** An object before it has its place among all changes. */
export type NewObject = Omit<StoredObject, "sequencer" | "version">;

export interface Replacement {
  readonly object: NewObject;
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
  checkKey(name.key);
  const head = await readHead(store, bucket.value, name.key);
  checkWriteConditions(replacement.conditions, name.key, head.object?.value, replacement.since);
  const object: StoredObject = { ...replacement.object, ...newPlace(store, bucket.value) };
  const events = eventsOf(store, bucket.value, caller, {
    name: `s3:ObjectCreated:${replacement.event}`,
    key: name.key,
    ...stateOf(object),
    sequencer: object.sequencer,
  });
  const step = await placeVersion(store, bucket.value, name.key, head, object);
  await store.records.commit([
    ...step.changes,
    stillThere(bucket),
    ...(replacement.also ?? []),
    ...events.changes,
  ]);
  store.outbox.send(events.references);
  await store.blobs.discard(step.blobs);
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

/** The place of a new version among all changes, and its id where the bucket keeps versions. */
export function newPlace(
  store: Store,
  bucket: Bucket,
): Pick<StoredObject, "sequencer" | "version"> {
  const sequencer = store.sequence();
  const named = bucket.versioning === "Enabled";
  return { sequencer, ...(named && { version: newVersionId(sequencer) }) };
}
