/** What is published, checked in SNS's words. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
import { createHash } from "node:crypto";
import type { TopicAttributes } from "../../domain/topic-message.ts";
import { invalid, topicError } from "./errors.ts";
import type { Topic } from "./model.ts";
import { messageBytes } from "./topic-attributes.ts";

/** As a request has it. */
export interface NewMessage {
  readonly text: string;
  readonly subject?: string | undefined;
  readonly structure?: string | undefined;
  readonly attributes: TopicAttributes;
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
}

/** A message that can be delivered. */
export interface CheckedMessage {
  /** What a protocol's subscribers get. */
  textFor(protocol: string): string;
  readonly subject: string | undefined;
  readonly attributes: TopicAttributes;
  readonly groupId: string | undefined;
  /** Of FIFO topics always there. */
  readonly deduplicationId: string | undefined;
  readonly bytes: number;
}

/** Of one message, its attributes included. */
export function sizeOf({ text, attributes }: NewMessage): number {
  let bytes = Buffer.byteLength(text);
  for (const [name, { type, value }] of Object.entries(attributes))
    bytes += Buffer.byteLength(name) + Buffer.byteLength(type) + valueBytes(type, value);
  return bytes;
}

const valueBytes = (type: string, value: string): number =>
  isBinary(type) ? Buffer.byteLength(value, "base64") : Buffer.byteLength(value);
const isBinary = (type: string): boolean => type.split(".", 1)[0] === "Binary";

/** @throws YunqueError */
export function checkedMessage(topic: Topic, message: NewMessage): CheckedMessage {
  checkFifo(topic, message);
  const { text, subject, attributes } = message;
  if (text === "") throw invalid("Empty message");
  if (subject !== undefined && !isSubject(subject)) throw invalid("Subject");
  checkAttributes(attributes);
  const bytes = sizeOf(message);
  if (bytes > messageBytes(topic)) throw invalid("Message too long");
  return {
    textFor: textsOf(message),
    subject,
    attributes,
    groupId: message.groupId,
    deduplicationId: topic.fifo
      ? (message.deduplicationId ?? createHash("sha256").update(text).digest("hex"))
      : undefined,
    bytes,
  };
}

/** What the topic's kind demands. @throws YunqueError */
export function checkFifo({ fifo, attributes }: Topic, message: NewMessage): void {
  const { groupId, deduplicationId } = message;
  if (fifo && groupId === undefined)
    throw invalid("The MessageGroupId parameter is required for FIFO topics");
  if (fifo && deduplicationId === undefined && attributes["ContentBasedDeduplication"] !== "true")
    throw invalid(
      "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    );
  if (!fifo && deduplicationId !== undefined)
    throw invalid(
      "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
    );
  if (groupId !== undefined && !ID.test(groupId))
    throw invalid(`MessageGroupId Reason: ${ID_RULE}`);
  if (deduplicationId !== undefined && !ID.test(deduplicationId))
    throw invalid(`MessageDeduplicationId Reason: ${ID_RULE}`);
}

/** 128 letters, digits and marks of ASCII. */
const ID = /^[!-~]{1,128}$/;
const ID_RULE =
  "must be 1 to 128 characters long and can only contain alphanumeric characters and punctuation";

/** SNS: text without line breaks and control characters, shorter than 100 characters. */
const isSubject = (subject: string): boolean => /^[^\p{Cc}\u2028\u2029]{1,99}$/u.test(subject);

/** The message of each protocol. @throws YunqueError */
function textsOf({ text, structure }: NewMessage): (protocol: string) => string {
  if (structure === undefined || structure === "") return () => text;
  if (structure !== "json") throw invalid("MessageStructure");
  let texts: Readonly<Record<string, unknown>>;
  try {
    texts = JSON.parse(text);
  } catch {
    throw invalid("Message Structure - JSON message body failed to parse");
  }
  if (typeof texts !== "object" || texts === null || typeof texts["default"] !== "string")
    throw invalid("Message Structure - No default entry in JSON message body");
  const usual = texts["default"];
  return (protocol) => {
    const own = Object.hasOwn(texts, protocol) ? texts[protocol] : undefined;
    return typeof own === "string" ? own : usual;
  };
}

const wrong = (message: string) => topicError("TopicValueInvalid", message);

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html */
function checkAttributes(attributes: TopicAttributes): void {
  for (const [name, { type, value }] of Object.entries(attributes)) {
    if (!/^(?!\.)(?!.*\.\.)[\w.-]{1,256}$/.test(name) || name.endsWith(".") || RESERVED.test(name))
      throw wrong(
        `The message attribute name '${name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters.`,
      );
    const [kind = ""] = type.split(".", 1);
    if (!["Binary", "Number", "String"].includes(kind) || !/^[\w.-]{1,256}$/.test(type))
      throw wrong(
        `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
      );
    if (value === "")
      throw wrong(
        `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
      );
    if (kind === "Number" && !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(value))
      throw wrong(`Could not cast message attribute '${name}' value to number.`);
  }
}

const RESERVED = /^(?:aws|amazon)\./i;
