import { YunqueError } from "../../domain/errors.ts";
import type { TopicErrorCode } from "../../services/topics/index.ts";
import type { SnsError } from "../api/sns.ts";
import { AwsError } from "../error.ts";

/** SNS's name for each error of the service. */
const NAMES: Readonly<Record<TopicErrorCode, SnsError | "NotImplemented">> = {
  TopicInvalid: "InvalidParameterException",
  TopicValueInvalid: "InvalidParameterValueException",
  TopicNotFound: "NotFoundException",
  TaggedTopicUnknown: "ResourceNotFoundException",
  TooManyTopics: "TopicLimitExceededException",
  TooManySubscriptions: "SubscriptionLimitExceededException",
  TooManyFilterPolicies: "FilterPolicyLimitExceededException",
  TooManyTopicTags: "TagLimitExceededException",
  UnsubscribeForbidden: "AuthorizationErrorException",
  BatchEmpty: "EmptyBatchRequestException",
  BatchTooMany: "TooManyEntriesInBatchRequestException",
  BatchTooLong: "BatchRequestTooLongException",
  BatchIdsNotDistinct: "BatchEntryIdsNotDistinctException",
  BatchIdInvalid: "InvalidBatchEntryIdException",
  TopicFeatureMissing: "NotImplemented",
  TopicContended: "ConcurrentAccessException",
};

/** Storage that took nothing: nothing is lost, and the same call may succeed later. */
const STORAGE: Readonly<Record<string, readonly [name: SnsError, message: string]>> = {
  StorageBusy: ["ThrottledException", "Rate exceeded"],
  StorageFull: [
    "InternalErrorException",
    "The platform has no room left on its disk. Nothing was acknowledged or changed.",
  ],
  StorageClosed: ["InternalErrorException", "The platform is stopping. Nothing was changed."],
};

/** A service's error as SNS answers it; anything else is passed on as it is. */
export function snsError(error: unknown): unknown {
  if (!(error instanceof YunqueError)) return error;
  if (Object.hasOwn(STORAGE, error.code)) return new AwsError(...(STORAGE[error.code] ?? unknown));
  if (!Object.hasOwn(NAMES, error.code)) return error;
  const name = NAMES[error.code as TopicErrorCode];
  return new AwsError(name, error.message, name === "NotImplemented" ? { status: 501 } : {});
}

/** How a failed entry of a batch names its error. */
export function entryError(error: YunqueError): {
  readonly Code: string;
  readonly Message: string;
  readonly SenderFault: boolean;
} {
  const { code, message: Message } = error;
  if (code === "TopicInvalid") return { Code: "InvalidParameter", Message, SenderFault: true };
  if (code === "TopicValueInvalid")
    return { Code: "ParameterValueInvalid", Message, SenderFault: true };
  const [name, words] = STORAGE[code] ?? unknown;
  return { Code: name.replace(/Exception$/, ""), Message: words, SenderFault: false };
}

const unknown = ["InternalErrorException", "The message could not be published."] as const;
