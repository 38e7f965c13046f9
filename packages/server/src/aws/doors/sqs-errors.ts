import { YunqueError } from "../../domain/errors.ts";
import type { QueueErrorCode } from "../../services/queues/index.ts";
import type { SqsError } from "../api/sqs.ts";
import { AwsError } from "../error.ts";

/** SQS's name for each error of the service. */
const NAMES: Readonly<Record<QueueErrorCode, SqsError>> = {
  QueueMissing: "QueueDoesNotExist",
  QueueNameTaken: "QueueNameExists",
  QueueParameterInvalid: "InvalidParameterValueException",
  QueueParameterMissing: "MissingRequiredParameterException",
  QueueAttributeUnknown: "InvalidAttributeName",
  QueueAttributeInvalid: "InvalidAttributeValue",
  ReceiptHandleUnreadable: "ReceiptHandleIsInvalid",
  MessageContentsInvalid: "InvalidMessageContents",
  QueueBatchEmpty: "EmptyBatchRequest",
  QueueBatchTooMany: "TooManyEntriesInBatchRequest",
  QueueBatchIdsRepeated: "BatchEntryIdsNotDistinct",
  QueueBatchIdInvalid: "InvalidBatchEntryId",
  QueueBatchTooLong: "BatchRequestTooLong",
  QueueOverLimit: "OverLimit",
  QueuePurgedRecently: "PurgeQueueInProgress",
  MoveTaskMissing: "ResourceNotFoundException",
  MoveTaskRefused: "UnsupportedOperation",
  QueueContended: "RequestThrottled",
};

/** What the storage could not do now, and may do later. */
const STORAGE = new Set(["StorageBusy", "StorageFull", "StorageFailed", "StorageClosed"]);

/** A service's error as SQS answers it; anything else is passed on as it is. */
export function sqsError(error: unknown): unknown {
  if (!(error instanceof YunqueError)) return error;
  if (STORAGE.has(error.code))
    return new AwsError(
      "ServiceUnavailable",
      "The request has failed due to a temporary failure of the server.",
      { status: 503 },
    );
  if (!Object.hasOwn(NAMES, error.code)) return error;
  return new AwsError(NAMES[error.code as QueueErrorCode], error.message);
}

/** Codes of the query protocol where they are not the names; entries of batches that failed carry them. */
const CODES: Readonly<Partial<Record<SqsError, string>>> = {
  InvalidParameterValueException: "InvalidParameterValue",
  MissingRequiredParameterException: "MissingParameter",
};

/** Why an entry of a batch failed. */
export function failedEntry(Id: string, error: YunqueError) {
  const name = NAMES[error.code as QueueErrorCode];
  return { Id, SenderFault: true, Code: CODES[name] ?? name, Message: error.message };
}
