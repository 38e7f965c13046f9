/**
 * X-Ray's filter expressions, read into a tree. https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
 *
 *     or    = and { "OR" and }
 *     and   = unary { ["AND"] unary }
 *     unary = ( "!" | "NOT" ) unary | "(" or ")" | call | keyword [ operator value ]
 *     call  = ( "service" | "edge" ) "(" ids ")" [ "{" or "}" ]
 */

export type Filter =
  | { readonly kind: "all" }
  | { readonly kind: "or" | "and"; readonly parts: readonly Filter[] }
  | { readonly kind: "not"; readonly part: Filter }
  /** `value` absent: whether the keyword is true, or there at all. */
  | {
      readonly kind: "test";
      readonly keyword: string;
      readonly operator: Operator;
      readonly value?: FilterValue;
    }
  | { readonly kind: "service"; readonly of: ServiceId | undefined; readonly inner: Filter }
  | {
      readonly kind: "edge";
      readonly from: ServiceId | undefined;
      readonly to: ServiceId | undefined;
      readonly inner: Filter;
    }
  | { readonly kind: "group"; readonly name: string };

export type FilterValue = string | number | boolean;
export type Operator = (typeof OPERATORS)[number] | "is";

export interface ServiceId {
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly account: string | undefined;
}

/** Where the expression is wrong; the door says it is invalid. */
export class FilterSyntaxError extends Error {
  override readonly name = "FilterSyntaxError";
}

const OPERATORS = ["=", "!=", "<=", ">=", "<", ">", "BEGINSWITH", "ENDSWITH", "CONTAINS"] as const;
const BOOLEANS = [
  "ok",
  "error",
  "throttle",
  "fault",
  "partial",
  "inferred",
  "first",
  "last",
  "remote",
  "root",
];
const NUMBERS = ["responsetime", "duration", "http.status", "index", "coverage"];
const STRINGS = [
  "http.url",
  "http.method",
  "http.useragent",
  "http.clientip",
  "user",
  "name",
  "type",
  "message",
  "availabilityzone",
  "instance.id",
  "resource.arn",
];
/** AWS names no limit; nothing that people write is near these. */
const MAX_LENGTH = 5_000;
const MAX_DEPTH = 50;

export function parseFilter(text: string): Filter {
  if (text.length > MAX_LENGTH) throw new FilterSyntaxError("The filter expression is too long");
  const reader = new Reader(tokensOf(text));
  if (reader.peek === undefined) return { kind: "all" };
  const filter = or(reader, 0);
  if (reader.peek !== undefined) throw unexpected(reader);
  return filter;
}

interface Token {
  readonly kind: "word" | "text" | "number" | "sign";
  readonly value: string;
}

function tokensOf(text: string): Token[] {
  const shape =
    /\s+|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(-?\d+(?:\.\d+)?)(?![\w.])|([A-Za-z_][\w]*(?:\.[\w-]+|\[(?:[^\]\\]|\\.)*\])*)|(!=|<=|>=|[=<>!(){},:])/y;
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at = shape.lastIndex) {
    shape.lastIndex = at;
    const found = shape.exec(text);
    if (found === null) throw new FilterSyntaxError(`Unexpected character at ${at}`);
    const [, double, single, number, word, sign] = found;
    const quoted = double ?? single;
    if (quoted !== undefined) tokens.push({ kind: "text", value: quoted.replace(/\\(.)/g, "$1") });
    else if (number !== undefined) tokens.push({ kind: "number", value: number });
    else if (word !== undefined) tokens.push({ kind: "word", value: word });
    else if (sign !== undefined) tokens.push({ kind: "sign", value: sign });
  }
  return tokens;
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }
  get peek(): Token | undefined {
    return this.#tokens[this.#at];
  }
  next(): Token {
    const token = this.peek;
    if (token === undefined) throw new FilterSyntaxError("The filter expression ends too early");
    this.#at += 1;
    return token;
  }
  /** Whether this came next; then it is read. Words in any case. */
  took(value: string): boolean {
    const token = this.peek;
    const same =
      token?.kind === "sign"
        ? token.value === value
        : token?.kind === "word" && token.value.toUpperCase() === value;
    if (same) this.#at += 1;
    return same;
  }
  expect(value: string): void {
    if (!this.took(value)) throw unexpected(this);
  }
}

const unexpected = ({ peek }: Reader): FilterSyntaxError =>
  new FilterSyntaxError(peek ? `Unexpected ${peek.value}` : "The filter expression ends too early");

function or(reader: Reader, depth: number): Filter {
  if (depth > MAX_DEPTH) throw new FilterSyntaxError("The filter expression is too deep");
  const parts = [and(reader, depth)];
  while (reader.took("OR")) parts.push(and(reader, depth));
  return parts.length === 1 ? (parts[0] as Filter) : { kind: "or", parts };
}

function and(reader: Reader, depth: number): Filter {
  const parts = [unary(reader, depth)];
  for (;;) {
    const said = reader.took("AND");
    const token = reader.peek;
    const ends =
      token === undefined ||
      (token.kind === "sign" && token.value !== "!" && token.value !== "(") ||
      (token.kind === "word" && token.value.toUpperCase() === "OR");
    if (ends && !said) break;
    parts.push(unary(reader, depth));
  }
  return parts.length === 1 ? (parts[0] as Filter) : { kind: "and", parts };
}

function unary(reader: Reader, depth: number): Filter {
  if (depth > MAX_DEPTH) throw new FilterSyntaxError("The filter expression is too deep");
  if (reader.took("!") || reader.took("NOT"))
    return { kind: "not", part: unary(reader, depth + 1) };
  if (reader.took("(")) {
    const inner = or(reader, depth + 1);
    reader.expect(")");
    return inner;
  }
  const token = reader.next();
  if (token.kind !== "word") throw new FilterSyntaxError(`Unexpected ${token.value}`);
  const word = token.value.toLowerCase();
  if (word === "service") return service(reader, depth);
  if (word === "edge") return edge(reader, depth);
  if (word === "group.name" || word === "group.arn") return group(reader, word);
  return test(reader, keywordOf(token.value));
}

/** Keywords in lower case; the keys of annotations as they are. */
function keywordOf(word: string): string {
  const found = /^annotation(?:\.([\w.-]+)|\[(.*)\])$/i.exec(word);
  if (found !== null) return `annotation.${found[1] ?? (found[2] ?? "").replace(/\\(.)/g, "$1")}`;
  const keyword = word.toLowerCase();
  if (![...BOOLEANS, ...NUMBERS, ...STRINGS].includes(keyword))
    throw new FilterSyntaxError(`Unknown keyword ${word}`);
  return keyword;
}

function test(reader: Reader, keyword: string): Filter {
  const operator = OPERATORS.find((each) => reader.took(each));
  if (operator === undefined) {
    if (BOOLEANS.includes(keyword) || keyword.startsWith("annotation."))
      return { kind: "test", keyword, operator: "is" };
    throw new FilterSyntaxError(`${keyword} needs an operator and a value`);
  }
  const token = reader.next();
  const value = literalOf(token);
  const words = ["BEGINSWITH", "ENDSWITH", "CONTAINS"].includes(operator);
  const orders = ["<", "<=", ">", ">="].includes(operator);
  const wrong =
    (BOOLEANS.includes(keyword) && (typeof value !== "boolean" || words || orders)) ||
    (NUMBERS.includes(keyword) && (typeof value !== "number" || words)) ||
    (STRINGS.includes(keyword) && (typeof value !== "string" || orders)) ||
    (words && typeof value !== "string") ||
    (orders && typeof value !== "number");
  if (wrong) throw new FilterSyntaxError(`${keyword} ${operator} ${token.value} means nothing`);
  return { kind: "test", keyword, operator, value };
}

function literalOf({ kind, value }: Token): FilterValue {
  if (kind === "text") return value;
  if (kind === "number") return Number(value);
  if (kind === "word" && /^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
  throw new FilterSyntaxError(`Unexpected ${value}`);
}

function inner(reader: Reader, depth: number): Filter {
  if (!reader.took("{")) return { kind: "all" };
  if (reader.took("}")) return { kind: "all" };
  const filter = or(reader, depth + 1);
  reader.expect("}");
  return filter;
}

function service(reader: Reader, depth: number): Filter {
  reader.expect("(");
  const of = reader.took(")") ? undefined : id(reader);
  if (of !== undefined) reader.expect(")");
  return { kind: "service", of, inner: inner(reader, depth) };
}

function edge(reader: Reader, depth: number): Filter {
  reader.expect("(");
  const from = reader.took(")") ? undefined : id(reader);
  let to: ServiceId | undefined;
  if (from !== undefined) {
    if (reader.took(",")) to = id(reader);
    reader.expect(")");
  }
  return { kind: "edge", from, to, inner: inner(reader, depth) };
}

/** `group.name = "x"`, `group.arn = "arn:...:group/x/..."` */
function group(reader: Reader, word: string): Filter {
  const not = reader.took("!=");
  if (!not) reader.expect("=");
  const token = reader.next();
  if (token.kind !== "text") throw new FilterSyntaxError(`Unexpected ${token.value}`);
  const name = word === "group.arn" ? (token.value.split("/")[1] ?? "") : token.value;
  const part: Filter = { kind: "group", name };
  return not ? { kind: "not", part } : part;
}

/** `"name"`, `id(name: "n", type: "t", account.id: "a")`; `""` and what is left out is any. */
function id(reader: Reader): ServiceId {
  const token = reader.next();
  if (token.kind === "text")
    return { name: token.value || undefined, type: undefined, account: undefined };
  if (token.kind !== "word" || token.value.toLowerCase() !== "id")
    throw new FilterSyntaxError(`Unexpected ${token.value}`);
  const said: Record<string, string> = {};
  reader.expect("(");
  while (!reader.took(")")) {
    const key = reader.next().value.toLowerCase();
    if (!["name", "type", "account.id"].includes(key))
      throw new FilterSyntaxError(`Unexpected ${key}`);
    if (!reader.took(":")) reader.expect("=");
    const value = reader.next();
    if (value.kind !== "text") throw new FilterSyntaxError(`Unexpected ${value.value}`);
    said[key] = value.value;
    reader.took(",");
  }
  return {
    name: said["name"] || undefined,
    type: said["type"] || undefined,
    account: said["account.id"] || undefined,
  };
}
