import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { idsIn, MathError, type MathValue, parseExpression } from "./metric-math.ts";
import { evaluate } from "./metric-math-evaluate.ts";

const series = (label: string, ...values: readonly (number | undefined)[]) => ({
  kind: "series" as const,
  label,
  points: new Map(
    values.flatMap((value, at) => (value === undefined ? [] : [[at * 60_000, value] as const])),
  ),
});
const METRICS: Readonly<Record<string, ReturnType<typeof series>>> = {
  m1: series("m1", 1, 2, undefined, 8),
  m2: series("m2", 10, 0, 30, 40),
};

function worth(text: string): MathValue {
  return evaluate(parseExpression(text), {
    value(id) {
      const found = METRICS[id];
      if (found === undefined) throw new MathError(`there is no ${id}`);
      return found;
    },
    metrics: () => Object.values(METRICS),
    search: () => [],
    period: 60,
    from: 0,
    to: 240_000,
  });
}

function values(text: string): unknown {
  const value = worth(text);
  if (value.kind === "scalar") return value.value;
  assert.equal(value.kind, "series");
  return value.kind === "series" ? [...value.points.values()] : undefined;
}

describe("metric math", () => {
  const cases: Readonly<Record<string, unknown>> = {
    "1 + 2 * 3 ^ 2": 19,
    "-(2 - 5) / 2": 1.5,
    "m1 * 2": [2, 4, 16],
    "m1 + m2": [11, 2, 48],
    "m2 / m1": [10, 0, 5],
    "m1 / m2": [0.1, 0.2],
    "SUM([m1, m2])": [11, 2, 30, 48],
    "AVG(METRICS())": [5.5, 1, 30, 24],
    "MAX(m2)": 40,
    "SUM(m1) / METRIC_COUNT(METRICS())": 5.5,
    "RATE(m2) * 60": [-10, 30, 10],
    "DIFF(m1)": [1, 6],
    "RUNNING_SUM(m1)": [1, 3, 11],
    "FILL(m1, 0)": [1, 2, 0, 8],
    "FILL(m1, REPEAT)": [1, 2, 2, 8],
    "FILL(m1, LINEAR)": [1, 2, 5, 8],
    "IF(m2 > 20, m2, 0)": [10, 0, 30, 40].map((value) => (value > 20 ? value : 0)),
    "IF(m1 >= 2 && m2 < 1, 1, 0)": [0, 1, 0],
    "PERIOD(m1)": 60,
    "TIME_SERIES(7)": [7, 7, 7, 7],
    "ABS(-m1)": [1, 2, 8],
  };
  for (const [text, expected] of Object.entries(cases))
    it(text, () => assert.deepEqual(values(text), expected));

  it("knows of which ids an expression speaks", () => {
    assert.deepEqual(idsIn(parseExpression("SUM([a, b]) / c")), ["a", "b", "c"]);
  });

  for (const text of ["", "1 +", "m1 m2", "(1", "[m1", "SUM(", "a $ b", "'x", "(".repeat(500)])
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.throws(() => parseExpression(text), MathError);
    });
  for (const text of ["NOTHING(m1)", "m3", "RATE(1)", "'text' + 1", "FILL(m1)"])
    it(`cannot work out ${text}`, () => assert.throws(() => worth(text), MathError));
});
