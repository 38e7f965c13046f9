/**
 * The regular expressions of filter patterns: alternatives of characters, classes and repetitions, without groups, as
 * CloudWatch Logs has them. They are strangers', so they are matched in time that grows with text times pattern alone.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */

type Test = (code: number) => boolean;

interface Step {
  readonly test: Test;
  /** May be left out. */
  readonly optional: boolean;
  /** May come again. */
  readonly repeated: boolean;
}
interface Alternative {
  readonly steps: readonly Step[];
  readonly fromStart: boolean;
  readonly toEnd: boolean;
}

const MOST_STEPS = 1000;

/** Undefined where the text is no such expression. */
export function compileLogRegex(source: string): ((text: string) => boolean) | undefined {
  const alternatives = new Reader(source).alternatives();
  return alternatives && ((text) => alternatives.some((one) => found(one, text)));
}

/** All places at once: each character is looked at once per step. */
function found({ steps, fromStart, toEnd }: Alternative, text: string): boolean {
  const end = steps.length;
  let states = new Set<number>();
  const enter = (into: Set<number>, state: number) => {
    for (let at = state; !into.has(at); at++) {
      into.add(at);
      if (at === end || !steps[at]?.optional) return;
    }
  };
  enter(states, 0);
  for (let at = 0; at < text.length; at++) {
    if (!toEnd && states.has(end)) return true;
    const next = new Set<number>();
    const code = text.charCodeAt(at);
    for (const state of states) {
      const step = steps[state];
      if (!step?.test(code)) continue;
      if (step.repeated) enter(next, state);
      enter(next, state + 1);
    }
    if (!fromStart) enter(next, 0);
    else if (next.size === 0) return false;
    states = next;
  }
  return states.has(end);
}

class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  alternatives(): Alternative[] | undefined {
    const alternatives: Alternative[] = [];
    for (;;) {
      const alternative = this.#alternative();
      if (!alternative) return undefined;
      alternatives.push(alternative);
      if (this.#at >= this.#source.length) return alternatives;
      this.#at++; // |
    }
  }

  #alternative(): Alternative | undefined {
    const fromStart = this.#take("^");
    const steps: Step[] = [];
    let toEnd = false;
    while (this.#at < this.#source.length && this.#source[this.#at] !== "|") {
      if (toEnd) return undefined;
      if (this.#take("$")) {
        toEnd = true;
        continue;
      }
      const test = this.#test();
      const times = test && this.#times();
      if (!times) return undefined;
      const [least, most] = times;
      if (steps.length + Math.max(least, most === Infinity ? 1 : most) > MOST_STEPS)
        return undefined;
      for (let n = 0; n < least; n++) steps.push({ test, optional: false, repeated: false });
      if (most === Infinity) steps.push({ test, optional: true, repeated: true });
      else for (let n = least; n < most; n++) steps.push({ test, optional: true, repeated: false });
    }
    return { steps, fromStart, toEnd };
  }

  #times(): readonly [number, number] | undefined {
    if (this.#take("*")) return [0, Infinity];
    if (this.#take("+")) return [1, Infinity];
    if (this.#take("?")) return [0, 1];
    if (!this.#take("{")) return [1, 1];
    const [whole, least, comma, most] =
      /^(\d{1,3})(,?)(\d{0,3})\}/.exec(this.#source.slice(this.#at)) ?? [];
    if (whole === undefined) return undefined;
    this.#at += whole.length;
    if (!comma) return [Number(least), Number(least)];
    const range = [Number(least), most ? Number(most) : Infinity] as const;
    return range[0] <= range[1] ? range : undefined;
  }

  #test(): Test | undefined {
    if (this.#take("[")) return this.#class();
    if (this.#take(".")) return (code) => code !== 10;
    const test = this.#escape();
    if (test) return test;
    const character = this.#source[this.#at] ?? "";
    if ("()*+?{}]".includes(character)) return undefined;
    this.#at++;
    return only(character);
  }

  #class(): Test | undefined {
    const none = this.#take("^");
    const tests: Test[] = [];
    for (let first = true; !this.#take("]") || first; first = false) {
      if (this.#at >= this.#source.length) return undefined;
      const escaped = this.#escape();
      if (escaped) {
        tests.push(escaped);
        continue;
      }
      const from = this.#source[this.#at++] ?? "";
      if (this.#source[this.#at] !== "-" || this.#source[this.#at + 1] === "]") {
        tests.push(only(from));
        continue;
      }
      const to = this.#source[this.#at + 1] ?? "";
      this.#at += 2;
      if (to < from) return undefined;
      tests.push((code) => code >= from.charCodeAt(0) && code <= to.charCodeAt(0));
    }
    return (code) => tests.some((test) => test(code)) !== none;
  }

  #escape(): Test | undefined {
    if (this.#source[this.#at] !== "\\") return undefined;
    const letter = this.#source[this.#at + 1] ?? "\\";
    this.#at += 2;
    const kind = KINDS[letter.toLowerCase()];
    if (kind) return letter === letter.toLowerCase() ? kind : (code) => !kind(code);
    if (letter === "x") {
      const [hex] = /^[0-9a-fA-F]{2}/.exec(this.#source.slice(this.#at)) ?? [];
      if (hex !== undefined) {
        this.#at += 2;
        return only(String.fromCharCode(Number.parseInt(hex, 16)));
      }
    }
    return only(letter);
  }

  #take(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

const within = (code: number, from: string, to: string) =>
  code >= from.charCodeAt(0) && code <= to.charCodeAt(0);
const isDigit = (code: number) => within(code, "0", "9");
const KINDS: Readonly<Record<string, Test>> = {
  d: isDigit,
  s: (code) => code === 32 || (code >= 9 && code <= 13),
  w: (code) => isDigit(code) || within(code, "a", "z") || within(code, "A", "Z") || code === 95,
};

function only(character: string): Test {
  const wanted = character.charCodeAt(0);
  return (code) => code === wanted;
}
