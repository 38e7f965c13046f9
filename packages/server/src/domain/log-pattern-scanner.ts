import { LogPatternError, OPERATORS, type Operator } from "./log-pattern-value.ts";

/** Reads the pieces that all kinds of filter patterns consist of. */
export class Scanner {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get done(): boolean {
    this.skip();
    return this.#at >= this.#source.length;
  }

  skip(): void {
    while (/\s/.test(this.#source[this.#at] ?? "")) this.#at++;
  }

  /** Takes the text if it comes next. */
  take(text: string): boolean {
    this.skip();
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw new LogPatternError(`${text} is expected at ${this.#at}`);
  }

  /** Takes a word, in whatever case it is written. */
  word(word: string): boolean {
    this.skip();
    const next = this.#source.slice(this.#at, this.#at + word.length);
    const behind = this.#source[this.#at + word.length] ?? " ";
    if (next.toUpperCase() !== word || /\w/.test(behind)) return false;
    this.#at += word.length;
    return true;
  }

  operator(): Operator | undefined {
    return OPERATORS.find((operator) => this.take(operator));
  }

  /** Takes what the expression, which must be sticky, finds. */
  match(expression: RegExp): string | undefined {
    this.skip();
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#source)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

/** A value behind an operator: quoted, a regular expression, or a bare word. */
export function readValue(scanner: Scanner): string {
  const value =
    scanner.match(/"(?:[^"\\]|\\.)*"/y) ??
    scanner.match(/%[^%]+%/y) ??
    scanner.match(/[^\s"%(){},\]&|=<>!]+/y);
  if (value === undefined) throw new LogPatternError("a value is expected");
  return value;
}

/** `a && b || (c)`: `&&` binds more. */
export function readCondition<Test extends (...input: never[]) => boolean>(
  scanner: Scanner,
  term: () => Test,
  depth = 0,
): Test {
  if (depth > 50) throw new LogPatternError("too many parentheses");
  const single = (): Test => {
    if (!scanner.take("(")) return term();
    const inner = readCondition(scanner, term, depth + 1);
    scanner.expect(")");
    return inner;
  };
  const alternatives: Test[][] = [];
  do {
    const all = [single()];
    while (scanner.take("&&")) all.push(single());
    alternatives.push(all);
  } while (scanner.take("||"));
  return ((...input: never[]) =>
    alternatives.some((all) => all.every((test) => test(...input)))) as Test;
}
