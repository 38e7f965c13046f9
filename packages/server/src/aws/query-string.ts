import { Malformed } from "./codecs/malformed.ts";

/** The parameters of a query string or form, decoded, in the order in which they were sent. */
export class Query {
  static readonly EMPTY = new Query([]);

  readonly pairs: readonly (readonly [name: string, value: string])[];

  constructor(pairs: readonly (readonly [name: string, value: string])[]) {
    this.pairs = pairs;
  }

  /** `+` is a space, as in forms. @throws Malformed on percent encoding that is malformed or not UTF-8. */
  static parse(text: string): Query {
    if (text === "") return Query.EMPTY;
    const pairs: [string, string][] = [];
    for (const part of text.split("&")) {
      if (part === "") continue;
      const equals = part.indexOf("=");
      if (equals < 0) pairs.push([decode(part), ""]);
      else pairs.push([decode(part.slice(0, equals)), decode(part.slice(equals + 1))]);
    }
    return new Query(pairs);
  }

  /** The first value of a parameter. */
  get(name: string): string | undefined {
    for (const pair of this.pairs) if (pair[0] === name) return pair[1];
    return undefined;
  }

  getAll(name: string): string[] {
    return this.pairs.flatMap(([key, value]) => (key === name ? [value] : []));
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }
}

function decode(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw new Malformed("The query string is not UTF-8 in percent encoding");
  }
}
