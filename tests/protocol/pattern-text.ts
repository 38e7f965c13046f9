/** Texts that match the patterns of AWS's models: enough of regular expressions for every pattern there is. */
import { compilePattern } from "../../packages/server/src/aws/pattern.ts";
import type { Random } from "./random.ts";

/** A text that matches, of a length within the bounds; undefined where chance finds none. */
export function textMatching(
  pattern: string,
  random: Random,
  bounds: { readonly min: number; readonly max: number },
): string | undefined {
  const expression = compilePattern(pattern);
  const source = pattern.replace(/^\(\?i\)/, "");
  for (let attempt = 0; attempt < 80; attempt++) {
    // Open repetitions end early or late; where a length must be reached, some are made just as long.
    const exactly = attempt % 2 === 1;
    const repeat = exactly ? Math.max(bounds.min - (attempt % 5), 1) : random.between(0, 4);
    const text = new Writer(source, random, repeat, exactly).text();
    if (text.length >= bounds.min && text.length <= bounds.max && expression.test(text))
      return text;
  }
  return undefined;
}

const WORD = "abcxyzABCXYZ0189_";
const DIGITS = "0123456789";
const SPACE = " ";
const ANY = "azAZ09-_.";
const PROPERTIES: Readonly<Record<string, string>> = {
  L: "aZé",
  Ll: "az",
  Lu: "AZ",
  M: "\u0301",
  N: "059",
  Nd: "059",
  P: "-.,!",
  S: "+<$",
  Z: " ",
  Zs: " ",
  ASCII: "aZ0",
  Alnum: "aZ0",
  Alpha: "aZ",
  Digit: "09",
  Graph: "aZ0!",
  Lower: "az",
  Print: "aZ0 !",
  Punct: "!-",
  Upper: "AZ",
};

class Writer {
  private readonly source: string;
  private readonly random: Random;
  /** How often open repetitions repeat, at most or exactly. */
  private readonly repeat: number;
  private readonly exactly: boolean;
  private at = 0;

  constructor(source: string, random: Random, repeat: number, exactly: boolean) {
    this.source = source;
    this.random = random;
    this.repeat = repeat;
    this.exactly = exactly;
  }

  text(): string {
    return this.random.pick(this.alternatives())();
  }

  /** Each alternative as a function that writes it, so that only the chosen one is written. */
  private alternatives(): (() => string)[] {
    const alternatives = [this.sequence()];
    while (this.source[this.at] === "|") {
      this.at++;
      alternatives.push(this.sequence());
    }
    return alternatives;
  }

  private sequence(): () => string {
    const parts: (() => string)[] = [];
    while (this.at < this.source.length && !"|)".includes(this.source[this.at] ?? ""))
      parts.push(this.repeated(this.atom()));
    return () => parts.map((part) => part()).join("");
  }

  private repeated(atom: () => string): () => string {
    const [low, high] = this.quantifier();
    if (low === 1 && high === 1) return atom;
    return () => {
      const most = Math.min(high, Math.max(low, this.repeat));
      let text = "";
      for (let left = this.exactly ? most : this.random.between(low, most); left > 0; left--)
        text += atom();
      return text;
    };
  }

  private quantifier(): [low: number, high: number] {
    const counted = /^\{(\d+)(,(\d*))?\}/.exec(this.source.slice(this.at, this.at + 16));
    let bounds: [number, number] = [1, 1];
    if (counted !== null) {
      const low = Number(counted[1]);
      bounds = [
        low,
        counted[2] === undefined ? low : Number(counted[3] || Number.POSITIVE_INFINITY),
      ];
      this.at += counted[0].length;
    } else {
      const sign = this.source[this.at];
      if (sign === "*") bounds = [0, Number.POSITIVE_INFINITY];
      else if (sign === "+") bounds = [1, Number.POSITIVE_INFINITY];
      else if (sign === "?") bounds = [0, 1];
      else return bounds;
      this.at++;
    }
    if (this.source[this.at] === "?" || this.source[this.at] === "+") this.at++; // lazy, possessive
    return bounds;
  }

  private atom(): () => string {
    const character = this.source[this.at++] ?? "";
    switch (character) {
      case "(":
        return this.group();
      case "[":
        return this.oneOf(this.characterClass());
      case ".":
        return this.oneOf(ANY);
      case "\\":
        return this.oneOf(this.escape());
      case "^":
      case "$":
        return () => "";
      default:
        return () => character;
    }
  }

  private group(): () => string {
    const look = /^\?(<?[=!])/.exec(this.source.slice(this.at, this.at + 3));
    const plain = /^\?(?::|<\w+>)/.exec(this.source.slice(this.at));
    this.at += look?.[0].length ?? plain?.[0].length ?? 0;
    const alternatives = this.alternatives();
    this.at++; // the closing parenthesis
    // What is looked at is written elsewhere; whether it holds, the whole pattern tells afterwards.
    return look ? () => "" : () => this.random.pick(alternatives)();
  }

  private oneOf(characters: string): () => string {
    const all = [...characters];
    return () => (all.length === 0 ? "" : this.random.pick(all));
  }

  private characterClass(): string {
    const negated = this.source[this.at] === "^";
    if (negated) this.at++;
    let characters = "";
    for (let first = true; first || this.source[this.at] !== "]"; first = false) {
      const low = this.classAtom();
      if (
        this.source[this.at] === "-" &&
        this.source[this.at + 1] !== "]" &&
        [...low].length === 1
      ) {
        this.at++;
        const high = this.classAtom();
        characters += range(low, [...high].length === 1 ? high : low);
      } else characters += low;
    }
    this.at++;
    if (!negated) return characters;
    const left = [..."abcXYZ012 -_./:é"].filter((candidate) => !characters.includes(candidate));
    return left.length > 0 ? left.join("") : "~";
  }

  private classAtom(): string {
    const code = this.source.codePointAt(this.at) ?? 0;
    const character = String.fromCodePoint(code);
    this.at += character.length;
    return character === "\\" ? this.escape() : character;
  }

  private escape(): string {
    const letter = this.source[this.at++] ?? "";
    switch (letter) {
      case "d":
        return DIGITS;
      case "w":
        return WORD;
      case "s":
        return SPACE;
      case "S":
      case "D":
        return "azAZ-";
      case "W":
        return "-";
      case "b":
      case "A":
      case "z":
        return "";
      case "t":
        return "\t";
      case "n":
        return "\n";
      case "r":
        return "\r";
      case "u":
        return this.codeUnits();
      case "x":
        return String.fromCharCode(Number.parseInt(this.take(2), 16));
      case "p": {
        const name = /^\{(\w+)\}|^(\w)/.exec(this.source.slice(this.at));
        this.at += name?.[0].length ?? 0;
        return PROPERTIES[name?.[1] ?? name?.[2] ?? ""] ?? "a";
      }
      default:
        return letter;
    }
  }

  /** Two surrogates in a row are one character, as in Unicode mode. */
  private codeUnits(): string {
    const first = String.fromCharCode(Number.parseInt(this.take(4), 16));
    const isHigh = first >= "\ud800" && first <= "\udbff";
    if (!isHigh || !this.source.startsWith("\\u", this.at)) return first;
    this.at += 2;
    return first + String.fromCharCode(Number.parseInt(this.take(4), 16));
  }

  private take(length: number): string {
    this.at += length;
    return this.source.slice(this.at - length, this.at);
  }
}

/** Both ends and something between, printable where the range has it. */
function range(low: string, high: string): string {
  const from = low.codePointAt(0) ?? 0;
  const to = high.codePointAt(0) ?? 0;
  const printable = [...ANY, " "].filter((character) => character >= low && character <= high);
  const ends = [from, to, from + Math.floor((to - from) / 2)].filter(
    (code) => code >= 0x20 && code <= 0xd7ff && code !== 0x7f,
  );
  return [...printable, ...ends.map((code) => String.fromCodePoint(code))].join("") || low;
}
