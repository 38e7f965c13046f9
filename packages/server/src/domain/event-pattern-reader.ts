/**
 * Reads the JSON of a pattern token by token. Errors say where they are as AWS's do, whose parser is Jackson: a text
 * counts as read up to its opening quote until somebody looks at it, and a name up to the first character of its value.
 */

/** The pattern is none. The message is AWS's reason. */
export class InvalidPattern extends Error {
  override readonly name = "InvalidPattern";
}

export type Token =
  | "{"
  | "}"
  | "["
  | "]"
  | "name"
  | "string"
  | "number"
  | "true"
  | "false"
  | "null"
  | "end";

/** Jackson shows so much of a source. */
const SHOWN = 500;
const MAX_DEPTH = 100;
const EXPECTED = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

export class PatternReader {
  readonly #source: string;
  #at = 0;
  #token: Token = "end";
  /** Of the current text, name, number or literal; of a text only once it was looked at. */
  #text = "";
  /** What a name was read together with. */
  #value: Token | undefined;
  /** The current text was not read to its end. */
  #open = false;
  /** `{` and `[` that are open; whether something came after the last one. */
  readonly #nesting: { readonly kind: "{" | "["; empty: boolean }[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  get token(): Token {
    return this.#token;
  }

  next(): Token {
    this.#finish();
    if (this.#value !== undefined) {
      this.#token = this.#value;
      this.#value = undefined;
      return this.#entered(this.#token);
    }
    const inside = this.#nesting.at(-1);
    let char = this.#skip();
    if (inside === undefined) {
      if (char === "") return this.#set("end");
      return this.#entered(this.#read(char));
    }
    if (char === CLOSING[inside.kind]) {
      this.#at += 1;
      this.#nesting.pop();
      return this.#set(char as Token);
    }
    if (!inside.empty) {
      if (char !== ",")
        this.#unexpected(char, `was expecting comma to separate ${KIND[inside.kind]} entries`);
      this.#at += 1;
      char = this.#skip();
    }
    inside.empty = false;
    if (inside.kind === "[") return this.#entered(this.#read(char));
    if (char !== '"') this.#unexpected(char, "was expecting double-quote to start field name");
    this.#at += 1;
    this.#text = this.#readText();
    char = this.#skip();
    if (char !== ":")
      this.#unexpected(char, "was expecting a colon to separate field name and value");
    this.#at += 1;
    const name = this.#text;
    this.#value = this.#read(this.#skip());
    if (this.#value !== "string") this.#valueText = this.#text;
    this.#text = name;
    return this.#set("name");
  }

  #valueText = "";

  /** Of a name, text, number or literal. */
  text(): string {
    this.#finish();
    return this.#text;
  }

  /** @throws InvalidPattern, here. */
  fail(message: string): never {
    throw new InvalidPattern(message + this.#location());
  }

  #location(): string {
    const before = this.#source.slice(0, this.#at);
    const line = before.split("\n").length;
    const column = this.#at - (before.lastIndexOf("\n") + 1) + 1;
    const left = this.#source.length - SHOWN;
    const shown =
      left > 0 ? `${this.#source.slice(0, SHOWN)}"[truncated ${left} chars]` : `${this.#source}"`;
    return `\n at [Source: (String)"${shown}; line: ${line}, column: ${column}]`;
  }

  #set(token: Token): Token {
    this.#token = token;
    return token;
  }

  #entered(token: Token): Token {
    if (token === "{" || token === "[") {
      if (this.#nesting.length >= MAX_DEPTH) this.fail("The pattern is nested too deeply");
      this.#nesting.push({ kind: token, empty: true });
    } else if (this.#valueText !== "" && token !== "string") {
      this.#text = this.#valueText;
    }
    this.#valueText = "";
    return this.#set(token);
  }

  #finish(): void {
    if (!this.#open || this.#token !== "string") return;
    this.#open = false;
    this.#text = this.#readText();
  }

  #skip(): string {
    for (;;) {
      const char = this.#source.charAt(this.#at);
      if (char !== " " && char !== "\t" && char !== "\n" && char !== "\r") return char;
      this.#at += 1;
    }
  }

  /** The token that starts here. */
  #read(char: string): Token {
    if (char === "{" || char === "[") {
      this.#at += 1;
      return char;
    }
    if (char === '"') {
      this.#at += 1;
      this.#open = true;
      return "string";
    }
    const number = matchAt(NUMBER, this.#source, this.#at);
    if (number !== undefined) {
      this.#at += number.length;
      this.#text = number;
      return "number";
    }
    const word = matchAt(WORD, this.#source, this.#at);
    if (word === undefined) this.#unexpected(char, `expected a valid value ${EXPECTED}`);
    this.#at += word.length;
    this.#text = word;
    if (word === "true" || word === "false" || word === "null") return word;
    return this.fail(`Unrecognized token '${word.slice(0, 256)}': was expecting ${EXPECTED}`);
  }

  /** From behind the opening quote to behind the closing one. */
  #readText(): string {
    const body = matchAt(TEXT, this.#source, this.#at);
    if (body === undefined) {
      this.#at = this.#source.length;
      return this.fail("Unexpected end-of-input: was expecting closing quote for a string value");
    }
    this.#at += body.length;
    try {
      return JSON.parse(`"${body}`) as string;
    } catch {
      return this.fail("Unrecognized character escape or illegal unquoted character in a string");
    }
  }

  #unexpected(char: string, expectation: string): never {
    if (char === "") this.fail(`Unexpected end-of-input: ${expectation}`);
    this.#at += 1;
    return this.fail(
      `Unexpected character ('${char}' (code ${char.charCodeAt(0)})): ${expectation}`,
    );
  }
}

const CLOSING = { "{": "}", "[": "]" } as const;
const KIND = { "{": "Object", "[": "Array" } as const;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /[\p{L}\p{Nd}_$]+/uy;
const TEXT = /(?:[^"\\]|\\.)*"/sy;

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}
