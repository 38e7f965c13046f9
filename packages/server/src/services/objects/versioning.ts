/** Whether a bucket keeps versions of its objects. */
import { type BucketName, findBucket, updateBucket } from "./buckets.ts";
import { objectError } from "./errors.ts";
import type { Caller, Store, Versioning } from "./store.ts";

/** Undefined for a bucket that never did. */
export async function getVersioning(
  store: Store,
  caller: Caller,
  name: BucketName,
): Promise<Versioning | undefined> {
  return (await findBucket(store, caller, name)).value.versioning;
}

/** Begins to keep versions, or pauses: what was kept stays, and new objects are null versions. */
export async function putVersioning(
  store: Store,
  caller: Caller,
  name: BucketName,
  versioning: Versioning,
): Promise<void> {
  await updateBucket(store, caller, name, (bucket) => {
    if (bucket.lock !== undefined && versioning === "Suspended")
      throw objectError("VersioningPinned");
    return { ...bucket, versioning };
  });
}
