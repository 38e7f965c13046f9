/** What filter patterns compare: texts with wildcards, numbers, regular expressions. */
import { compileLogRegex } from "./log-pattern-regex.ts";

export class LogPatternError extends Error {
  override readonly name = "LogPatternError";
}

export const OPERATORS = ["!=", "<=", ">=", "=", "<", ">"] as const;
export type Operator = (typeof OPERATORS)[number];

/** Whether a value of a line, absent or not, is what the pattern asks for. */
export type ValueTest = (value: unknown) => boolean;

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** A value as it stands in a pattern: `"text"`, `text`, `4*`, `100`, `%regex%`. */
export function compare(operator: Operator, written: string): ValueTest {
  const equal = equality(written);
  if (operator === "=") return (value) => value !== undefined && equal(value);
  if (operator === "!=") return (value) => value !== undefined && !equal(value);
  if (!NUMBER.test(written)) throw new LogPatternError(`${written} is not a number`);
  const limit = Number(written);
  const test = ORDER[operator];
  return (value) => {
    const number = numberOf(value);
    return number !== undefined && test(number, limit);
  };
}

const ORDER: Readonly<Record<string, (a: number, b: number) => boolean>> &
  Record<"<" | ">" | "<=" | ">=", (a: number, b: number) => boolean> = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
};

function equality(written: string): (value: unknown) => boolean {
  if (written.startsWith("%") && written.endsWith("%") && written.length > 1) {
    const matches = regex(written.slice(1, -1));
    return (value) => isPlain(value) && matches(String(value));
  }
  const quoted = /^"(.*)"$/s.exec(written)?.[1];
  const text = (quoted ?? written).replaceAll('\\"', '"');
  const like = wildcard(text);
  if (quoted !== undefined || !NUMBER.test(written))
    return (value) => isPlain(value) && like(String(value));
  const number = Number(written);
  return (value) => numberOf(value) === number;
}

export function regex(source: string): (text: string) => boolean {
  const matches = compileLogRegex(source);
  if (!matches) throw new LogPatternError(`${source} is not a valid regular expression`);
  return matches;
}

/** `*` stands for any text. */
function wildcard(pattern: string): (text: string) => boolean {
  const parts = pattern.split("*");
  if (parts.length === 1) return (text) => text === pattern;
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  return (text) => {
    if (text.length < first.length + last.length) return false;
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const part of parts.slice(1, -1)) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= text.length - last.length;
  };
}

const isPlain = (value: unknown): boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && NUMBER.test(value) ? Number(value) : undefined;
}
