/** What a bucket's record says of new objects: whose they are, how they are encrypted, how long they are kept. */
import { isPrivate } from "../../domain/access-control.ts";
import { canonicalId } from "../../domain/bucket.ts";
import type { ObjectAttributes } from "../../domain/object.ts";
import { type DefaultLock, defaultRetention } from "../../domain/object-lock.ts";
import { type BucketName, findBucket, updateBucket } from "./buckets.ts";
import { objectError } from "./errors.ts";
import type { Bucket, BucketEncryption, Caller, Ownership, Store } from "./store.ts";

export const putOwnership = (
  store: Store,
  caller: Caller,
  name: BucketName,
  ownership: Ownership | "none",
): Promise<void> => updateBucket(store, caller, name, (bucket) => ({ ...bucket, ownership }));

export const putEncryption = (
  store: Store,
  caller: Caller,
  name: BucketName,
  encryption: BucketEncryption,
): Promise<void> => updateBucket(store, caller, name, (bucket) => ({ ...bucket, encryption }));

/** Undefined for a bucket that does not lock versions. */
export async function getDefaultLock(
  store: Store,
  caller: Caller,
  name: BucketName,
): Promise<DefaultLock | undefined> {
  return (await findBucket(store, caller, name)).value.lock;
}

/** @throws LockingNeedsVersions. Once versions can be locked that is so for good. */
export const putDefaultLock = (
  store: Store,
  caller: Caller,
  name: BucketName,
  lock: DefaultLock,
): Promise<void> =>
  updateBucket(store, caller, name, (bucket) => {
    if (bucket.versioning !== "Enabled") throw objectError("LockingNeedsVersions");
    return { ...bucket, lock };
  });

/** The attributes of a new object in this bucket. @throws AclsDisabled, LockingDisabled, RetentionPast */
export function settled(
  store: Store,
  bucket: Bucket,
  attributes: ObjectAttributes,
): ObjectAttributes {
  const { acl, retention, legalHold } = attributes;
  const now = store.clock.now();
  if (acl !== undefined) checkAcls(bucket, acl);
  if ((retention !== undefined || legalHold !== undefined) && bucket.lock === undefined)
    throw objectError("LockingDisabled");
  if (retention !== undefined && retention.until <= now) throw objectError("RetentionPast");
  const kept = retention ?? (bucket.lock && defaultRetention(bucket.lock, now));
  const { encryption: wanted, ...rest } = attributes;
  const named = wanted?.algorithm === "AES256" ? undefined : wanted;
  const encryption = wanted === undefined ? usualEncryption(bucket) : named;
  return {
    ...rest,
    ...(kept !== undefined && { retention: kept }),
    ...(encryption !== undefined && { encryption }),
  };
}

/** @throws AclsDisabled where lists count nothing, unless this one says nothing new. */
export function checkAcls(
  { account, ownership = "BucketOwnerEnforced" }: Bucket,
  acl: NonNullable<ObjectAttributes["acl"]>,
): void {
  if (ownership === "BucketOwnerEnforced" && !isPrivate(acl, canonicalId(account)))
    throw objectError("AclsDisabled");
}

function usualEncryption({ encryption }: Bucket): ObjectAttributes["encryption"] {
  if (encryption === undefined) return undefined;
  const { algorithm, key, bucketKey } = encryption;
  if (algorithm !== "aws:kms" && algorithm !== "aws:kms:dsse") return undefined;
  return {
    algorithm,
    ...(key !== undefined && { key }),
    ...(bucketKey === true && { bucketKey }),
  };
}
