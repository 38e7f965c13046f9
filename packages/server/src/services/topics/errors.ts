import { type ErrorEntry, YunqueError } from "../../domain/errors.ts";

/** What goes wrong with topics. docs/reference/errors.md repeats it. */
export type TopicErrorCode = keyof typeof TOPIC_ERRORS;

const user = (meaning: string): ErrorEntry => ({ fault: "user", retryable: false, meaning });

export const TOPIC_ERRORS = {
  TopicInvalid: user("A value breaks a rule of SNS; the message says which."),
  TopicValueInvalid: user("A message attribute breaks a rule of SNS; the message says which."),
  TopicNotFound: user("There is no such topic, subscription, platform application or endpoint."),
  TaggedTopicUnknown: user("No topic has this ARN."),
  TooManyTopics: user("The account has 100,000 topics, or 1,000 FIFO topics. Delete some."),
  TooManySubscriptions: user("The topic takes no more subscriptions. Remove some."),
  TooManyFilterPolicies: user("200 subscriptions of the topic have filter policies."),
  TooManyTopicTags: user("A topic has at most 50 tags."),
  UnsubscribeForbidden: user("Only a signed request ends this subscription."),
  BatchEmpty: user("The batch holds no message."),
  BatchTooMany: user("The batch holds more than ten messages."),
  BatchTooLong: user("The messages of the batch are longer together than one may be."),
  BatchIdsNotDistinct: user("Two messages of the batch have the same id."),
  BatchIdInvalid: user("An id of the batch has other characters than letters, digits, - and _."),
  TopicFeatureMissing: user("Yunque has no such feature of SNS; the message says which."),
  TopicContended: {
    fault: "user",
    retryable: true,
    meaning: "Too many changes of the same topic at once. Try again.",
  },
} as const satisfies Record<string, ErrorEntry>;

/** An error of the table, in AWS's words where AWS has words for it. */
export const topicError = (code: TopicErrorCode, message: string): YunqueError =>
  new YunqueError(code, message);

/** `Invalid parameter: Subject` */
export const invalid = (what: string): YunqueError =>
  topicError("TopicInvalid", `Invalid parameter: ${what}`);

export const missing = (what: "Topic" | "Subscription" | "PlatformApplication" | "Endpoint") =>
  topicError("TopicNotFound", `${what} does not exist`);

export const unbuilt = (what: string): YunqueError =>
  topicError("TopicFeatureMissing", `Yunque has no ${what} yet`);
