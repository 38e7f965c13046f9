/** Messages and names between SQS's words and ours. */
import {
  attributesDigest,
  hasForbiddenCharacters,
  type QueueMessageAttribute,
  type QueueMessageAttributes,
} from "../../domain/queue-message.ts";
import { parseQueueUrl, type QueueRef } from "../../domain/queue-name.ts";
import { usableTraceId } from "../../domain/trace-id.ts";
import {
  digestOf,
  type NewQueueMessage,
  queueError,
  type ReceivedMessage,
  systemAttributes,
} from "../../services/queues/index.ts";
import type { Message, MessageAttributeValue, SendMessageBatchRequestEntry } from "../api/sqs.ts";
import type { AwsContext } from "../context.ts";
import { AwsError } from "../error.ts";

/** The queue that a URL names. @throws AwsError where it names none. */
export function refOf(url: string, context: AwsContext): QueueRef {
  const ref = parseQueueUrl(url, context);
  if (ref !== undefined) return ref;
  throw new AwsError("InvalidAddress", `The address ${url} is not valid for this endpoint.`);
}

export type SendInput = Omit<SendMessageBatchRequestEntry, "Id">;

/** @throws YunqueError where an attribute has no value of its type. */
export function newMessage(input: SendInput): NewQueueMessage {
  const { MessageBody, MessageAttributes, MessageSystemAttributes, ...more } = input;
  return {
    body: MessageBody,
    attributes: MessageAttributes && attributesOf(MessageAttributes),
    delaySeconds: more.DelaySeconds,
    group: more.MessageGroupId,
    deduplicationId: more.MessageDeduplicationId,
    traceHeader: MessageSystemAttributes && traceHeaderOf(MessageSystemAttributes),
  };
}

/** MD5 of what was sent as system attributes; undefined where nothing was. */
export const systemDigest = ({ traceHeader }: NewQueueMessage): string | undefined =>
  traceHeader === undefined
    ? undefined
    : attributesDigest({ AWSTraceHeader: { type: "String", value: traceHeader } });

function attributesOf(
  values: Readonly<Record<string, MessageAttributeValue>>,
): QueueMessageAttributes | undefined {
  const entries = Object.entries(values);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([name, value]) => [name, attributeOf(name, value)]));
}

function attributeOf(name: string, value: MessageAttributeValue): QueueMessageAttribute {
  const { DataType: type, StringValue, BinaryValue, StringListValues, BinaryListValues } = value;
  if ((StringListValues?.length ?? 0) > 0 || (BinaryListValues?.length ?? 0) > 0)
    throw invalid("Message attribute list values in SendMessage operation are not supported.");
  const binary = /^Binary(?:\.|$)/.test(type);
  const field = binary ? "Binary" : "String";
  if (binary ? StringValue !== undefined && BinaryValue === undefined : BinaryValue !== undefined)
    throw invalid(`The message attribute '${name}' with type '${type}' must use field '${field}'.`);
  return {
    type,
    value: binary ? Buffer.from(BinaryValue ?? []).toString("base64") : (StringValue ?? ""),
  };
}

/** The request's trace goes on with a message that brings none: recursive loops are found by it. */
export function traced(message: NewQueueMessage, { headers }: AwsContext): NewQueueMessage {
  if (message.traceHeader !== undefined) return message;
  const traceHeader = usableTraceId(headers["x-amzn-trace-id"]);
  return traceHeader === undefined ? message : { ...message, traceHeader };
}

/** SQS: AWSTraceHeader is the only one, and a String. */
function traceHeaderOf(
  values: Readonly<Record<string, MessageAttributeValue>>,
): string | undefined {
  for (const [name, { DataType, StringValue = "" }] of Object.entries(values)) {
    if (name !== "AWSTraceHeader")
      throw invalid(`Message system attribute name '${name}' is invalid.`);
    if (DataType !== "String" || StringValue === "")
      throw invalid(
        `Message (system) attribute '${name}' must contain a non-empty value of type 'String'.`,
      );
    if (hasForbiddenCharacters(StringValue))
      throw invalid(
        `Message (system) attribute '${name}' contains characters that no message may have.`,
      );
    if (StringValue.length > 1024)
      throw invalid(`Message (system) attribute '${name}' is longer than 1024 characters.`);
    return StringValue;
  }
  return undefined;
}

const invalid = (message: string) => queueError("QueueParameterInvalid", message);

/** Which attributes a receiver wants. */
export interface Wanted {
  readonly system: readonly string[];
  readonly message: readonly string[];
}

export function messageOutput(message: ReceivedMessage, wanted: Wanted): Message {
  const attributes = wantedAttributes(message.messageAttributes, wanted.message);
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: message.md5OfBody,
    Body: message.body,
    Attributes: wanted.system.length === 0 ? undefined : wantedSystem(message, wanted.system),
    MD5OfMessageAttributes: attributes && digestOf(attributes),
    MessageAttributes: attributes && attributeValues(attributes),
  };
}

function wantedSystem(message: ReceivedMessage, names: readonly string[]) {
  const all = systemAttributes(message);
  if (names.includes("All")) return all;
  const found = Object.entries(all).filter(([name]) => names.includes(name));
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** SQS: ReceiveMessage, MessageAttributeNames: `All`, `.*`, a name, or the beginning of names, `prefix.*`. */
function wantedAttributes(
  attributes: QueueMessageAttributes,
  names: readonly string[],
): QueueMessageAttributes | undefined {
  const entries = Object.entries(attributes);
  if (names.length === 0 || entries.length === 0) return undefined;
  const found = entries.filter(([name]) => names.some((wanted) => fits(name, wanted)));
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function fits(name: string, wanted: string): boolean {
  if (wanted === "All" || wanted === ".*" || wanted === "*") return true;
  if (wanted.endsWith(".*")) return name.startsWith(wanted.slice(0, -2));
  return wanted === name;
}

const attributeValues = (
  attributes: QueueMessageAttributes,
): Readonly<Record<string, MessageAttributeValue>> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { type, value }]) => [
      name,
      /^Binary(?:\.|$)/.test(type)
        ? { BinaryValue: Buffer.from(value, "base64"), DataType: type }
        : { StringValue: value, DataType: type },
    ]),
  );
