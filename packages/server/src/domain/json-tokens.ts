/** JSON text as a stream of tokens, each with the column behind what was read of it: for errors that say where. */

export type TokenKind =
  | "{"
  | "}"
  | "["
  | "]"
  | "name"
  | "string"
  | "number"
  | "true"
  | "false"
  | "null";

/**
 * Reads compact JSON, as `JSON.stringify` writes it. A string counts as read up to its opening quote until somebody
 * asks for its text: so do AWS's parsers, and their errors give that column.
 */
export class JsonTokens {
  readonly #json: string;
  /** Of the next character to read. */
  #at = 0;
  #kind: TokenKind = "null";
  #start = 0;
  /** Names come where an object has just begun or continued. */
  readonly #open: ("{" | "[")[] = [];
  #named = false;

  /** `json`: well-formed and without blanks outside of strings. */
  constructor(json: string) {
    this.#json = json;
  }

  /** The kind of the token that `next` gave last. */
  get kind(): TokenKind {
    return this.#kind;
  }

  /** Counted from 1, of the character behind what was read. */
  get column(): number {
    const isText = this.#kind === "string" || this.#kind === "name";
    return (isText && !this.#read ? this.#start + 1 : this.#at) + 1;
  }
  #read = false;

  /** The token's text: of a string what it says, of others what is written. */
  get text(): string {
    this.#read = true;
    const raw = this.#json.slice(this.#start, this.#at);
    return this.#kind === "string" || this.#kind === "name" ? JSON.parse(raw) : raw;
  }

  /** Goes on to the next token. */
  next(): TokenKind {
    this.#read = false;
    while (this.#json[this.#at] === "," || this.#json[this.#at] === ":") this.#at += 1;
    this.#start = this.#at;
    const first = this.#json[this.#at] ?? "";
    const inObject = this.#open.at(-1) === "{";
    this.#kind = this.#take(first, inObject);
    // In an object, names and values take turns.
    this.#named = this.#kind === "name";
    return this.#kind;
  }

  #take(first: string, inObject: boolean): TokenKind {
    if (first === "{" || first === "[") {
      this.#open.push(first);
      this.#at += 1;
      return first;
    }
    if (first === "}" || first === "]") {
      this.#open.pop();
      this.#at += 1;
      return first;
    }
    if (first === '"') {
      this.#at += 1;
      for (; this.#json[this.#at] !== '"'; this.#at += 1)
        if (this.#json[this.#at] === "\\") this.#at += 1;
      this.#at += 1;
      return inObject && !this.#named ? "name" : "string";
    }
    const word = /[^,\]}]*/y;
    word.lastIndex = this.#at;
    const text = word.exec(this.#json)?.[0] ?? "";
    this.#at += text.length;
    return text === "true" || text === "false" || text === "null" ? text : "number";
  }
}
