/** Scalars as text: labels, query strings, headers, forms and XML share these. */
import { isUtf8 } from "node:buffer";
import type { Member, Shape } from "../model.ts";
import type { TimestampFormat } from "../model-file.ts";
import { Malformed } from "./malformed.ts";

/** Bytes to text. @throws Malformed where they are not UTF-8. */
export function readUtf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new Malformed("The input is not UTF-8");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** The value of a scalar. @throws Malformed where the text is not one of its kind. */
export function readScalar({ shape }: Member, text: string): unknown {
  switch (shape.kind) {
    case "string":
      return text;
    case "boolean":
      return readBoolean(text);
    case "timestamp":
      return readTimestamp(text);
    case "blob":
      return readBase64(text);
    case "document":
      return JSON.parse(text);
    default:
      return readNumber(text, shape);
  }
}

/** The text of a scalar; `format` is what the place writes timestamps as, where the model does not say. */
export function writeScalar(member: Member, value: unknown, format: TimestampFormat): string {
  switch (member.shape.kind) {
    case "timestamp":
      return writeTimestamp(value as Date, formatOf(member, format));
    case "blob":
      return writeBase64(value as Uint8Array);
    case "document":
      return JSON.stringify(value);
    default:
      return String(value);
  }
}

export function formatOf(member: Member, usual: TimestampFormat): TimestampFormat {
  return member.timestamp ?? member.shape.timestamp ?? usual;
}

/** Of a seconds count, RFC 3339 or an HTTP date: clients mix them, and none can be taken for another. */
export function readTimestamp(text: string): Date {
  const time = DECIMAL.test(text)
    ? Math.round(Number(text) * 1000)
    : RFC3339.test(text) || HTTP_DATE.test(text)
      ? Date.parse(text)
      : Number.NaN;
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) throw new Malformed(`'${text}' is not a timestamp`);
  return date;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const RFC3339 = /^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d{1,12})?)?([Zz]|[+-]\d\d:?\d\d)?)?$/;
const HTTP_DATE =
  /^[A-Z][a-z]{2,8}, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d(\.\d{1,3})? GMT$/;

export function writeTimestamp(date: Date, format: TimestampFormat): string {
  switch (format) {
    case "epoch-seconds":
      return String(date.getTime() / 1000);
    case "http-date":
      return date.toUTCString();
    case "date-time":
      return date.toISOString().replace(".000Z", "Z");
  }
}

function readBoolean(text: string): boolean {
  const word = text.toLowerCase();
  if (word !== "true" && word !== "false") throw new Malformed(`'${text}' is not a boolean`);
  return word === "true";
}

export function readNumber(text: string, shape: Shape): number {
  if (shape.kind === "float" || shape.kind === "double") {
    const named = NAMED.get(text);
    if (named !== undefined) return named;
  }
  if (!DECIMAL.test(text)) throw new Malformed(`'${text}' is not a number`);
  return checkRange(Number(text), shape);
}

/** Numbers that JSON has no form for travel as their names. */
export const NAMED: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

const LIMITS: Readonly<Record<string, number>> = {
  byte: 2 ** 7,
  short: 2 ** 15,
  integer: 2 ** 31,
  long: 2 ** 63,
};

/** AWS cuts fractions of whole numbers off, and refuses those that do not fit their kind. */
export function checkRange(number: number, { kind }: Shape): number {
  const limit = LIMITS[kind];
  if (limit === undefined) return number;
  const whole = Math.trunc(number);
  if (whole < -limit || whole >= limit) {
    // A long's bound is no double: the largest one rounds up to it.
    if (!(kind === "long" && whole === limit))
      throw new Malformed(`Numeric value (${number}) out of range of ${kind}`);
  }
  return whole === 0 ? 0 : whole;
}

/** Bytes from base64, with or without padding. */
export function readBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  const digits = text.length - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);
  // Node skips what is not base64, so a text that holds such gives fewer bytes than its length promises.
  if (digits % 4 === 1 || bytes.length !== Math.floor((digits * 3) / 4))
    throw new Malformed("Invalid Base64 encoding");
  return bytes;
}

export function writeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
