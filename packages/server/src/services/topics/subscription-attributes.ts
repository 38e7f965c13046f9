/** Attributes of subscriptions: what may be set, and what is answered. */
import {
  compileFilterPolicy,
  FilterPolicyError,
  type FilterScope,
} from "../../domain/filter-policy.ts";
import { effectivePolicy, subscriptionPolicy } from "./delivery-policy.ts";
import { invalid, unbuilt } from "./errors.ts";
import type { Attributes, Protocol, Subscription, Topic } from "./model.ts";

const RAW: readonly Protocol[] = ["http", "https", "sqs", "firehose"];
const SCOPES = ["MessageAttributes", "MessageBody"];

/** Whose attributes they are, and where they come from: SNS puts `Attributes Reason: ` before what Subscribe is told. */
export interface AttributeOwner {
  readonly protocol: Protocol;
  readonly fifo: boolean;
  readonly from: "Subscribe" | "SetSubscriptionAttributes";
}

/** All attributes after some were set. @throws YunqueError */
export function withAttributes(
  before: Attributes,
  set: Attributes,
  owner: AttributeOwner,
): Attributes {
  const after: Record<string, string> = { ...before };
  for (const [name, value] of Object.entries(set)) {
    const checked = checkedAttribute(name, value, owner);
    if (checked === "") delete after[name];
    else after[name] = checked;
  }
  const { FilterPolicy: policy, FilterPolicyScope: scope = "MessageAttributes" } = after;
  if (policy !== undefined && ("FilterPolicy" in set || "FilterPolicyScope" in set))
    checkFilter(policy, scope as FilterScope, owner);
  return after;
}

/** Empty: it is to be removed. */
function checkedAttribute(name: string, value: string, owner: AttributeOwner): string {
  const { protocol, from } = owner;
  const reason = from === "Subscribe" ? "Attributes Reason: " : "";
  switch (name) {
    case "RawMessageDelivery": {
      const raw = value.toLowerCase();
      if (raw !== "true" && raw !== "false")
        throw invalid(
          `${reason}RawMessageDelivery: Invalid value [${value}]. Must be true or false.`,
        );
      if (raw === "true" && !RAW.includes(protocol))
        throw invalid(
          `${reason}Delivery protocol [${protocol}] does not support raw message delivery.`,
        );
      return raw;
    }
    case "FilterPolicy":
      return value.trim() === "{}" ? "" : value;
    case "FilterPolicyScope":
      if (!SCOPES.includes(value))
        throw invalid(
          `${reason}FilterPolicyScope: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`,
        );
      return value;
    case "DeliveryPolicy":
      if (value === "") return "";
      if (protocol !== "http" && protocol !== "https")
        throw invalid(
          `${reason}Delivery protocol [${protocol}] does not support delivery policies.`,
        );
      return JSON.stringify(subscriptionPolicy(value));
    case "RedrivePolicy":
      return checkedRedrive(value, owner, reason);
    case "ReplayPolicy":
      throw unbuilt("replays of topics (ReplayPolicy)");
    default:
      throw invalid(
        from === "Subscribe" ? `Attributes Reason: Unknown attribute: ${name}` : "AttributeName",
      );
  }
}

function checkFilter(policy: string, scope: FilterScope, { from }: AttributeOwner): void {
  try {
    compileFilterPolicy(policy, scope);
  } catch (error) {
    if (!(error instanceof FilterPolicyError)) throw error;
    const reason = from === "Subscribe" ? "Attributes Reason: " : "";
    throw invalid(`${reason}FilterPolicy: ${error.message}`);
  }
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html */
function checkedRedrive(value: string, { fifo }: AttributeOwner, reason: string): string {
  if (value === "") return "";
  const wrong = (why: string) => invalid(`${reason}RedrivePolicy: ${why}`);
  let policy: unknown;
  try {
    policy = JSON.parse(value);
  } catch {
    throw wrong("failed to parse JSON.");
  }
  const arn = (policy as { deadLetterTargetArn?: unknown } | null)?.deadLetterTargetArn;
  if (
    typeof arn !== "string" ||
    !/^arn:aws(-[a-z]+)*:sqs:[a-z0-9-]+:\d{12}:[\w-]{1,80}(\.fifo)?$/.test(arn)
  )
    throw wrong("deadLetterTargetArn is an invalid arn");
  if (fifo && !arn.endsWith(".fifo"))
    throw wrong("must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.");
  if (!fifo && arn.endsWith(".fifo"))
    throw wrong("must use a Standard queue as DLQ for a Standard Subscription.");
  return value;
}

/** ARN of the queue that gets what could not be delivered. */
export function deadLetterQueue({
  attributes,
}: Pick<Subscription, "attributes">): string | undefined {
  const policy = attributes["RedrivePolicy"];
  return policy === undefined ? undefined : JSON.parse(policy).deadLetterTargetArn;
}

/** As GetSubscriptionAttributes answers them. */
export function shownSubscription(subscription: Subscription, topic: Topic): Attributes {
  const { protocol, attributes } = subscription;
  const { FilterPolicyScope: scope, FilterPolicy: policy, ...others } = attributes;
  const isHttp = protocol === "http" || protocol === "https";
  const effective = () =>
    JSON.stringify(
      effectivePolicy(topic.attributes["DeliveryPolicy"], attributes["DeliveryPolicy"]),
    );
  return {
    RawMessageDelivery: "false",
    ...others,
    ...(policy === undefined
      ? {}
      : { FilterPolicy: policy, FilterPolicyScope: scope ?? "MessageAttributes" }),
    ...(isHttp ? { EffectiveDeliveryPolicy: effective() } : {}),
    SubscriptionArn: subscription.arn,
    TopicArn: subscription.topicArn,
    Protocol: protocol,
    Endpoint: subscription.endpoint,
    Owner: subscription.owner,
    SubscriptionPrincipal: subscription.principal,
    PendingConfirmation: String(subscription.state === "pending"),
    ConfirmationWasAuthenticated: String(subscription.authenticated),
  };
}
