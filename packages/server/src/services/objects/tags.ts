/** Tags of buckets and of objects. */
import {
  BUCKET_TAGS,
  findTagFault,
  OBJECT_TAGS,
  sortTags,
  type Tag,
} from "../../domain/object-tags.ts";
import { type BucketName, findBucket, updateBucket } from "./buckets.ts";
import { changeVersion } from "./change-version.ts";
import { objectError } from "./errors.ts";
import { findObject, type VersionName } from "./find-object.ts";
import type { Caller, Store } from "./store.ts";
import { shownVersion } from "./versions.ts";

/** Tags of an object, and which version of it they are of where the bucket has versions. */
export interface VersionTags {
  readonly tags: readonly Tag[];
  readonly version: string | undefined;
}

/** @throws TagInvalid with the details of the fault. */
export function checkTags(tags: readonly Tag[], limit: number): void {
  const fault = findTagFault(tags, limit);
  if (fault !== undefined)
    throw objectError("TagInvalid", { ...fault, bucket: limit === BUCKET_TAGS });
}

/** @throws NoTags where there are none. */
export async function getBucketTags(
  store: Store,
  caller: Caller,
  name: BucketName,
): Promise<Tag[]> {
  const { tags } = (await findBucket(store, caller, name)).value;
  if (tags.length === 0) throw objectError("NoTags", { bucket: name.bucket });
  return sortTags(tags);
}

/** Replaces them all; none deletes them. */
export async function putBucketTags(
  store: Store,
  caller: Caller,
  name: BucketName,
  tags: readonly Tag[],
): Promise<void> {
  checkTags(tags, BUCKET_TAGS);
  await updateBucket(store, caller, name, (bucket) => ({ ...bucket, tags }));
}

export async function getObjectTags(
  store: Store,
  caller: Caller,
  name: VersionName,
): Promise<VersionTags> {
  const { value: bucket } = await findBucket(store, caller, name);
  const { value: object } = await findObject(store, bucket, name);
  return { tags: sortTags(object.tags), version: shownVersion(bucket, object) };
}

/** Replaces them all; none deletes them. Neither the object's age nor its entity tag changes. */
export async function putObjectTags(
  store: Store,
  caller: Caller,
  name: VersionName,
  tags: readonly Tag[],
): Promise<VersionTags> {
  checkTags(tags, OBJECT_TAGS);
  const event = tags.length > 0 ? "s3:ObjectTagging:Put" : "s3:ObjectTagging:Delete";
  const version = await changeVersion(store, caller, name, [{ name: event }], (object) => ({
    ...object,
    tags,
  }));
  return { tags, version };
}
