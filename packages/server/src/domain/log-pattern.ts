/**
 * Filter patterns of CloudWatch Logs: terms, JSON conditions, columns.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
import { columnsPattern } from "./log-pattern-columns.ts";
import { jsonPattern, selector } from "./log-pattern-json.ts";
import { Scanner } from "./log-pattern-scanner.ts";
import { LogPatternError, regex } from "./log-pattern-value.ts";

export { LogPatternError } from "./log-pattern-value.ts";

export interface LogPattern {
  matches(message: string): boolean;
  /** A value of a line that matches, as metric filters name it: `$.a.b`, `$column`; undefined where it has none. */
  value(message: string, name: string): unknown;
  /** The columns of a line that matches, by their names; undefined where the pattern has none. */
  values(message: string): Readonly<Record<string, string>> | undefined;
}

/** @throws LogPatternError */
export function compileLogPattern(source: string): LogPattern {
  const pattern = source.trim();
  if (pattern.startsWith("{") && pattern.endsWith("}")) return ofJson(pattern.slice(1, -1));
  if (pattern.startsWith("[") && pattern.endsWith("]")) {
    const { columns } = columnsPattern(pattern.slice(1, -1));
    return {
      matches: (message) => columns(message) !== undefined,
      value: (message, name) => columns(message)?.[name],
      values: columns,
    };
  }
  return { matches: termsPattern(pattern), value: () => undefined, values: () => undefined };
}

function ofJson(source: string): LogPattern {
  const test = jsonPattern(source);
  return {
    values: () => undefined,
    matches: (message) => {
      const line = parsed(message);
      return line !== undefined && test(line);
    },
    value(message, name) {
      const scanner = new Scanner(name);
      try {
        const select = selector(scanner);
        return scanner.done ? select(parsed(message)) : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** A line in JSON is an object. */
function parsed(message: string): unknown {
  if (!/^\s*\{/.test(message)) return undefined;
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

type Term = (message: string) => boolean;

/** Terms must all be there, in any order; `-term` must not; of `?term`s alone one must. */
function termsPattern(source: string): Term {
  const scanner = new Scanner(source);
  const [all, some, none]: [Term[], Term[], Term[]] = [[], [], []];
  while (!scanner.done) {
    const list = scanner.take("?") ? some : scanner.take("-") ? none : all;
    list.push(term(scanner));
  }
  return (message) =>
    all.every((test) => test(message)) &&
    !none.some((test) => test(message)) &&
    (all.length > 0 || some.length === 0 || some.some((test) => test(message)));
}

function term(scanner: Scanner): Term {
  const expression = scanner.match(/%[^%]+%/y);
  if (expression !== undefined) return regex(expression.slice(1, -1));
  const quoted = scanner.match(/"(?:[^"\\]|\\.)*"/y);
  if (quoted !== undefined) {
    const text = quoted.slice(1, -1).replaceAll(/\\(["\\])/g, "$1");
    return (message) => message.includes(text);
  }
  const word = scanner.match(/\S+/y) ?? "";
  // CloudWatch Logs: terms with other characters are put in double quotes.
  if (!/^[\p{L}\p{N}_.:/@#*-]+$/u.test(word))
    throw new LogPatternError(`Invalid character(s) in term '${word}'`);
  return (message) => message.includes(word);
}
