import { limits, type StoredObject } from "../../domain/object.ts";
import type { BucketName } from "./buckets.ts";
import { objectError } from "./errors.ts";
import type { Bucket, Store } from "./store.ts";
import { findVersion, isMarker, type Located, readHead, versionOf } from "./versions.ts";

/** How a request names an object. */
export interface ObjectName extends BucketName {
  readonly key: string;
}

/** How a request names an object, or one version of it. */
export interface VersionName extends ObjectName {
  /** Absent: the current one. */
  readonly version?: string | undefined;
}

/** @throws ObjectKeyTooLong. Keys of U+0000 or broken UTF-16 can name no object, and are refused where one would come to be. */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size > limits.keyBytes || key.includes("\0") || !key.isWellFormed())
    throw objectError("ObjectKeyTooLong", { size });
}

/** @throws NoSuchObject, NoSuchObjectVersion, VersionIdInvalid, VersionIsMarker */
export async function findObject(
  store: Store,
  bucket: Bucket,
  { key, version }: { readonly key: string; readonly version?: string | undefined },
): Promise<Located<StoredObject>> {
  checkKey(key);
  if (version !== undefined) {
    const found = await findVersion(store, bucket, key, version);
    if (!isMarker(found.value)) return found as Located<StoredObject>;
    throw objectError("VersionIsMarker", { version, lastModified: found.value.lastModified });
  }
  const { object, marker } = await readHead(store, bucket, key);
  if (object !== undefined) return object;
  throw objectError("NoSuchObject", {
    key,
    bucket: bucket.name,
    ...(marker && { marker: versionOf(marker.value) }),
  });
}

/** The current version, where it is an object. */
export async function lookUpObject(
  store: Store,
  bucket: Bucket,
  key: string,
): Promise<Located<StoredObject> | undefined> {
  checkKey(key);
  return (await readHead(store, bucket, key)).object;
}
