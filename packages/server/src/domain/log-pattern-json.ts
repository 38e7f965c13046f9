/** `{ $.a.b = "x" && $.n[0] > 5 }` */
import { readCondition, readValue, Scanner } from "./log-pattern-scanner.ts";
import { compare, LogPatternError } from "./log-pattern-value.ts";

type Test = (line: unknown) => boolean;

/** The text between the braces. @throws LogPatternError */
export function jsonPattern(source: string): Test {
  const scanner = new Scanner(source);
  const test = readCondition<Test>(scanner, () => comparison(scanner));
  if (!scanner.done) throw new LogPatternError("more than a condition");
  return test;
}

function comparison(scanner: Scanner): Test {
  const select = selector(scanner);
  if (scanner.word("IS")) {
    if (scanner.word("TRUE")) return (line) => select(line) === true;
    if (scanner.word("FALSE")) return (line) => select(line) === false;
    if (scanner.word("NULL")) return (line) => select(line) === null;
    throw new LogPatternError("IS is followed by TRUE, FALSE or NULL");
  }
  if (scanner.word("NOT") && scanner.word("EXISTS")) return (line) => select(line) === undefined;
  if (scanner.word("EXISTS")) return (line) => select(line) !== undefined;
  const operator = scanner.operator();
  if (operator === undefined) throw new LogPatternError("an operator is expected");
  const fits = compare(operator, readValue(scanner));
  return (line) => fits(select(line));
}

/** `$.a.b[0]`, `$['a b']` */
export function selector(scanner: Scanner): (line: unknown) => unknown {
  scanner.expect("$");
  const path: (string | number)[] = [];
  for (;;) {
    const name = scanner.match(/\.[^\s.[\]=<>!(){}&|,"%]+/y);
    const quoted = name ?? scanner.match(/\[\s*(?:'[^']*'|"[^"]*")\s*\]/y);
    const index = quoted ?? scanner.match(/\[\d{1,9}\]/y);
    if (name !== undefined) path.push(name.slice(1));
    else if (quoted !== undefined) path.push(quoted.slice(1, -1).trim().slice(1, -1));
    else if (index !== undefined) path.push(Number(index.slice(1, -1)));
    else break;
  }
  if (path.length === 0) throw new LogPatternError("a selector names a property");
  return (line) => path.reduce<unknown>(step, line);
}

function step(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return typeof key === "number" ? value[key] : undefined;
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}
