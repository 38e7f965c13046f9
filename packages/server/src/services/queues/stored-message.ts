/** A message as `ports/queues.ts` keeps it, and as receivers get it. */
import { attributesDigest, type QueueMessageAttributes } from "../../domain/queue-message.ts";
import type { Leased } from "../../ports/queues.ts";
import { handleOf } from "./handles.ts";
import type { Queue } from "./model.ts";

/** What is kept beside the body. Short names: it is written with every message. */
export interface StoredAttributes {
  /** Its id, as clients know it. */
  readonly i: string;
  /** MD5 of the body. */
  readonly d: string;
  /** Who sent it. */
  readonly u: string;
  /** How many bytes of the body are the text; its message attributes follow as JSON. Absent: all of them. */
  readonly b?: number;
  readonly g?: string;
  /** Its deduplication id. */
  readonly k?: string;
  /** X-Ray's header. */
  readonly t?: string;
  /** How often, and when first, it was received in the queue that it was moved from. */
  readonly r?: number;
  readonly f?: number;
  /** ARN of the queue that it was a dead letter of. */
  readonly q?: string;
}

export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** Hexadecimal. */
  readonly md5OfBody: string;
  readonly messageAttributes: QueueMessageAttributes;
  readonly senderId: string;
  /** Milliseconds since the epoch. */
  readonly sent: number;
  readonly firstReceived: number;
  /** This time included. */
  readonly receives: number;
  readonly group: string | undefined;
  readonly deduplicationId: string | undefined;
  /** Of messages of FIFO queues. */
  readonly sequenceNumber: string | undefined;
  readonly traceHeader: string | undefined;
  /** ARN of the queue that it was a dead letter of. */
  readonly deadLetterSource: string | undefined;
}

const NONE: QueueMessageAttributes = {};

/** The text and the message attributes in one body. */
export function storedBody(
  text: string,
  attributes: QueueMessageAttributes | undefined,
): {
  readonly body: Uint8Array;
  readonly b?: number;
} {
  const body = Buffer.from(text);
  if (attributes === undefined) return { body };
  return { body: Buffer.concat([body, Buffer.from(JSON.stringify(attributes))]), b: body.length };
}

export const readAttributes = ({ attributes }: Leased): StoredAttributes =>
  JSON.parse(attributes) as StoredAttributes;

/** How often it was received in all queues together. */
export const receivesOf = ({ attempts }: Leased, { r = 0 }: StoredAttributes): number =>
  attempts + r;

/** `at`: when it is received. */
export function receivedMessage(
  queue: Queue,
  leased: Leased,
  stored: StoredAttributes,
  at: number,
): ReceivedMessage {
  const { id, epoch, body: bytes, enqueuedAt, firstLeasedAt } = leased;
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { b = all.length } = stored;
  return {
    messageId: stored.i,
    receiptHandle: handleOf(queue, { id, epoch, at }),
    body: all.toString("utf8", 0, b),
    md5OfBody: stored.d,
    messageAttributes:
      stored.b === undefined
        ? NONE
        : (JSON.parse(all.toString("utf8", b)) as QueueMessageAttributes),
    senderId: stored.u,
    sent: enqueuedAt,
    firstReceived: stored.f ?? firstLeasedAt,
    receives: receivesOf(leased, stored),
    group: stored.g,
    deduplicationId: stored.k,
    sequenceNumber: queue.settings.fifo ? sequenceNumber(id) : undefined,
    traceHeader: stored.t,
    deadLetterSource: stored.q,
  };
}

/** SQS: 20 digits that grow. */
export const sequenceNumber = (id: number): string => `1${String(id).padStart(19, "0")}`;

/** In AWS's words, as receivers ask for them. */
export function systemAttributes(message: ReceivedMessage): Record<string, string> {
  const attributes: Record<string, string> = {
    SenderId: message.senderId,
    ApproximateFirstReceiveTimestamp: String(message.firstReceived),
    ApproximateReceiveCount: String(message.receives),
    SentTimestamp: String(message.sent),
  };
  const optional = {
    MessageGroupId: message.group,
    MessageDeduplicationId: message.deduplicationId,
    SequenceNumber: message.sequenceNumber,
    AWSTraceHeader: message.traceHeader,
    DeadLetterQueueSourceArn: message.deadLetterSource,
  };
  for (const [name, value] of Object.entries(optional))
    if (value !== undefined) attributes[name] = value;
  return attributes;
}

/** Undefined where there are none. */
export const digestOf = (attributes: QueueMessageAttributes): string | undefined =>
  Object.keys(attributes).length === 0 ? undefined : attributesDigest(attributes);
