import { type ErrorEntry, YunqueError } from "../../domain/errors.ts";

/** What goes wrong with queues. docs/reference/errors.md repeats it. */
export type QueueErrorCode = keyof typeof QUEUE_ERRORS;

const user = (meaning: string): ErrorEntry => ({ fault: "user", retryable: false, meaning });

export const QUEUE_ERRORS = {
  QueueMissing: user("There is no such queue in the account and region."),
  QueueNameTaken: user("A queue of this name exists, with other attributes."),
  QueueParameterInvalid: user(
    "A parameter of a call to a queue breaks a rule; the message says which.",
  ),
  QueueParameterMissing: user("A parameter that the call needs is not there."),
  QueueAttributeUnknown: user("A queue has no such attribute, or not this kind of queue."),
  QueueAttributeInvalid: user(
    "The value of a queue's attribute breaks a rule; the message says which.",
  ),
  ReceiptHandleUnreadable: user("The receipt handle is none that this queue gave."),
  MessageContentsInvalid: user("The body has characters that no message may have."),
  QueueBatchEmpty: user("A batch has at least one entry."),
  QueueBatchTooMany: user("A batch has at most 10 entries."),
  QueueBatchIdsRepeated: user("Two entries of a batch have the same id."),
  QueueBatchIdInvalid: user(
    "The id of a batch's entry is 1 to 80 letters, digits, hyphens and underscores.",
  ),
  QueueBatchTooLong: user("The messages of a batch have more than 1 MiB together."),
  QueueOverLimit: {
    fault: "user",
    retryable: true,
    meaning:
      "Too many messages of the queue are in flight, or too many receivers wait. Delete some, or come later.",
  },
  QueuePurgedRecently: {
    fault: "user",
    retryable: true,
    meaning: "A queue can be purged once every 60 seconds.",
  },
  MoveTaskMissing: user("There is no such queue or message move task."),
  MoveTaskRefused: user(
    "The message move task cannot be started or cancelled; the message says why.",
  ),
  QueueContended: {
    fault: "user",
    retryable: true,
    meaning: "Too many changes of the same queue at once. Try again.",
  },
} as const satisfies Record<string, ErrorEntry>;

/** An error of the table, in SQS's words where SQS has words for it. */
export function queueError(
  code: QueueErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): YunqueError {
  return new YunqueError(code, message, details);
}

export const missingQueue = () => queueError("QueueMissing", "The specified queue does not exist.");

export const invalidParameter = (message: string) => queueError("QueueParameterInvalid", message);

/** In the form that SQS has for most of them. */
export const invalidValue = (value: unknown, parameter: string, reason: string) =>
  invalidParameter(`Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`);

export const missingParameter = (name: string) =>
  queueError("QueueParameterMissing", `The request must contain the parameter ${name}.`);
