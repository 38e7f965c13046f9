/** The values and tests inside of a pattern's arrays. */
import { InvalidPattern, type PatternReader, type Token } from "./event-pattern-reader.ts";
import type { ValueTest } from "./event-pattern-tests.ts";
import { parseAddress, rangeOf } from "./ip-address.ts";

const ONE_KEY = "Only one key allowed in match expression";
/** EventBridge compares numbers up to five billion. */
const LARGEST = 5e9;

/** A value that stands for itself. */
export function literalOf(reader: PatternReader): ValueTest {
  switch (reader.token) {
    case "string":
      return equalTo(reader.text());
    case "number":
      return { kind: "equals", value: Number(reader.text()) };
    case "true":
    case "false":
      return { kind: "equals", value: reader.token === "true" };
    case "null":
      return { kind: "equals", value: null };
    default:
      return reader.fail("Match value must be String, number, true, false, or null");
  }
}

/** An address of IPv6 has many spellings. */
function equalTo(value: string): ValueTest {
  const address = value.includes(":") ? parseAddress(value) : undefined;
  if (address === undefined) return { kind: "equals", value };
  return { kind: "cidr", bits: address.bits, low: address.value, high: address.value };
}

/** The tests whose value is a text, or for prefix and suffix `{"equals-ignore-case": text}`. */
export function textTest(
  reader: PatternReader,
  name: "exactly" | "equals-ignore-case" | "wildcard" | "prefix" | "suffix",
): ValueTest {
  const token = reader.next();
  if (token === "{" && (name === "prefix" || name === "suffix")) return ignoringCase(reader, name);
  if (token !== "string")
    reader.fail(`${name === "exactly" ? "exact" : name} match pattern must be a string`);
  const text = reader.text();
  if (name === "exactly") return { kind: "equals", value: text };
  if (name === "wildcard") return wildcardOf(reader, text);
  if (name === "equals-ignore-case") return { kind: name, text: text.toLowerCase() };
  return { kind: name, text };
}

function ignoringCase(reader: PatternReader, name: "prefix" | "suffix"): ValueTest {
  const title = name === "prefix" ? "Prefix" : "Suffix";
  if (reader.next() !== "name") reader.fail(`${title} expression name not found`);
  if (reader.text() !== "equals-ignore-case")
    reader.fail(`Unsupported ${name} pattern: ${reader.text()}`);
  if (reader.next() !== "string") reader.fail("equals-ignore-case match pattern must be a string");
  const text = reader.text().toLowerCase();
  if (reader.next() !== "}") reader.fail(ONE_KEY);
  return { kind: `${name}-ignore-case`, text };
}

/** `*` stands for any text; `\*` and `\\` for themselves. Positions count the quotes, in bytes. */
function wildcardOf(reader: PatternReader, text: string): ValueTest {
  const parts = [""];
  const add = (char: string) => parts.push((parts.pop() ?? "") + char);
  const fail = (message: string, index: number): never =>
    reader.fail(`${message} at pos ${1 + utf8Length(text.slice(0, index))}`);
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charAt(index);
    const following = text.charAt(index + 1);
    if (char === "*") {
      if (following === "*") fail("Consecutive wildcard characters", index);
      parts.push("");
    } else if (char !== "\\") add(char);
    else if (following === "*" || following === "\\") {
      add(following);
      index += 1;
    } else fail("Invalid escape character", index);
  }
  return { kind: "wildcard", parts };
}

const utf8Length = (text: string): number => new TextEncoder().encode(text).length;

export function cidrOf(reader: PatternReader): ValueTest {
  if (reader.next() !== "string") reader.fail("prefix match pattern must be a string");
  const [ip, mask, ...more] = reader.text().split("/");
  if (ip === undefined || mask === undefined || mask === "" || more.length > 0)
    throw new InvalidPattern("Malformed CIDR, one '/' required");
  if (!/^[+-]?[0-9]{1,9}$/.test(mask))
    throw new InvalidPattern("Malformed CIDR, mask bits must be an integer");
  const maskBits = Number(mask);
  if (maskBits < 0) throw new InvalidPattern("Malformed CIDR, mask bits must not be negative");
  const address = parseAddress(ip);
  if (address === undefined) throw new InvalidPattern(`Nonstandard IP address: ${ip}`);
  const { bits } = address;
  if (maskBits >= bits)
    throw new InvalidPattern(`${bits === 32 ? "IPv4" : "IPv6"} mask bits must be < ${bits}`);
  const [low, high] = rangeOf(address, maskBits);
  return { kind: "cidr", bits, low, high };
}

export function numericOf(reader: PatternReader): ValueTest {
  if (reader.next() !== "[") reader.fail("Value of numeric must be an array.");
  if (reader.next() !== "string") reader.fail(`Invalid member in numeric match: ${shown(reader)}`);
  const operator = reader.text();
  const operand = reader.next(); // AWS's parser has read it when it complains
  if (!["=", "<", "<=", ">", ">="].includes(operator))
    reader.fail(`Unrecognized numeric range operator: ${operator}`);
  if (operand !== "number")
    reader.fail(`Value of ${operator === "=" ? "equals" : operator} must be numeric`);
  const value = comparable(reader);
  const token = reader.next();
  if (operator.startsWith(">") && token !== "]") return between(reader, value, operator === ">");
  if (token !== "]") reader.fail("Too many elements in numeric expression");
  const [low, high] = [
    operator.startsWith("<") ? -LARGEST : value,
    operator.startsWith(">") ? LARGEST : value,
  ];
  return { kind: "numeric", low, lowOpen: operator === ">", high, highOpen: operator === "<" };
}

function between(reader: PatternReader, low: number, lowOpen: boolean): ValueTest {
  if (reader.token !== "string") reader.fail(`Bad value in numeric range: ${shown(reader)}`);
  const operator = reader.text();
  if (operator !== "<" && operator !== "<=") reader.fail(`Bad numeric range operator: ${operator}`);
  if (reader.next() !== "number") reader.fail(`Value of ${operator} must be numeric`);
  const high = comparable(reader);
  if (reader.next() !== "]") reader.fail("Too many terms in numeric range expression");
  if (low >= high) reader.fail("Bottom must be less than top");
  return { kind: "numeric", low, lowOpen, high, highOpen: operator === "<" };
}

/** Whatever comes after the name of the test. */
export function anythingBut(reader: PatternReader): ValueTest {
  let token = reader.next();
  if (token === "string" || token === "number") return but([excluded(reader)]);
  if (token === "[") return but(excludedList(reader));
  if (token !== "{") return notExcludable(reader);
  if (reader.next() !== "name") reader.fail("Anything-But expression name not found");
  const kind = reader.text();
  if (!isExcluding(kind)) return reader.fail(`Unsupported anything-but pattern: ${kind}`);
  token = reader.next();
  let tests: ValueTest[];
  if (token === "[") tests = listOf(reader, (one) => excludedText(reader, one, kind));
  else if (token === "string" || token === "number") tests = [excludedText(reader, token, kind)];
  else return notExcludable(reader);
  if (reader.next() !== "}") reader.fail("Too many elements in numeric expression");
  return but(tests);
}

type Excluding = "prefix" | "suffix" | "equals-ignore-case" | "wildcard";

const isExcluding = (name: string): name is Excluding =>
  name === "prefix" || name === "suffix" || name === "equals-ignore-case" || name === "wildcard";

const but = (tests: readonly ValueTest[]): ValueTest => ({ kind: "anything-but", tests });

const notExcludable = (reader: PatternReader): never =>
  reader.fail("Value of anything-but must be an array or single string/number value.");

function excluded(reader: PatternReader): ValueTest {
  const value = reader.token === "number" ? comparable(reader) : reader.text();
  return { kind: "equals", value };
}

function excludedList(reader: PatternReader): ValueTest[] {
  const kinds = new Set<Token>();
  const tests = listOf(reader, (token) => {
    if (token !== "string" && token !== "number")
      reader.fail("Inside anything but list, start|null|boolean is not supported.");
    kinds.add(token);
    return excluded(reader);
  });
  if (kinds.size !== 1)
    reader.fail(
      "Inside anything but list, either all values are number or string, mixed type is not supported",
    );
  return tests;
}

/** AWS's parser words an error inside of a list twice, with the place. */
function listOf(reader: PatternReader, read: (token: Token) => ValueTest): ValueTest[] {
  const tests: ValueTest[] = [];
  try {
    for (let token = reader.next(); token !== "]"; token = reader.next()) tests.push(read(token));
  } catch (error) {
    if (error instanceof InvalidPattern) reader.fail(error.message);
    throw error;
  }
  return tests;
}

function excludedText(reader: PatternReader, token: Token, kind: Excluding): ValueTest {
  if (token !== "string")
    reader.fail(
      kind === "equals-ignore-case"
        ? "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
        : `${kind === "wildcard" ? kind : "prefix/suffix"} match pattern must be a string`,
    );
  const text = reader.text();
  if (kind === "wildcard") return wildcardOf(reader, text);
  if (kind === "equals-ignore-case") return { kind, text: text.toLowerCase() };
  if (text === "") reader.fail("Null prefix/suffix not allowed");
  return { kind, text };
}

function comparable(reader: PatternReader): number {
  const value = Number(reader.text());
  if (Math.abs(value) > LARGEST) reader.fail("Value must be between -5.0E9 and 5.0E9, inclusive");
  return value;
}

/** What Jackson calls the text of a token. */
const shown = (reader: PatternReader): string =>
  /^[{}[\]]$/.test(reader.token) ? reader.token : reader.text();
