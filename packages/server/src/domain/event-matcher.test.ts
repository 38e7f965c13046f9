import assert from "node:assert/strict";
import { test } from "node:test";
import { EventMatcher } from "./event-matcher.ts";
import { compilePattern } from "./event-pattern.ts";

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const WORDS = ["a", "ab", "abc", "b", "bc", "Abc", "", "10.0.0.1", "10.0.1.7", "::1"];

function randomTest(next: (below: number) => number): unknown {
  const word = WORDS[next(WORDS.length)] as string;
  const number = next(6);
  const tests: readonly unknown[] = [
    word,
    number,
    null,
    true,
    { prefix: word },
    { suffix: word },
    { prefix: { "equals-ignore-case": word } },
    { suffix: { "equals-ignore-case": word } },
    { "equals-ignore-case": word },
    { wildcard: `*b${word}*b*` },
    { wildcard: `${word}*c` },
    { numeric: [">", number, "<=", number + 2] },
    { numeric: ["<", number] },
    { cidr: "10.0.0.0/24" },
    { cidr: "::/64" },
    { exists: true },
    { exists: false },
    { "anything-but": word },
    { "anything-but": [number, number + 1] },
    { "anything-but": { prefix: word || "x" } },
  ];
  return tests[next(tests.length)];
}

function randomPattern(next: (below: number) => number): string {
  const list = () => Array.from({ length: 1 + next(2) }, () => randomTest(next));
  const detail: Record<string, unknown> = {};
  for (const name of ["x", "y", "z"]) if (next(2) === 0) detail[name] = list();
  const pattern: Record<string, unknown> = { source: [`s${next(3)}`] };
  if (next(3) === 0) delete pattern["source"];
  if (Object.keys(detail).length > 0) pattern["detail"] = detail;
  if (next(3) === 0) pattern["$or"] = [{ p: list() }, { q: { r: list() } }];
  if (Object.keys(pattern).length === 0) pattern["p"] = list();
  return JSON.stringify(pattern);
}

function randomEvent(next: (below: number) => number): unknown {
  const value = (): unknown => {
    const kinds = [WORDS[next(WORDS.length)], next(8), null, true, [], ["a", next(4)]];
    return kinds[next(kinds.length)];
  };
  const event: Record<string, unknown> = { source: `s${next(4)}`, detail: {} };
  for (const name of ["x", "y", "z"])
    if (next(3) > 0) (event["detail"] as Record<string, unknown>)[name] = value();
  if (next(2) === 0) event["p"] = value();
  if (next(2) === 0) event["q"] = next(2) === 0 ? { r: value() } : [{ r: value() }, { s: 1 }];
  if (next(8) === 0) event["q.r"] = value();
  return event;
}

test("many patterns at once match what each of them matches alone", () => {
  const next = numbers(7);
  const matcher = new EventMatcher<number>();
  const alone = new Map<number, ReturnType<typeof compilePattern>>();
  for (let round = 0; round < 600; round += 1) {
    const key = next(300);
    if (next(4) === 0) {
      matcher.delete(key);
      alone.delete(key);
    } else {
      const pattern = randomPattern(next);
      matcher.set(key, pattern);
      alone.set(key, compilePattern(pattern));
    }
    const event = randomEvent(next);
    const expected = [...alone].filter(([, one]) => one.matches(event)).map(([one]) => one);
    const sorted = (keys: readonly number[]) => keys.toSorted((a, b) => a - b);
    assert.deepEqual(sorted(matcher.match(event)), sorted(expected), JSON.stringify(event));
  }
});

test("an invalid pattern leaves what was there", () => {
  const matcher = new EventMatcher<string>();
  matcher.set("rule", '{"a":[1]}');
  assert.throws(() => matcher.set("rule", '{"a":[]}'));
  assert.deepEqual(matcher.match({ a: 1 }), ["rule"]);
});
