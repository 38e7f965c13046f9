/**
 * Compares answers of the platform with answers of AWS, member by member. A recording holds what AWS answered, under
 * names, and not the calls: a test makes calls that lead there, and hands each answer over under its name.
 *
 * Where an answer differs from run to run a recording has a placeholder, `<bucket-name:1>` or `<region>`, alone or inside
 * of a text: it stands for whatever comes first, for the same again later, and for something else than
 * `<bucket-name:2>`. Alone and without a number it stands for anything. `date` and `datetime` stand for any time.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { it } from "node:test";

type Answers = Readonly<Record<string, unknown>>;

const ROOT = resolve(import.meta.dirname, "../../../../shared/data/aws-recordings");

export interface Play {
  /** Texts without brackets that stand for something in this recording, as `i-d` for an id. */
  readonly words?: readonly string[];
  /** Placeholders and words that stand for something else each time, as `<duration>`. */
  readonly anything?: readonly string[];
}

export interface Recordings {
  /** Makes the calls of one recording. Every answer of it must be handed over, and be equal. */
  play(name: string, calls: (answers: Comparison) => Promise<void>, play?: Play): void;
  /** Recordings that are not played, for one reason: by name, or all whose names match and that are not played. */
  skip(reason: string, ...names: readonly (string | RegExp)[]): void;
  /** Fails where a recording is neither played nor skipped, or fewer than `atLeast` are played. */
  finish(atLeast: number): void;
}

/** The recordings of these files, by the last part of their names. Without the files everything is skipped. */
export function openRecordings(...files: readonly string[]): Recordings {
  const recorded = new Map(files.flatMap((file) => [...readRecordings(file)]));
  const missing = recorded.size === 0 && `no recordings in ${ROOT}`;
  const played = new Set<string>();
  const skipped = new Set<string>();
  return {
    play(name, calls, play = {}) {
      played.add(name);
      it(name, { skip: missing }, async () => {
        const answers = recorded.get(name);
        assert.ok(answers, `there is no recording ${name}`);
        const comparison = new Comparison(answers, play);
        await calls(comparison);
        comparison.finish();
      });
    },
    skip(reason, ...names) {
      const matching = (pattern: string | RegExp) =>
        typeof pattern === "string"
          ? [pattern]
          : [...recorded.keys()].filter((name) => pattern.test(name) && !played.has(name));
      for (const name of new Set(names.flatMap(matching))) {
        if (skipped.has(name)) continue;
        skipped.add(name);
        it(name, { skip: missing || reason }, () => undefined);
      }
    },
    finish(atLeast) {
      for (const [name, answers] of recorded)
        if (Object.keys(answers).length === 0) this.skip("holds no answers", name);
      it("every recording is played, or skipped for a reason", { skip: missing }, () => {
        const left = [...recorded.keys()].filter((name) => !played.has(name) && !skipped.has(name));
        assert.deepEqual(left, []);
        assert.deepEqual(
          [...played, ...skipped].filter((name) => !recorded.has(name)),
          [],
        );
        assert.ok(played.size >= atLeast, `${played.size} recordings are played`);
      });
    },
  };
}

function readRecordings(file: string): Map<string, Answers> {
  let text: string;
  try {
    text = readFileSync(join(ROOT, file), "utf8");
  } catch {
    return new Map();
  }
  // Long runs of one letter are written as `<a:len(129)>`.
  const full = text.replace(/<(\w):len\((\d+)\)>/g, (_, letter: string, n: string) =>
    letter.repeat(Number(n)),
  );
  const tests = JSON.parse(full) as Record<string, { "recorded-content": Answers }>;
  return new Map(
    Object.entries(tests).map(([name, test]) => [
      name.replace(/^.*?::/, ""),
      test["recorded-content"],
    ]),
  );
}

/** One recording against one run. */
export class Comparison {
  readonly #answers: Answers;
  readonly #bound = new Map<string, unknown>();
  readonly #words: ReadonlySet<string>;
  readonly #anything: ReadonlySet<string>;
  readonly #left: Set<string>;

  constructor(answers: Answers, { words = [], anything = [] }: Play) {
    this.#answers = answers;
    this.#words = new Set(words);
    this.#anything = new Set(anything);
    this.#left = new Set(Object.keys(answers));
  }

  /** What AWS answered, for tests that need to know how often or with what. */
  recorded(name: string): unknown {
    assert.ok(Object.hasOwn(this.#answers, name), `no answer ${name} was recorded`);
    return this.#answers[name];
  }

  /** Fails where the answer is not the recorded one. */
  equal(name: string, actual: unknown): void {
    const expected = this.recorded(name);
    this.#left.delete(name);
    const differences: string[] = [];
    this.#compare(expected, actual, name, differences);
    assert.deepEqual(differences, [], `${name}\n${JSON.stringify(actual, null, 1)}`);
  }

  /** Fails where an answer was not handed over. */
  finish(): void {
    assert.deepEqual([...this.#left], [], "recorded answers without a call");
  }

  #compare(expected: unknown, actual: unknown, path: string, out: string[]): void {
    if (typeof expected === "string") {
      if (!this.#matches(expected, actual))
        out.push(`${path}: ${show(actual)}, not ${show(expected)}`);
    } else if (Array.isArray(expected) && Array.isArray(actual)) {
      if (expected.length !== actual.length)
        out.push(`${path}: ${actual.length} items, not ${expected.length}`);
      else
        for (const [index, item] of expected.entries())
          this.#compare(item, actual[index], `${path}[${index}]`, out);
    } else if (isObject(expected) && isObject(actual)) {
      for (const key of Object.keys(expected))
        if (!Object.hasOwn(actual, key)) out.push(`${path}.${key}: is missing`);
        else this.#compare(expected[key], actual[key], `${path}.${key}`, out);
      for (const key of Object.keys(actual))
        if (!Object.hasOwn(expected, key))
          out.push(`${path}.${key}: ${show(actual[key])} is too much`);
    } else if (expected !== actual) out.push(`${path}: ${show(actual)}, not ${show(expected)}`);
  }

  #matches(expected: string, actual: unknown): boolean {
    if (ANYTHING.test(expected) || this.#anything.has(expected))
      return actual !== undefined && actual !== null;
    if (expected === "datetime" || expected === "date")
      return actual instanceof Date || !Number.isNaN(Date.parse(String(actual)));
    if (this.#words.has(expected) || PLACEHOLDER.test(expected))
      return this.#bind(expected, actual);
    const parts = expected.split(INSIDE);
    if (parts.length === 1 || typeof actual !== "string") return expected === actual;
    return this.#bindParts(parts, actual);
  }

  /** Odd parts are placeholders. One that is bound stands for its value, one that is not for as little as will do. */
  #bindParts(parts: readonly string[], actual: string): boolean {
    const names: string[] = [];
    const pattern = parts.map((part, index) => {
      if (index % 2 === 0) return RegExp.escape(part);
      if (this.#anything.has(part)) return ".+?";
      if (this.#bound.has(part)) return RegExp.escape(String(this.#bound.get(part)));
      const before = names.indexOf(part);
      if (before >= 0) return `\\${before + 1}`;
      names.push(part);
      return "(.+?)";
    });
    const match = new RegExp(`^${pattern.join("")}$`, "s").exec(actual);
    if (match === null) return false;
    return names.every((name, index) => this.#bind(name, match[index + 1]));
  }

  #bind(name: string, actual: unknown): boolean {
    if (actual === undefined || actual === null) return false;
    if (this.#bound.has(name)) return this.#bound.get(name) === actual;
    for (const [other, value] of this.#bound)
      if (value === actual && family(other) === family(name)) return false;
    this.#bound.set(name, actual);
    return true;
  }
}

/** `<uuid:1>` and `<uuid:2>` are of one family: they differ. */
const family = (name: string): string => /^<(.+):\d+>$/.exec(name)?.[1] ?? name;

const ANYTHING = /^<[a-z_]+(?:-[a-z]+)*>$/;
/** Some recordings have a placeholder inside of another one: `<<code-sha-256>:1>`. */
const PLACEHOLDER = /^<(?:[\w.:-]+|<[\w-]+>:\d+)>$/;
const INSIDE = /(<(?:[\w.:-]+|<[\w-]+>:\d+)>)/;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !(value instanceof Date);

const show = (value: unknown): string => JSON.stringify(value) ?? String(value);
