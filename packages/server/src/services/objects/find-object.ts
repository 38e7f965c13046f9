import { limits, type Part, type StoredObject } from "../../domain/object.ts";
import type { Versioned } from "../../ports/records.ts";
import type { BucketName } from "./buckets.ts";
import { objectError } from "./errors.ts";
import { type Bucket, objectsSpace, partListsSpace, type Store } from "./store.ts";

/** How a request names an object. */
export interface ObjectName extends BucketName {
  readonly key: string;
}

/** The parts of an object of a multipart upload. */
export interface PartList {
  readonly parts: readonly Part[];
}

/** @throws ObjectKeyTooLong. Keys of U+0000 or broken UTF-16 can name no object, and are refused where one would come to be. */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size > limits.keyBytes || key.includes("\0") || !key.isWellFormed())
    throw objectError("ObjectKeyTooLong", { size });
}

/** @throws NoSuchObject */
export async function findObject(
  store: Store,
  bucket: Bucket,
  { key }: { readonly key: string },
): Promise<Versioned<StoredObject>> {
  const found = await lookUpObject(store, bucket, key);
  if (found === undefined) throw objectError("NoSuchObject", { key, bucket: bucket.name });
  return found;
}

export async function lookUpObject(
  store: Store,
  bucket: Bucket,
  key: string,
): Promise<Versioned<StoredObject> | undefined> {
  checkKey(key);
  return store.records.get<StoredObject>(objectsSpace(bucket), key);
}

/** The parts of an object, one for an object that was put in one piece. Undefined where it was replaced meanwhile. */
export async function partsOf(
  store: Store,
  bucket: Bucket,
  object: StoredObject,
): Promise<readonly Part[] | undefined> {
  const { body, size, etag, checksum, lastModified } = object;
  if (body.blob !== undefined)
    return [{ number: 1, blob: body.blob, size, etag, checksum: checksum.value, lastModified }];
  const list = await store.records.get<PartList>(partListsSpace(bucket), body.upload);
  return list?.value.parts;
}
