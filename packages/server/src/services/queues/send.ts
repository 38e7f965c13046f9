/** Messages are checked and added: one call of the engine for all of a request. */
import { hash, randomUUID } from "node:crypto";
import { YunqueError } from "../../domain/errors.ts";
import {
  attributesSize,
  hasForbiddenCharacters,
  isMessageToken,
  MAX_MESSAGE_BYTES,
  md5,
  type QueueMessageAttributes,
} from "../../domain/queue-message.ts";
import type { QueueRef } from "../../domain/queue-name.ts";
import type { Enqueued, NewMessage } from "../../ports/queues.ts";
import { dimensionsOf, type QueuesContext } from "./context.ts";
import { invalidParameter, invalidValue, missingParameter, queueError } from "./errors.ts";
import { checkMessageAttributes } from "./message-attributes.ts";
import type { Queue, QueueSettings } from "./model.ts";
import { digestOf, type StoredAttributes, sequenceNumber, storedBody } from "./stored-message.ts";

/** A message as its sender has it. */
export interface NewQueueMessage {
  readonly body: string;
  readonly attributes?: QueueMessageAttributes | undefined;
  /** 0 to 900; absent: the queue's own. Not of FIFO queues. */
  readonly delaySeconds?: number | undefined;
  readonly group?: string | undefined;
  readonly deduplicationId?: string | undefined;
  /** X-Ray's. */
  readonly traceHeader?: string | undefined;
}

export interface SentMessage {
  readonly messageId: string;
  readonly md5OfBody: string;
  readonly md5OfAttributes: string | undefined;
  /** Of messages of FIFO queues. */
  readonly sequenceNumber: string | undefined;
}

const MAX_DELAY_SECONDS = 900;
/** SQS: "Using the message deduplication ID". */
const DEDUPLICATION_MS = 300_000;

export interface Sending {
  readonly senderId: string;
  /** A batch: the rules that hold for all of it, and words of its own. */
  readonly batch?: boolean;
}

/**
 * Sends messages. Answers one result each, in order: what was sent, or why it was not.
 * @throws YunqueError where nothing was sent.
 */
export async function send(
  { book, queues, clock, waiting, metrics }: QueuesContext,
  ref: QueueRef,
  messages: readonly NewQueueMessage[],
  { senderId, batch = false }: Sending,
): Promise<(SentMessage | YunqueError)[]> {
  const queue = await book.get(ref);
  const now = clock.now();
  if (queue.settings.fifo) for (const message of messages) checkFifo(queue, message, batch);
  if (batch) checkBatchSize(messages);
  const added: NewMessage[] = [];
  const results = messages.map((message) => {
    try {
      checkMessage(queue, message);
    } catch (error) {
      if (error instanceof YunqueError) return error;
      throw error;
    }
    const { stored, ...newMessage } = newMessageOf(queue, message, senderId);
    added.push(newMessage);
    return { stored, message };
  });
  if (added.length === 0) return results.filter((result) => result instanceof YunqueError);
  const enqueued = await queues.enqueue(queue.messages, added, now);
  waiting.wake(queue.messages);
  if (metrics) {
    const about = dimensionsOf(ref);
    metrics.count("NumberOfMessagesSent", about, added.length);
    for (const { body } of messages)
      metrics.observe("SentMessageSize", about, Buffer.byteLength(body));
  }
  let next = 0;
  return results.map((result) =>
    result instanceof YunqueError ? result : sentMessage(queue, result, enqueued[next++]),
  );
}

function sentMessage(
  { settings }: Queue,
  { stored, message }: { readonly stored: StoredAttributes; readonly message: NewQueueMessage },
  enqueued: Enqueued | undefined,
): SentMessage {
  return {
    messageId: enqueued?.duplicate ?? stored.i,
    md5OfBody: stored.d,
    md5OfAttributes: message.attributes && digestOf(message.attributes),
    sequenceNumber: settings.fifo ? sequenceNumber(enqueued?.id ?? 0) : undefined,
  };
}

function newMessageOf(
  { settings }: Queue,
  message: NewQueueMessage,
  senderId: string,
): NewMessage & { readonly stored: StoredAttributes } {
  const { body: text, attributes = {}, group, traceHeader: t } = message;
  const { fifo, delayMs: usual } = settings;
  const { body, b } = storedBody(text, Object.keys(attributes).length > 0 ? attributes : undefined);
  const k = fifo ? deduplicationId(message) : message.deduplicationId;
  const stored: StoredAttributes = {
    i: randomUUID(),
    d: md5(text),
    u: senderId,
    ...(b === undefined ? {} : { b }),
    ...(group === undefined ? {} : { g: group }),
    ...(k === undefined ? {} : { k }),
    ...(t === undefined ? {} : { t }),
  };
  const delayMs = message.delaySeconds === undefined || fifo ? usual : message.delaySeconds * 1000;
  return {
    stored,
    body,
    attributes: JSON.stringify(stored),
    ...(delayMs > 0 ? { delayMs } : {}),
    ...(fifo && group !== undefined && k !== undefined
      ? {
          group,
          once: { keys: keysOf(settings, group, k), forMs: DEDUPLICATION_MS, note: stored.i },
        }
      : {}),
  };
}

/**
 * What a message is remembered by for five minutes. Where groups are apart it is its group, too; it is then no duplicate
 * of one of another group, unless that one came before the groups were apart.
 */
const keysOf = (
  { groupDeduplication }: QueueSettings,
  group: string,
  deduplicationId: string,
): readonly string[] =>
  groupDeduplication ? [`${group} ${deduplicationId}`, deduplicationId] : [deduplicationId];

/** Of a FIFO queue: the sender's, or the SHA-256 of the body. */
const deduplicationId = ({ deduplicationId, body }: NewQueueMessage): string =>
  deduplicationId ?? hash("sha256", body);

/** What a message of a FIFO queue must say. Where it does not, nothing of a batch is sent. */
function checkFifo({ settings }: Queue, message: NewQueueMessage, batch: boolean): void {
  if (message.group === undefined)
    throw batch
      ? invalidParameter("The request must contain the parameter MessageGroupId.")
      : missingParameter("MessageGroupId");
  if (message.deduplicationId === undefined && !settings.contentDeduplication)
    throw invalidParameter(
      "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    );
}

function checkBatchSize(messages: readonly NewQueueMessage[]): void {
  const size = messages.reduce((sum, message) => sum + sizeOf(message), 0);
  if (size > MAX_MESSAGE_BYTES)
    throw queueError(
      "QueueBatchTooLong",
      `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes. You have sent ${size} bytes.`,
    );
}

const sizeOf = ({ body, attributes }: NewQueueMessage): number =>
  Buffer.byteLength(body) + (attributes === undefined ? 0 : attributesSize(attributes));

function checkMessage({ settings }: Queue, message: NewQueueMessage): void {
  const { body, attributes, delaySeconds, group, deduplicationId } = message;
  if (body === "") throw missingParameter("MessageBody");
  if (hasForbiddenCharacters(body))
    throw queueError(
      "MessageContentsInvalid",
      "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
    );
  if (attributes !== undefined) checkMessageAttributes(attributes);
  if (sizeOf(message) > settings.maxBytes)
    throw invalidParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${settings.maxBytes} bytes.`,
    );
  if (delaySeconds !== undefined) checkDelay(delaySeconds, settings.fifo);
  if (group !== undefined) checkToken(group, "MessageGroupId");
  if (deduplicationId !== undefined) {
    if (!settings.fifo)
      throw invalidValue(
        deduplicationId,
        "MessageDeduplicationId",
        "The request includes a parameter that is not valid for this queue type.",
      );
    checkToken(deduplicationId, "MessageDeduplicationId");
  }
}

function checkDelay(delaySeconds: number, fifo: boolean): void {
  if (delaySeconds < 0 || delaySeconds > MAX_DELAY_SECONDS)
    throw invalidValue(
      delaySeconds,
      "DelaySeconds",
      `DelaySeconds must be >= 0 and <= ${MAX_DELAY_SECONDS}.`,
    );
  if (fifo && delaySeconds > 0)
    throw invalidValue(
      delaySeconds,
      "DelaySeconds",
      "The request include parameter that is not valid for this queue type.",
    );
}

/** @throws YunqueError QueueParameterInvalid */
export function checkToken(text: string, parameter: string): void {
  if (!isMessageToken(text))
    throw invalidValue(
      text,
      parameter,
      `${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    );
}
