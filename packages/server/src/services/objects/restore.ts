/** Objects of archives come back for some days. Here they do so at once: there is no tape to wait for. */
import { canonicalId } from "../../domain/bucket.ts";
import { dueAfter } from "../../domain/bucket-lifecycle.ts";
import { isArchived } from "../../domain/object.ts";
import { findBucket } from "./buckets.ts";
import { changeVersion } from "./change-version.ts";
import { objectError } from "./errors.ts";
import { findObject, type VersionName } from "./find-object.ts";
import type { Caller, Store } from "./store.ts";

/**
 * Makes an archived version readable for so many days, counted from now. Answers whether it was readable before.
 * @throws ObjectNotArchived
 */
export async function restoreObject(
  store: Store,
  caller: Caller,
  name: VersionName,
  days: number,
): Promise<boolean> {
  const { value: bucket } = await findBucket(store, caller, name);
  const { value: object } = await findObject(store, bucket, name);
  const { storageClass } = object;
  if (!isArchived(storageClass)) throw objectError("ObjectNotArchived", { storageClass });
  const now = store.clock.now();
  const before = object.restored !== undefined && object.restored > now;
  const until = dueAfter(now, days);
  const restore = { until, storageClass };
  const completed = {
    name: "s3:ObjectRestore:Completed",
    restore,
    principal: `AmazonCustomer:${canonicalId(bucket.account)}`,
    sourceIp: "s3.amazonaws.com",
  };
  const events = before ? [] : [{ name: "s3:ObjectRestore:Post", restore }, completed];
  await changeVersion(store, caller, name, events, (current) => ({ ...current, restored: until }));
  return before;
}
