/** Where the service's records and queues lie. */
import type { Scope } from "../../domain/scope.ts";

const within = ({ account, region }: Scope, kind: string): string => `${account}/${region}/${kind}`;

/** id: name. Topic. */
export const topicsSpace = (scope: Scope): string => within(scope, "topics");
/** id: `subscriptionId`. Subscription. */
export const subscriptionsSpace = (scope: Scope): string => within(scope, "topic-subscriptions");
/** id: see platform.ts. */
export const applicationsSpace = (scope: Scope): string => within(scope, "platform-applications");
export const endpointsSpace = (scope: Scope): string => within(scope, "platform-endpoints");
/** id: attribute. Its value. */
export const smsSpace = (scope: Scope): string => within(scope, "sms-attributes");
/** One record, `key`: see signer.ts. */
export const SIGNING = "all/all/topic-signing";

/** Names of topics hold no slash: those of one topic stand together. */
export const subscriptionId = (topic: string, id: string): string => `${topic}/${id}`;

/** Third segment of the queues of deliveries, one for each subscription. */
export const DELIVERIES = "topic-deliveries";
export const deliveriesQueue = (scope: Scope, subscription: string): string =>
  `${within(scope, DELIVERIES)}/${subscription}`;

/** Third segment of what FIFO topics remember, see fifo.ts. */
export const SEEN = "topic-messages";
