/** Which events of a bucket go to which functions. */
import { findRuleFault, type NotificationRule } from "../../domain/notification.ts";
import { type BucketName, findBucket, updateBucket } from "./buckets.ts";
import { objectError } from "./errors.ts";
import type { Caller, Store } from "./store.ts";

/** Whether a destination exists: S3 refuses rules for what is not there. */
export type DestinationExists = (rule: NotificationRule) => Promise<boolean>;

export async function getNotificationRules(
  store: Store,
  caller: Caller,
  name: BucketName,
): Promise<readonly NotificationRule[]> {
  return (await findBucket(store, caller, name)).value.rules;
}

/**
 * Replaces all rules of a bucket.
 * @throws NotificationRuleInvalid, DestinationMissing with `missing`: the rules whose destination does not exist
 */
export async function putNotificationRules(
  store: Store,
  caller: Caller,
  name: BucketName,
  rules: readonly NotificationRule[],
  /** False for clients that know better: nothing is asked of the destinations. */
  validated = true,
): Promise<void> {
  const fault = findRuleFault(rules);
  if (fault !== undefined) throw objectError("NotificationRuleInvalid", { ...fault });
  await findBucket(store, caller, name);
  if (validated) await checkDestinations(store, rules);
  await updateBucket(store, caller, name, (bucket) => ({ ...bucket, rules }));
}

async function checkDestinations(store: Store, rules: readonly NotificationRule[]): Promise<void> {
  const exist = await Promise.all(rules.map((rule) => store.destinationExists(rule)));
  const missing = rules.filter((_, index) => exist[index] !== true);
  if (missing.length > 0) throw objectError("DestinationMissing", { missing });
}
