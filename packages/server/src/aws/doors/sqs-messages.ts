import { YunqueError } from "../../domain/errors.ts";
import {
  ATTRIBUTE_NAMES,
  checkBatch,
  type MessageQueues,
  type NewQueueMessage,
  queueError,
  type SentMessage,
  unknownAttribute,
} from "../../services/queues/index.ts";
import type { BatchResultErrorEntry, SqsApi } from "../api/sqs.ts";
import type { Door } from "../context.ts";
import { failedEntry } from "./sqs-errors.ts";
import {
  messageOutput,
  newMessage,
  refOf,
  type SendInput,
  systemDigest,
  traced,
} from "./sqs-shapes.ts";

const MAX_VISIBILITY_SECONDS = 43_200;
const SYSTEM_NAMES = new Set([
  "All",
  "SenderId",
  "SentTimestamp",
  "ApproximateReceiveCount",
  "ApproximateFirstReceiveTimestamp",
  "SequenceNumber",
  "MessageDeduplicationId",
  "MessageGroupId",
  "AWSTraceHeader",
  "DeadLetterQueueSourceArn",
]);

/** Operations on messages. */
export function messageOperations(queues: MessageQueues): Door<SqsApi> {
  return {
    async SendMessage({ QueueUrl, ...input }, context) {
      const ref = refOf(QueueUrl, context);
      const message = newMessage(input);
      const [result] = await queues.send(ref, [traced(message, context)], {
        senderId: context.account,
      });
      if (result instanceof YunqueError) throw result;
      return result === undefined ? {} : sendOutput(message, result);
    },

    async SendMessageBatch({ QueueUrl, Entries }, context) {
      const ref = refOf(QueueUrl, context);
      checkBatch("SendMessageBatchRequestEntry", idsOf(Entries));
      const failures = new Map<string, YunqueError>();
      const sound: { readonly id: string; readonly message: NewQueueMessage }[] = [];
      for (const { Id, ...input } of Entries) {
        const message = readEntry(input);
        if (message instanceof YunqueError) failures.set(Id, message);
        else sound.push({ id: Id, message });
      }
      const messages = sound.map(({ message }) => traced(message, context));
      const sending = { senderId: context.account, batch: true };
      const results = sound.length === 0 ? [] : await queues.send(ref, messages, sending);
      const Successful = [];
      for (const [index, { id, message }] of sound.entries()) {
        const result = results[index];
        if (result instanceof YunqueError) failures.set(id, result);
        else if (result !== undefined) Successful.push({ Id: id, ...sendOutput(message, result) });
      }
      return batchOutput(Entries, Successful, failures);
    },

    async ReceiveMessage(input, context) {
      const { QueueUrl, MaxNumberOfMessages: max = 1, WaitTimeSeconds, VisibilityTimeout } = input;
      const ref = refOf(QueueUrl, context);
      checkRange("MaxNumberOfMessages", max, 1, 10, "Must be between 1 and 10, if provided.");
      checkRange("WaitTimeSeconds", WaitTimeSeconds, 0, 20, "Must be >= 0 and <= 20, if provided.");
      checkVisibility(VisibilityTimeout);
      const { AttributeNames = [], MessageSystemAttributeNames = [] } = input;
      for (const name of AttributeNames)
        if (!SYSTEM_NAMES.has(name) && !ATTRIBUTE_NAMES.has(name)) throw unknownAttribute(name);
      for (const name of MessageSystemAttributeNames)
        if (!SYSTEM_NAMES.has(name)) throw unknownAttribute(name);
      const messages = await queues.receive({
        queue: ref,
        max,
        waitMs: WaitTimeSeconds === undefined ? undefined : WaitTimeSeconds * 1000,
        visibilityMs: VisibilityTimeout === undefined ? undefined : VisibilityTimeout * 1000,
        attempt: input.ReceiveRequestAttemptId,
        get signal() {
          return context.signal;
        },
      });
      if (messages.length === 0) return {};
      const wanted = {
        system:
          AttributeNames.length === 0
            ? MessageSystemAttributeNames
            : [...AttributeNames, ...MessageSystemAttributeNames],
        message: input.MessageAttributeNames ?? [],
      };
      return { Messages: messages.map((message) => messageOutput(message, wanted)) };
    },

    async DeleteMessage({ QueueUrl, ReceiptHandle }, context) {
      const [failure] = await queues.delete(refOf(QueueUrl, context), [ReceiptHandle]);
      if (failure !== undefined) throw failure;
    },

    async DeleteMessageBatch({ QueueUrl, Entries }, context) {
      const ref = refOf(QueueUrl, context);
      checkBatch("DeleteMessageBatchRequestEntry", idsOf(Entries));
      const handles = Entries.map(({ ReceiptHandle }) => ReceiptHandle);
      return endedBatch(Entries, await queues.delete(ref, handles));
    },

    async ChangeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout }, context) {
      const ref = refOf(QueueUrl, context);
      checkVisibility(VisibilityTimeout);
      const change = { handle: ReceiptHandle, visibilityMs: VisibilityTimeout * 1000 };
      const [failure] = await queues.changeVisibility(ref, [change]);
      if (failure !== undefined) throw failure;
    },

    async ChangeMessageVisibilityBatch({ QueueUrl, Entries }, context) {
      const ref = refOf(QueueUrl, context);
      checkBatch("ChangeMessageVisibilityBatchRequestEntry", idsOf(Entries));
      const failures = new Map<string, YunqueError>();
      const sound = Entries.filter(({ Id, VisibilityTimeout }) => {
        try {
          checkVisibility(VisibilityTimeout);
          return true;
        } catch (error) {
          if (!(error instanceof YunqueError)) throw error;
          failures.set(Id, error);
          return false;
        }
      });
      const results = await queues.changeVisibility(
        ref,
        sound.map(({ ReceiptHandle, VisibilityTimeout = 0 }) => ({
          handle: ReceiptHandle,
          visibilityMs: VisibilityTimeout * 1000,
        })),
      );
      return endedBatch(Entries, results, failures, sound);
    },
  };
}

const idsOf = (entries: readonly { readonly Id: string }[]): string[] =>
  entries.map(({ Id }) => Id);

function readEntry(input: SendInput): NewQueueMessage | YunqueError {
  try {
    return newMessage(input);
  } catch (error) {
    if (error instanceof YunqueError) return error;
    throw error;
  }
}

const sendOutput = (message: NewQueueMessage, sent: SentMessage) => ({
  MessageId: sent.messageId,
  MD5OfMessageBody: sent.md5OfBody,
  MD5OfMessageAttributes: sent.md5OfAttributes,
  MD5OfMessageSystemAttributes: systemDigest(message),
  SequenceNumber: sent.sequenceNumber,
});

/** Failures in the order of the entries. SQS leaves an empty list out. */
function batchOutput<Done>(
  entries: readonly { readonly Id: string }[],
  successful: readonly Done[],
  failures: ReadonlyMap<string, YunqueError>,
): { Successful: readonly Done[]; Failed: readonly BatchResultErrorEntry[] } {
  const failed: BatchResultErrorEntry[] = [];
  for (const { Id } of entries) {
    const error = failures.get(Id);
    if (error !== undefined) failed.push(failedEntry(Id, error));
  }
  const lists = {
    ...(successful.length === 0 ? {} : { Successful: successful }),
    ...(failed.length === 0 ? {} : { Failed: failed }),
  };
  // The model requires both; the answers that AWS gives do not have them both.
  return lists as { Successful: readonly Done[]; Failed: readonly BatchResultErrorEntry[] };
}

function endedBatch(
  entries: readonly { readonly Id: string }[],
  results: readonly (YunqueError | undefined)[],
  failures = new Map<string, YunqueError>(),
  sound: readonly { readonly Id: string }[] = entries,
) {
  const successful: { readonly Id: string }[] = [];
  for (const [index, { Id }] of sound.entries()) {
    const failure = results[index];
    if (failure === undefined) successful.push({ Id });
    else failures.set(Id, failure);
  }
  return batchOutput(entries, successful, failures);
}

function checkVisibility(value: number | undefined): void {
  checkRange(
    "VisibilityTimeout",
    value,
    0,
    MAX_VISIBILITY_SECONDS,
    `Must be >= 0 and <= ${MAX_VISIBILITY_SECONDS}, if provided.`,
  );
}

function checkRange(
  parameter: string,
  value: number | undefined,
  least: number,
  most: number,
  reason: string,
): void {
  if (value === undefined || (value >= least && value <= most)) return;
  throw queueError(
    "QueueParameterInvalid",
    `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`,
  );
}
