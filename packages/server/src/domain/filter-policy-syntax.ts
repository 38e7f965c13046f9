/**
 * The language of subscription filter policies: the tests of event patterns, in keys that are nested and counted.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
import { parseTest } from "./event-pattern-parse.ts";
import { InvalidPattern, PatternReader } from "./event-pattern-reader.ts";
import type { ValueTest } from "./event-pattern-tests.ts";
import { literalOf } from "./event-pattern-values.ts";

/** One alternative of a key's array. `absent`: there must be nothing. */
export type Condition = ValueTest | "absent";

/** All keys and, of each `$or`, one alternative must match. */
export interface PolicyNode {
  readonly keys: ReadonlyMap<string, PolicyNode | readonly Condition[]>;
  readonly or: readonly (readonly PolicyNode[])[];
}

/** What is wrong with a policy, as AWS says it behind `FilterPolicy: `. */
export class FilterPolicyError extends Error {
  override readonly name = "FilterPolicyError";
}

/** @throws FilterPolicyError */
export function parseFilterPolicy(text: string): PolicyNode {
  // AWS's errors show a policy without its blanks.
  const reader = new PatternReader(compact(text));
  try {
    if (reader.next() !== "{") reader.fail("Filter is not an object");
    return nodeOf(reader);
  } catch (error) {
    throw error instanceof InvalidPattern ? new FilterPolicyError(error.message) : error;
  }
}

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    throw new FilterPolicyError(syntaxError(text));
  }
}

/** Of AWS's parser, as far as one line can say it. */
function syntaxError(text: string): string {
  const word = /^\s*([A-Za-z_$][\w$]*)/.exec(text);
  const where = (column: number) =>
    `\n at [Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: 1, column: ${column}]`;
  if (word?.[1] !== undefined)
    return `failed to parse JSON. Unrecognized token '${word[1]}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')${where(word[0].length + 1)}`;
  return `failed to parse JSON. Unexpected character or end of input${where(text.length + 1)}`;
}

/** From behind its opening brace. The reader bounds how deep it goes. */
function nodeOf(reader: PatternReader): PolicyNode {
  const keys = new Map<string, PolicyNode | readonly Condition[]>();
  const or: PolicyNode[][] = [];
  while (reader.next() !== "}") {
    const name = reader.text();
    const token = reader.next();
    if (name === "$or" && token === "[") or.push(alternativesOf(reader));
    else if (token === "[") keys.set(name, conditionsOf(reader));
    else if (token === "{") keys.set(name, nodeOf(reader));
    else reader.fail(`"${name}" must be an object or an array`);
  }
  if (keys.size + or.length === 0) reader.fail("Empty objects are not allowed");
  return { keys, or };
}

function alternativesOf(reader: PatternReader): PolicyNode[] {
  const found: PolicyNode[] = [];
  for (let token = reader.next(); token !== "]"; token = reader.next()) {
    if (token !== "{") reader.fail("Only JSON object is allowed in array of $or relationship.");
    found.push(nodeOf(reader));
  }
  if (found.length < 2) reader.fail("There must have at least 2 Objects in $or relationship.");
  return found;
}

function conditionsOf(reader: PatternReader): Condition[] {
  const found: Condition[] = [];
  for (let token = reader.next(); token !== "]"; token = reader.next())
    found.push(token === "{" ? parseTest(reader) : literalOf(reader));
  if (found.length === 0) reader.fail("Empty arrays are not allowed");
  return found;
}
