/** Locks of versions: retention and legal hold. */
import { mayRetain, type Retention } from "../../domain/object-lock.ts";
import { findBucket } from "./buckets.ts";
import { changeVersion } from "./change-version.ts";
import { objectError } from "./errors.ts";
import { findObject, type VersionName } from "./find-object.ts";
import type { Bucket, Caller, Store } from "./store.ts";

/** @throws LockingDisabled; `found` is undefined for a version that nothing keeps. */
export async function getRetention(
  store: Store,
  caller: Caller,
  name: VersionName,
): Promise<Retention | undefined> {
  return (await lockable(store, caller, name)).retention;
}

export async function getLegalHold(
  store: Store,
  caller: Caller,
  name: VersionName,
): Promise<boolean | undefined> {
  return (await lockable(store, caller, name)).legalHold;
}

/** Undefined lifts it. @throws ObjectLocked, RetentionPast */
export async function putRetention(
  store: Store,
  caller: Caller,
  name: VersionName & { readonly bypass: boolean },
  retention: Retention | undefined,
): Promise<void> {
  const now = store.clock.now();
  if (retention !== undefined && retention.until <= now) throw objectError("RetentionPast");
  await changeVersion(store, caller, name, [], (object, bucket) => {
    checkLocking(bucket);
    const { retention: before, ...rest } = object;
    if (!mayRetain(before, retention, now, name.bypass)) throw objectError("ObjectLocked");
    return { ...rest, ...(retention !== undefined && { retention }) };
  });
}

export async function putLegalHold(
  store: Store,
  caller: Caller,
  name: VersionName,
  legalHold: boolean,
): Promise<void> {
  await changeVersion(store, caller, name, [], (object, bucket) => {
    checkLocking(bucket);
    return { ...object, legalHold };
  });
}

async function lockable(store: Store, caller: Caller, name: VersionName) {
  const { value: bucket } = await findBucket(store, caller, name);
  checkLocking(bucket);
  return (await findObject(store, bucket, name)).value;
}

function checkLocking({ lock }: Bucket): void {
  if (lock === undefined) throw objectError("LockingDisabled");
}
