/** Access control lists of buckets and of versions of objects. */
import type { Grant } from "../../domain/access-control.ts";
import { type BucketName, findBucket } from "./buckets.ts";
import { changeVersion } from "./change-version.ts";
import { getConfiguration, putConfiguration } from "./configurations.ts";
import { findObject, type VersionName } from "./find-object.ts";
import { checkAcls } from "./settings.ts";
import type { Caller, Store } from "./store.ts";
import { shownVersion } from "./versions.ts";

interface Acl {
  readonly grants: readonly Grant[];
}

/** Undefined: the owner's alone. */
export async function getBucketGrants(
  store: Store,
  caller: Caller,
  name: BucketName,
): Promise<readonly Grant[] | undefined> {
  return (await getConfiguration<Acl>(store, caller, { ...name, kind: "acl" }))?.grants;
}

/** @throws AclsDisabled */
export async function putBucketGrants(
  store: Store,
  caller: Caller,
  name: BucketName,
  grants: readonly Grant[],
): Promise<void> {
  checkAcls((await findBucket(store, caller, name)).value, grants);
  const acl: Acl = { grants };
  await putConfiguration(store, caller, { ...name, kind: "acl" }, acl);
}

export interface VersionGrants {
  readonly grants: readonly Grant[] | undefined;
  readonly version: string | undefined;
}

export async function getObjectGrants(
  store: Store,
  caller: Caller,
  name: VersionName,
): Promise<VersionGrants> {
  const { value: bucket } = await findBucket(store, caller, name);
  const { value: object } = await findObject(store, bucket, name);
  return { grants: object.acl, version: shownVersion(bucket, object) };
}

/** @throws AclsDisabled */
export async function putObjectGrants(
  store: Store,
  caller: Caller,
  name: VersionName,
  grants: readonly Grant[],
): Promise<VersionGrants> {
  const version = await changeVersion(
    store,
    caller,
    name,
    [{ name: "s3:ObjectAcl:Put" }],
    (object, bucket) => {
      checkAcls(bucket, grants);
      return { ...object, acl: grants };
    },
  );
  return { grants, version };
}
