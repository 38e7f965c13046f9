/**
 * The language of subscription filter policies: from JSON to conditions, with AWS's words for what is wrong.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
import { CidrError, parseCidr } from "./cidr.ts";
import { JsonTokens } from "./json-tokens.ts";

/** Whether one value of a message satisfies one alternative of a policy's array. Only leaves come here. */
export type Condition =
  /** True where the key must be there, false where it must not. */
  { readonly exists: boolean } | { readonly accepts: (value: Leaf) => boolean };
export type Leaf = string | number | boolean | null;

/** All keys and, of each `$or`, one alternative must match. */
export interface PolicyNode {
  readonly keys: ReadonlyMap<string, PolicyNode | readonly Condition[]>;
  readonly or: readonly (readonly PolicyNode[])[];
}

/** What is wrong with a policy, as AWS says it behind `FilterPolicy: `. */
export class FilterPolicyError extends Error {
  override readonly name = "FilterPolicyError";
}

/** Deeper policies are refused before anything recurses into them. */
const MAX_DEPTH = 100;
/** Numbers of numeric conditions. */
const BOUND = 1e9;

/** @throws FilterPolicyError */
export function parseFilterPolicy(text: string): PolicyNode {
  const parser = new Parser(compact(text));
  return parser.policy();
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

class Parser {
  readonly #json: string;
  readonly #tokens: JsonTokens;

  constructor(json: string) {
    this.#json = json;
    this.#tokens = new JsonTokens(json);
  }

  policy(): PolicyNode {
    if (this.#tokens.next() !== "{") this.#fail("Filter is not an object");
    const node = this.#node(1);
    if (node.keys.size + node.or.length === 0) this.#fail("Empty objects are not allowed");
    return node;
  }

  #node(depth: number): PolicyNode {
    if (depth > MAX_DEPTH) this.#fail("Filter policy is nested too deeply");
    const keys = new Map<string, PolicyNode | readonly Condition[]>();
    const or: PolicyNode[][] = [];
    while (this.#tokens.next() !== "}") {
      const name = this.#tokens.text;
      const kind = this.#tokens.next();
      if (name === "$or" && kind === "[") or.push(this.#alternatives(depth));
      else if (kind === "[") keys.set(name, this.#conditions());
      else if (kind === "{") {
        const inner = this.#node(depth + 1);
        if (inner.keys.size + inner.or.length === 0) this.#fail("Empty objects are not allowed");
        keys.set(name, inner);
      } else this.#fail(`"${name}" must be an object or an array`);
    }
    return { keys, or };
  }

  #alternatives(depth: number): PolicyNode[] {
    const found: PolicyNode[] = [];
    while (this.#tokens.next() !== "]") {
      if (this.#tokens.kind !== "{") this.#fail('"$or" must contain only objects');
      found.push(this.#node(depth));
    }
    if (found.length < 2) this.#fail("There must have at least 2 Objects in $or relationship");
    return found;
  }

  #conditions(): Condition[] {
    const found: Condition[] = [];
    for (;;) {
      const kind = this.#tokens.next();
      if (kind === "]") break;
      if (kind === "{") found.push(this.#expression());
      else if (kind === "[") this.#fail("Match value must be String, number, true, false, or null");
      else found.push(exactly(this.#leaf()));
    }
    if (found.length === 0) this.#fail("Empty arrays are not allowed");
    return found;
  }

  /** One object in a key's array: a single operator. */
  #expression(): Condition {
    if (this.#tokens.next() !== "name") this.#fail("Match expression name not found");
    const operator = this.#tokens.text;
    const condition = this.#operator(operator);
    if (this.#tokens.next() !== "}") this.#fail("Only one key allowed in match expression");
    return condition;
  }

  #operator(operator: string): Condition {
    switch (operator) {
      case "prefix":
      case "suffix":
      case "equals-ignore-case":
      case "wildcard":
        return texts(this.#textTest(operator));
      case "numeric":
        return this.#numeric();
      case "cidr":
        return this.#cidr();
      case "exists": {
        const kind = this.#tokens.next();
        if (kind !== "true" && kind !== "false")
          this.#fail("exists match pattern must be either true or false.");
        return { exists: kind === "true" };
      }
      case "anything-but":
        return this.#anythingBut();
      default:
        return this.#fail(`Unrecognized match type ${operator}`);
    }
  }

  #textTest(operator: string): (value: string) => boolean {
    const kind = this.#tokens.next();
    if (kind === "{" && (operator === "prefix" || operator === "suffix")) {
      if (this.#tokens.next() !== "name" || this.#tokens.text !== "equals-ignore-case")
        this.#fail(`Unsupported anything-but pattern: ${this.#tokens.text}`);
      if (this.#tokens.next() !== "string")
        this.#fail(`${operator} match pattern must be a string`);
      const lower = this.#tokens.text.toLowerCase();
      if (this.#tokens.next() !== "}") this.#fail("Only one key allowed in match expression");
      const test = textTest(operator, lower);
      return (value) => test(value.toLowerCase());
    }
    if (kind !== "string") this.#fail(`${operator} match pattern must be a string`);
    return textTest(operator, this.#tokens.text);
  }

  #cidr(): Condition {
    if (this.#tokens.next() !== "string") this.#fail("prefix match pattern must be a string");
    try {
      const block = parseCidr(this.#tokens.text);
      return texts((value) => block.contains(value));
    } catch (error) {
      // AWS says no place here.
      throw error instanceof CidrError ? new FilterPolicyError(error.message) : error;
    }
  }

  #anythingBut(): Condition {
    const tokens = this.#tokens;
    const kind = tokens.next();
    if (kind === "{") {
      if (tokens.next() !== "name") this.#fail("Anything-But expression name not found");
      const operator = tokens.text;
      if (!NEGATED.has(operator)) this.#fail(`Unsupported anything-but pattern: ${operator}`);
      const tests = this.#negatedTests(operator);
      if (tokens.next() !== "}") this.#fail("Only one key allowed in match expression");
      return {
        accepts: (value) => typeof value !== "string" || !tests.some((test) => test(value)),
      };
    }
    const values: Leaf[] = [];
    if (kind === "[") {
      while (tokens.next() !== "]") {
        if (tokens.kind !== "string" && tokens.kind !== "number")
          this.#fail("Inside anything but list, start|null|boolean is not supported.");
        values.push(this.#leaf());
      }
      if (values.length === 0) this.#fail("Empty arrays are not allowed");
      if (new Set(values.map((value) => typeof value)).size > 1)
        this.#fail(
          "Inside anything but list, either all values are number or string, mixed type is not supported",
        );
    } else if (kind === "string" || kind === "number") values.push(this.#leaf());
    else this.#fail(`Invalid anything-but expression: ${tokens.text}`);
    const refused = new Set(values);
    return { accepts: (value) => !refused.has(value) };
  }

  /** One text or an array of them. */
  #negatedTests(operator: string): ((value: string) => boolean)[] {
    const tokens = this.#tokens;
    const wrong = `${operator} match pattern must be a string`;
    const kind = tokens.next();
    if (kind === "string") return [textTest(operator, tokens.text)];
    if (kind !== "[") this.#fail(wrong);
    const tests: ((value: string) => boolean)[] = [];
    while (tokens.next() !== "]") {
      if (tokens.kind !== "string") this.#fail(wrong);
      tests.push(textTest(operator, tokens.text));
    }
    if (tests.length === 0) this.#fail("Empty arrays are not allowed");
    return tests;
  }

  #numeric(): Condition {
    const tokens = this.#tokens;
    if (tokens.next() !== "[") this.#fail("Value of numeric must be an array.");
    if (tokens.next() !== "string") this.#fail(`Invalid member in numeric match: ${tokens.text}`);
    const operator = tokens.text;
    tokens.next();
    if (!COMPARISONS.has(operator)) this.#fail(`Unrecognized numeric range operator: ${operator}`);
    const first = this.#number(operator === "=" ? "equals" : operator);
    tokens.next();
    if (tokens.kind === "]") return numbers(compared(operator, first));
    if (operator === "=" || operator.startsWith("<"))
      this.#fail("Too many elements in numeric expression");
    if (tokens.kind !== "string") this.#fail(`Bad value in numeric range: ${tokens.text}`);
    const upper = tokens.text;
    if (upper !== "<" && upper !== "<=") this.#fail(`Bad numeric range operator: ${upper}`);
    tokens.next();
    const top = this.#number(upper);
    if (tokens.next() !== "]") this.#fail("Too many terms in numeric range expression");
    if (first >= top) this.#fail("Bottom must be less than top");
    const [above, below] = [compared(operator, first), compared(upper, top)];
    return numbers((value) => above(value) && below(value));
  }

  #number(of: string): number {
    if (this.#tokens.kind !== "number") this.#fail(`Value of ${of} must be numeric`);
    const value = Number(this.#tokens.text);
    if (Math.abs(value) > BOUND) this.#fail("Value must be between -1.0E9 and 1.0E9, inclusive");
    return value;
  }

  #leaf(): Leaf {
    const { text } = this.#tokens;
    return this.#tokens.kind === "string" ? text : (JSON.parse(text) as Leaf);
  }

  #fail(message: string): never {
    throw new FilterPolicyError(
      `${message}\n at [Source: (String)"${this.#json}"; line: 1, column: ${this.#tokens.column}]`,
    );
  }
}

const COMPARISONS = new Set(["=", "<", "<=", ">", ">="]);
const NEGATED = new Set(["prefix", "suffix", "wildcard", "equals-ignore-case"]);

function compared(operator: string, bound: number): (value: number) => boolean {
  const limit = exact(bound);
  if (operator === "=") return (value) => exact(value) === limit;
  if (operator === "<") return (value) => exact(value) < limit;
  if (operator === "<=") return (value) => exact(value) <= limit;
  if (operator === ">") return (value) => exact(value) > limit;
  return (value) => exact(value) >= limit;
}

/** SNS: numbers are compared with five digits behind the point. */
const exact = (value: number): number => Math.round(value * 1e5);

/** A number is equal to itself however it is written. */
const exactly = (wanted: Leaf): Condition => ({ accepts: (value) => value === wanted });
const texts = (test: (value: string) => boolean): Condition => ({
  accepts: (value) => typeof value === "string" && test(value),
});
const numbers = (test: (value: number) => boolean): Condition => ({
  accepts: (value) => typeof value === "number" && test(value),
});

function textTest(operator: string, pattern: string): (value: string) => boolean {
  if (operator === "prefix") return (value) => value.startsWith(pattern);
  if (operator === "suffix") return (value) => value.endsWith(pattern);
  if (operator === "wildcard") return wildcard(pattern);
  const lower = pattern.toLowerCase();
  return (value) => value.toLowerCase() === lower;
}

/** `*` stands for any characters; `\*` and `\\` for themselves. Takes the time of text times pieces at most. */
function wildcard(pattern: string): (value: string) => boolean {
  const pieces: string[] = [];
  let piece = "";
  for (let at = 0; at < pattern.length; at += 1) {
    if (pattern[at] === "*") {
      pieces.push(piece);
      piece = "";
    } else {
      if (pattern[at] === "\\" && /[*\\]/.test(pattern[at + 1] ?? "")) at += 1;
      piece += pattern[at];
    }
  }
  pieces.push(piece);
  const [first = "", ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return (value) => value === first;
  return (value) => {
    if (value.length < first.length + last.length || !value.startsWith(first)) return false;
    let from = first.length;
    for (const piece of rest) {
      const found = value.indexOf(piece, from);
      if (found < 0) return false;
      from = found + piece.length;
    }
    return value.length - last.length >= from && value.endsWith(last);
  };
}
