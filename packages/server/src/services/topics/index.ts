/** SNS: topics, who subscribes to them, and what is published. The folder's only door. */
import type { TopicsDependencies } from "./context.ts";
import { Deliveries } from "./deliveries.ts";
import { FifoOrder } from "./fifo.ts";
import { createPlatformOperations, type PlatformOperations } from "./platform.ts";
import { createPublishOperations, type PublishOperations } from "./publish.ts";
import { Signer } from "./signer.ts";
import { createSmsOperations, type SmsOperations } from "./sms.ts";
import { TopicStore } from "./store.ts";
import { createSubscriptionOperations, type SubscriptionOperations } from "./subscriptions.ts";
import { createTopicOperations, type TopicOperations } from "./topics.ts";

export type { Caller, TopicsDependencies } from "./context.ts";
export { TOPIC_ERRORS, type TopicErrorCode } from "./errors.ts";
export type { Subscription } from "./model.ts";
export type { BatchAnswer, NewMessage } from "./publish.ts";

export interface Topics extends PublishOperations {
  readonly topics: TopicOperations;
  readonly subscriptions: SubscriptionOperations;
  readonly platform: PlatformOperations;
  readonly sms: SmsOperations;
  /** The certificate of signatures, as PEM, where this path is its own. */
  certificate(path: string): Promise<string | undefined>;
  /** Whether there is a topic of this name in the scope. */
  exists(
    scope: { readonly account: string; readonly region: string },
    name: string,
  ): Promise<boolean>;
  /** Delivers what an earlier life of the platform left. */
  start(): Promise<void>;
  /** Begins no more deliveries, and waits for those under way; what is left waits for the next start. */
  close(graceMs: number): Promise<void>;
}

export function createTopics(dependencies: TopicsDependencies): Topics {
  const { records, clock, origin, metrics } = dependencies;
  const store = new TopicStore(records);
  const signer = new Signer(records, clock, origin);
  const deliveries = new Deliveries(dependencies, signer);
  const fifo = new FifoOrder(records, clock);
  const parts = {
    deliveries,
    signer,
    origin,
    onFiltered: ({ name }: { readonly name: string }, count: number) =>
      metrics.count("NumberOfNotificationsFilteredOut", { TopicName: name }, count),
  };
  return {
    topics: createTopicOperations(dependencies, store, deliveries),
    subscriptions: createSubscriptionOperations(dependencies, store, deliveries),
    platform: createPlatformOperations(records),
    sms: createSmsOperations(records),
    ...createPublishOperations(dependencies, store, fifo, parts),
    certificate: (path) => signer.certificate(path),
    exists: async (scope, name) => (await store.find(scope, name)) !== undefined,
    start: () => deliveries.start(),
    async close(graceMs) {
      await deliveries.close(graceMs);
      await fifo.close();
    },
  };
}
