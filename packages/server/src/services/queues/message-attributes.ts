/** Which message attributes a message may have. SQS: "Amazon SQS message metadata". */
import {
  hasForbiddenCharacters,
  isBinary,
  type QueueMessageAttributes,
} from "../../domain/queue-message.ts";
import { invalidParameter } from "./errors.ts";

const MAX_ATTRIBUTES = 10;
const MAX_NAME = 256;
const TYPE = /^(?:String|Number|Binary)(?:\..{0,256})?$/s;
const RESERVED = /^(?:aws|amazon)\./i;

/** @throws YunqueError QueueParameterInvalid */
export function checkMessageAttributes(attributes: QueueMessageAttributes): void {
  const entries = Object.entries(attributes);
  if (entries.length > MAX_ATTRIBUTES)
    throw invalidParameter(
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`,
    );
  for (const [name, attribute] of entries) {
    checkAttributeName(name);
    const { type, value } = attribute;
    if (type === "")
      throw invalidParameter(
        `The message attribute '${name}' must contain a non-empty message attribute type.`,
      );
    if (type.length > MAX_NAME)
      throw invalidParameter(
        `The message attribute '${name}' has a type that is longer than ${MAX_NAME} bytes.`,
      );
    if (!TYPE.test(type))
      throw invalidParameter(
        `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
      );
    if (value === "")
      throw invalidParameter(
        `Message (user) attribute '${name}' must contain a non-empty value of type '${isBinary(attribute) ? "Binary" : "String"}'.`,
      );
    if (hasForbiddenCharacters(value))
      throw invalidParameter(
        `Message (user) attribute '${name}' contains characters that no message may have.`,
      );
    if (/^Number(?:\.|$)/.test(type) && !isNumber(value))
      throw invalidParameter(
        `Can't cast the value of message (user) attribute '${name}' to a number.`,
      );
  }
}

function checkAttributeName(name: string): void {
  const wrong = (reason: string) =>
    invalidParameter(`The message attribute name '${name}' is invalid. ${reason}`);
  if (name === "" || name.length > MAX_NAME)
    throw wrong(`Attribute name must be 1 to ${MAX_NAME} characters long.`);
  if (!/^[A-Za-z0-9_.-]+$/.test(name))
    throw wrong(
      "Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters.",
    );
  if (RESERVED.test(name)) throw wrong("You can't use the reserved prefixes AWS. and Amazon.");
  if (name.startsWith(".") || name.endsWith(".") || name.includes(".."))
    throw wrong("Attribute name can't start or end with a period, nor have several in a row.");
}

const isNumber = (value: string): boolean =>
  value.trim() === value && Number.isFinite(Number(value));
