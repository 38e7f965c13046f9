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

/** How a failed entry of a batch names the error. */
const CODES: Readonly<Partial<Record<TopicErrorCode, string>>> = {
  TopicInvalid: "InvalidParameter",
  TopicValueInvalid: "ParameterValueInvalid",
};

/** A service's error as SNS answers it; anything else is passed on as it is. */
export function snsError(error: unknown): unknown {
  if (!(error instanceof YunqueError) || !Object.hasOwn(NAMES, error.code)) return error;
  const name = NAMES[error.code as TopicErrorCode];
  return new AwsError(name, error.message, name === "NotImplemented" ? { status: 501 } : {});
}

export const entryCode = ({ code }: YunqueError): string =>
  CODES[code as TopicErrorCode] ?? "InternalError";
