/**
 * The pattern language: JSON whose leaves are arrays of values and tests.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
import { InvalidPattern, PatternReader } from "./event-pattern-reader.ts";
import type { ValueTest } from "./event-pattern-tests.ts";
import { anythingBut, cidrOf, literalOf, numericOf, textTest } from "./event-pattern-values.ts";

/** What is asked of the values at one path; one of the tests is enough. */
export interface Constraint {
  /** Names, joined by dots; a name that holds dots is as good as nested ones. */
  readonly path: string;
  readonly tests: readonly ValueTest[];
  /** It is also enough that the event has nothing there. */
  readonly orAbsent: boolean;
}

/** All of these together. A pattern is one of several: what `$or` multiplies to. */
export type Branch = readonly Constraint[];

type Draft = Map<string, Constraint>;

/** EventBridge: `$or` makes at most 1,000 combinations. */
const MAX_BRANCHES = 1_000;

/** Names that mean tests, now or some day, are no fields inside of `$or`. */
const RESERVED = new Set([
  ...["exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard"],
  ...["numeric", "cidr", "=", "<", "<=", ">", ">=", "regex", "not-wildcard"],
  ...["not-equals-ignore-case", "date-after", "date-on-or-after", "date-before"],
  ...["date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range"],
]);

/** @throws InvalidPattern with AWS's reason. */
export function parsePattern(source: string): Branch[] {
  const reader = new PatternReader(source);
  if (reader.next() !== "{") reader.fail("Filter is not an object");
  const drafts = parseObject(reader, [new Map()], [], false);
  return drafts.map((draft) => [...draft.values()]);
}

function parseObject(
  reader: PatternReader,
  before: readonly Draft[],
  path: readonly string[],
  insideOr: boolean,
): readonly Draft[] {
  let drafts = before;
  let fields = 0;
  while (reader.next() !== "}") {
    expectName(reader);
    fields += 1;
    const name = reader.text();
    if (name === "$or") {
      drafts = parseOr(reader, drafts, path);
      continue;
    }
    if (insideOr && RESERVED.has(name))
      reader.fail(`${name} is Ruler reserved fieldName which cannot be used inside $or.`);
    const token = reader.next();
    if (token === "{") drafts = parseObject(reader, drafts, [...path, name], insideOr);
    else if (token === "[") drafts = parseTests(reader, drafts, [...path, name].join("."));
    else reader.fail(`"${name}" must be an object or an array`);
  }
  if (fields === 0) reader.fail("Empty objects are not allowed");
  return drafts;
}

function parseOr(
  reader: PatternReader,
  before: readonly Draft[],
  path: readonly string[],
): readonly Draft[] {
  if (reader.next() !== "[") reader.fail("It must be an Array followed with $or.");
  const drafts: Draft[] = [];
  let alternatives = 0;
  for (let token = reader.next(); token !== "]"; token = reader.next()) {
    alternatives += 1;
    if (token !== "{") reader.fail("Only JSON object is allowed in array of $or relationship.");
    drafts.push(...parseObject(reader, before, path, true));
    if (drafts.length > MAX_BRANCHES)
      throw new InvalidPattern("The pattern has too many combinations of $or");
  }
  if (alternatives < 2) reader.fail("There must have at least 2 Objects in $or relationship.");
  return drafts;
}

function parseTests(
  reader: PatternReader,
  before: readonly Draft[],
  path: string,
): readonly Draft[] {
  const tests: ValueTest[] = [];
  let orAbsent = false;
  for (let token = reader.next(); token !== "]"; token = reader.next()) {
    if (token !== "{") tests.push(literalOf(reader));
    else {
      const test = parseTest(reader);
      if (test === "absent") orAbsent = true;
      else tests.push(test);
    }
  }
  if (tests.length === 0 && !orAbsent) reader.fail("Empty arrays are not allowed");
  return before.map((draft) => new Map(draft).set(path, { path, tests, orAbsent }));
}

/** `{"prefix": "a"}`, from behind its opening brace. */
export function parseTest(reader: PatternReader): ValueTest | "absent" {
  if (reader.next() !== "name") reader.fail("Match expression name not found");
  const name = reader.text();
  switch (name) {
    case "exactly":
    case "equals-ignore-case":
    case "wildcard":
    case "prefix":
    case "suffix":
      return closed(reader, textTest(reader, name), "Only one key allowed in match expression");
    case "cidr":
      return closed(reader, cidrOf(reader), "Only one key allowed in match expression");
    case "numeric":
      return closed(reader, numericOf(reader), "Too many elements in numeric expression");
    case "anything-but":
      return closed(reader, anythingBut(reader), "Too many elements in numeric expression");
    case "exists": {
      const token = reader.next();
      if (token !== "true" && token !== "false")
        reader.fail("exists match pattern must be either true or false.");
      const test = token === "true" ? ({ kind: "exists" } as const) : "absent";
      return closed(reader, test, "Only one key allowed in match expression");
    }
    default:
      return reader.fail(`Unrecognized match type ${name}`);
  }
}

function closed<T>(reader: PatternReader, test: T, otherwise: string): T {
  if (reader.next() !== "}") reader.fail(otherwise);
  return test;
}

/** Inside of an object: what is no name there is no JSON. */
function expectName(reader: PatternReader): void {
  if (reader.token !== "name")
    reader.fail("Unexpected end-of-input: expected close marker for Object");
}
