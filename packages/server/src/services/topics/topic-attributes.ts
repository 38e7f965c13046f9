/** Attributes of topics: what may be set, and what is answered. */
import { effectiveTopicPolicy, topicPolicy } from "./delivery-policy.ts";
import { invalid, unbuilt } from "./errors.ts";
import type { Attributes, Topic } from "./model.ts";
import { checkPolicy, defaultPolicy } from "./permissions.ts";
import type { KnownSubscription } from "./store.ts";

/** Largest message of a topic that says nothing of it, and of any. */
export const MESSAGE_BYTES = 262_144;
const LARGEST_MESSAGE_BYTES = 1_048_576;

/** Attributes that tell where to log deliveries. They are kept; the logs come with CloudWatch Logs. */
const FEEDBACK =
  /^(?:HTTP|Firehose|Lambda|Application|SQS)(?:(?:Success|Failure)FeedbackRoleArn|SuccessFeedbackSampleRate)$/;
const CHECKS: Readonly<Record<string, (value: string, fifo: boolean) => string>> = {
  DisplayName(value) {
    if (value.length > 100 || /[\p{Cc}]/u.test(value)) throw invalid("DisplayName");
    return value;
  },
  Policy: checkPolicy,
  DeliveryPolicy: (value) => (value === "" ? "" : JSON.stringify(topicPolicy(value))),
  KmsMasterKeyId: (value) => value,
  SignatureVersion: oneOf("SignatureVersion", ["1", "2"]),
  TracingConfig: oneOf("TracingConfig", ["PassThrough", "Active"]),
  ContentBasedDeduplication(value, fifo) {
    if (!fifo) throw invalid("Content-based deduplication can only be set for FIFO topics");
    return oneOf("ContentBasedDeduplication", ["true", "false"])(value);
  },
  FifoThroughputScope(value, fifo) {
    if (!fifo) throw invalid("FifoThroughputScope can only be set for FIFO topics");
    return oneOf("FifoThroughputScope", ["Topic", "MessageGroup"])(value);
  },
  MaximumMessageSize(value) {
    const bytes = Number(value);
    if (!/^\d{1,7}$/.test(value) || bytes < 1024 || bytes > LARGEST_MESSAGE_BYTES)
      throw invalid("MaximumMessageSize");
    return value;
  },
};

function oneOf(name: string, values: readonly string[]): (value: string) => string {
  return (value) => {
    if (!values.includes(value)) throw invalid(name);
    return value;
  };
}

/** One attribute as it is kept. @throws YunqueError */
export function checkedAttribute(name: string, value: string, fifo: boolean): string {
  if (name === "ArchivePolicy") throw unbuilt("archives of topics (ArchivePolicy)");
  if (FEEDBACK.test(name)) return value;
  if (!Object.hasOwn(CHECKS, name)) throw invalid("AttributeName");
  return (CHECKS[name] as (typeof CHECKS)[string])(value, fifo);
}

/** Those of a new topic. @throws YunqueError */
export function newAttributes(given: Attributes, fifo: boolean): Attributes {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (name === "FifoTopic") continue;
    if (!FEEDBACK.test(name) && !Object.hasOwn(CHECKS, name) && name !== "ArchivePolicy")
      throw invalid(`Attributes Reason: Unknown attribute: ${name}`);
    kept[name] = checkedAttribute(name, value, fifo);
  }
  return kept;
}

/** As GetTopicAttributes answers them. */
export function shownAttributes(
  { arn, fifo, attributes, ended }: Topic,
  owner: string,
  subscriptions: readonly KnownSubscription[],
): Attributes {
  const count = (state: string) =>
    String(subscriptions.filter(({ subscription }) => subscription.state === state).length);
  const { Policy: policy, DeliveryPolicy: delivery, ...others } = attributes;
  return {
    ...(fifo ? { FifoTopic: "true", ContentBasedDeduplication: "false" } : {}),
    DisplayName: "",
    ...others,
    Policy: policy ?? defaultPolicy(arn, owner),
    Owner: owner,
    TopicArn: arn,
    ...(delivery ? { DeliveryPolicy: delivery } : {}),
    EffectiveDeliveryPolicy: JSON.stringify(effectiveTopicPolicy(delivery || undefined)),
    SubscriptionsConfirmed: count("confirmed"),
    SubscriptionsPending: count("pending"),
    SubscriptionsDeleted: String(ended),
  };
}

/** Bytes that a message of the topic may have, its attributes included. */
export const messageBytes = ({ attributes }: Topic): number =>
  Number(attributes["MaximumMessageSize"] ?? MESSAGE_BYTES);
