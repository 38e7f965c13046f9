/** Which events of a bucket go where. */

import { findRuleFault, type NotificationRule } from "../../domain/notification.ts";
import { testMessage } from "../../domain/notification-event.ts";
import { Undeliverable } from "../../ports/targets.ts";
import { type BucketName, findBucket, updateBucket } from "./buckets.ts";
import { objectError } from "./errors.ts";
import { SUBJECT } from "./outbox.ts";
import type { Caller, Store } from "./store.ts";

export interface Notifications {
  readonly rules: readonly NotificationRule[];
  /** All events go to the account's default bus, too. */
  readonly eventBridge: boolean;
}

export async function getNotifications(
  store: Store,
  caller: Caller,
  name: BucketName,
): Promise<Notifications> {
  const { rules, eventBridge = false } = (await findBucket(store, caller, name)).value;
  return { rules, eventBridge };
}

/**
 * Replaces all rules of a bucket. Queues and topics hear of it by a test message.
 * @throws NotificationRuleInvalid, DestinationMissing with `missing`: the rules whose destination takes no messages
 */
export async function putNotifications(
  store: Store,
  caller: Caller,
  name: BucketName,
  { rules, eventBridge }: Notifications,
  /** False for clients that know better: nothing is asked of the destinations. */
  validated = true,
): Promise<void> {
  const fault = findRuleFault(rules);
  if (fault !== undefined) throw objectError("NotificationRuleInvalid", { ...fault });
  await findBucket(store, caller, name);
  if (validated) await checkDestinations(store, caller, name.bucket, rules);
  await updateBucket(store, caller, name, ({ eventBridge: _, ...bucket }) => ({
    ...bucket,
    rules,
    ...(eventBridge && { eventBridge: true as const }),
  }));
}

async function checkDestinations(
  store: Store,
  caller: Caller,
  bucket: string,
  rules: readonly NotificationRule[],
): Promise<void> {
  const { targets, clock } = store;
  const refuse = (exist: readonly boolean[]) => {
    const missing = rules.filter((_, index) => exist[index] !== true);
    if (missing.length > 0) throw objectError("DestinationMissing", { missing });
  };
  refuse(await Promise.all(rules.map(({ destination }) => targets.exists(destination))));
  const { requestId, hostId } = caller;
  const message = testMessage({ time: clock.now(), bucket, requestId, hostId });
  const body = Buffer.from(JSON.stringify(message));
  const sender = { service: "s3.amazonaws.com", arn: `arn:aws:s3:::${bucket}` };
  const told = await Promise.all(
    rules.map(async ({ kind, destination: target }) => {
      if (kind === "function") return true;
      try {
        await targets.deliver({ target, body, sender, subject: SUBJECT });
        return true;
      } catch (error) {
        if (error instanceof Undeliverable) return false; // a FIFO queue, say
        throw error;
      }
    }),
  );
  refuse(told);
}
