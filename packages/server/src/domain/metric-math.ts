/**
 * Metric math, the part that people use: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 * An expression is read once into a tree; what it is worked out of are numbers and time series.
 */

/** Values by the beginning of their period, in milliseconds since the epoch. */
export type TimeSeries = ReadonlyMap<number, number>;

export type MathValue =
  | { readonly kind: "scalar"; readonly value: number }
  | { readonly kind: "series"; readonly label: string; readonly points: TimeSeries }
  | { readonly kind: "list"; readonly all: readonly Extract<MathValue, { kind: "series" }>[] };

export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "id"; readonly name: string }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: "negative"; readonly of: Expression }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    };

/** An expression that is not right; the message says why. */
export class MathError extends Error {
  override readonly name = "MathError";
}

const TOKEN =
  /\s*(?:(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)|([A-Za-z_][A-Za-z0-9_]*)|("[^"]*"|'[^']*')|(<=|>=|==|!=|&&|\|\||[-+*/^()[\],<>]))/y;
const MAX_LENGTH = 2048;
const MAX_DEPTH = 50;
/** What binds looser comes first. */
const LEVELS: readonly (readonly string[])[] = [
  ["||", "OR"],
  ["&&", "AND"],
  ["==", "!=", "<", ">", "<=", ">="],
  ["+", "-"],
  ["*", "/"],
];

/** @throws MathError */
export function parseExpression(text: string): Expression {
  if (text.length > MAX_LENGTH) throw new MathError(`it is longer than ${MAX_LENGTH} characters`);
  const tokens = tokensOf(text);
  let at = 0;
  let depth = 0;
  const peek = () => tokens[at];
  const take = (expected: string): boolean => {
    if (peek() !== expected) return false;
    at += 1;
    return true;
  };
  const demand = (expected: string): void => {
    if (!take(expected)) throw new MathError(`expected ${expected} at ${peek() ?? "its end"}`);
  };

  function level(index: number): Expression {
    const operators = LEVELS[index];
    if (operators === undefined) return unary();
    let left = level(index + 1);
    for (let operator = peek(); operator && operators.includes(operator); operator = peek()) {
      at += 1;
      left = { kind: "binary", operator, left, right: level(index + 1) };
    }
    return left;
  }
  function unary(): Expression {
    if (take("-")) return { kind: "negative", of: unary() };
    if (take("+")) return unary();
    const base = primary();
    return take("^") ? { kind: "binary", operator: "^", left: base, right: unary() } : base;
  }
  function listed(end: string): Expression[] {
    const items: Expression[] = [];
    if (take(end)) return items;
    do items.push(level(0));
    while (take(","));
    demand(end);
    return items;
  }
  function primary(): Expression {
    depth += 1;
    if (depth > MAX_DEPTH) throw new MathError("it is nested too deeply");
    try {
      if (take("(")) {
        const inner = level(0);
        demand(")");
        return inner;
      }
      if (take("[")) return { kind: "list", items: listed("]") };
      const token = peek();
      at += 1;
      if (token === undefined) throw new MathError("it ends too early");
      if (/^[\d.]/.test(token)) return { kind: "number", value: Number(token) };
      if (/^["']/.test(token)) return { kind: "text", value: token.slice(1, -1) };
      if (!/^[A-Za-z_]/.test(token)) throw new MathError(`unexpected ${token}`);
      if (take("(")) return { kind: "call", name: token.toUpperCase(), args: listed(")") };
      return { kind: "id", name: token };
    } finally {
      depth -= 1;
    }
  }

  const whole = level(0);
  if (at < tokens.length) throw new MathError(`unexpected ${peek()}`);
  return whole;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const found = TOKEN.exec(text);
    if (found === null) throw new MathError("it has characters that mean nothing");
    tokens.push(found[1] ?? found[2] ?? found[3] ?? found[4] ?? "");
  }
  return tokens;
}

/** Ids that an expression speaks of. */
export function idsIn(expression: Expression): string[] {
  switch (expression.kind) {
    case "id":
      return [expression.name];
    case "negative":
      return idsIn(expression.of);
    case "binary":
      return [...idsIn(expression.left), ...idsIn(expression.right)];
    case "list":
      return expression.items.flatMap(idsIn);
    case "call":
      return expression.args.flatMap(idsIn);
    default:
      return [];
  }
}
