/** What a topic takes no more of. https://docs.aws.amazon.com/general/latest/gr/sns.html */
import { invalid, topicError } from "./errors.ts";
import type { Attributes, Protocol } from "./model.ts";
import type { TopicView } from "./store.ts";
import { mustConfirm } from "./subscriber.ts";
import { MESSAGE_BYTES, messageBytes } from "./topic-attributes.ts";

const MAX_SUBSCRIPTIONS = { standard: 12_500_000, fifo: 100, large: 100 };
const MAX_FILTERS = 200;

/** SNS: what Subscribe says must be so already. */
export const isSame = (there: Attributes, asked: Attributes): boolean =>
  Object.entries(asked).every(([name, value]) => (there[name] ?? DEFAULTS[name]) === value);
const DEFAULTS: Attributes = {
  RawMessageDelivery: "false",
  FilterPolicyScope: "MessageAttributes",
};

/** @throws YunqueError */
export function checkCounts(view: TopicView, attributes: Attributes, protocol: Protocol): void {
  const { topic, subscriptions } = view;
  const large = messageBytes(topic) > MESSAGE_BYTES;
  if (large && mustConfirm(protocol))
    throw invalid(`Protocol Reason: topics of large messages can not deliver to ${protocol}`);
  if (large && subscriptions.length >= MAX_SUBSCRIPTIONS.large)
    throw invalid("TopicArn Reason: topics of large messages have at most 100 subscriptions");
  if (subscriptions.length >= MAX_SUBSCRIPTIONS[topic.fifo ? "fifo" : "standard"])
    throw topicError(
      "TooManySubscriptions",
      "Maximum number of subscriptions for this topic reached",
    );
  checkFilters(view, attributes);
}

/** @throws YunqueError */
export function checkFilters({ subscriptions }: TopicView, attributes: Attributes): void {
  if (attributes["FilterPolicy"] === undefined) return;
  if (subscriptions.filter(({ filter }) => filter !== undefined).length >= MAX_FILTERS)
    throw topicError("TooManyFilterPolicies", "Filter policy limit exceeded");
}
