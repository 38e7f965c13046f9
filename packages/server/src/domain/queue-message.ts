/** What a message of a queue may be, and the checksums that SQS makes of it. */
import { hash } from "node:crypto";

/** A message attribute as SQS has it. */
export interface QueueMessageAttribute {
  /** String, Number or Binary, with an optional label: `Number.int`. */
  readonly type: string;
  /** Text, or the bytes of a Binary in base64. */
  readonly value: string;
}

export type QueueMessageAttributes = Readonly<Record<string, QueueMessageAttribute>>;

/** SQS: 1 MiB, of a message and of a batch. */
export const MAX_MESSAGE_BYTES = 1_048_576;
export const MAX_BATCH_ENTRIES = 10;

/** Hexadecimal. */
export const md5 = (bytes: string | Uint8Array): string => hash("md5", bytes);

export const isBinary = ({ type }: QueueMessageAttribute): boolean =>
  type === "Binary" || type.startsWith("Binary.");

/** How much of the size of a message its attributes take: names, types and values. */
export function attributesSize(attributes: QueueMessageAttributes): number {
  let size = 0;
  for (const [name, attribute] of Object.entries(attributes))
    size +=
      Buffer.byteLength(name) +
      Buffer.byteLength(attribute.type) +
      (isBinary(attribute)
        ? Buffer.byteLength(attribute.value, "base64")
        : Buffer.byteLength(attribute.value));
  return size;
}

/**
 * SQS, "Calculating the MD5 message digest for message attributes": in the order of their names the length and bytes of
 * name, type and value, with a byte before the value that says whether it is text (1) or binary (2).
 */
export function attributesDigest(attributes: QueueMessageAttributes): string {
  const parts: Buffer[] = [];
  const add = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  };
  for (const name of Object.keys(attributes).sort()) {
    const attribute = attributes[name];
    if (attribute === undefined) continue;
    const binary = isBinary(attribute);
    add(Buffer.from(name));
    add(Buffer.from(attribute.type));
    parts.push(Buffer.of(binary ? 2 : 1));
    add(Buffer.from(attribute.value, binary ? "base64" : "utf8"));
  }
  return md5(Buffer.concat(parts));
}

/** SQS: SendMessage, MessageBody. Everything else is no message. */
export const hasForbiddenCharacters = (text: string): boolean =>
  FORBIDDEN.test(text) || !text.isWellFormed();

const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const EVERY_FORBIDDEN = new RegExp(FORBIDDEN, "g");

/** The text with a mark in place of each character that no message may have. */
export const withoutForbiddenCharacters = (text: string): string =>
  text.toWellFormed().replace(EVERY_FORBIDDEN, "\ufffd");

/** SQS: MessageDeduplicationId and MessageGroupId are 1 to 128 letters, digits and marks. */
export const isMessageToken = (text: string): boolean =>
  /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/.test(text);
