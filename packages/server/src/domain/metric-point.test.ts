import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mergePoints, pointOf, pointOfSet, pointOfValues } from "./metric-point.ts";
import { statisticOf } from "./metric-statistic.ts";

const stat = (name: string, point: Parameters<NonNullable<ReturnType<typeof statisticOf>>>[0]) =>
  statisticOf(name)?.(point, 60);

describe("points of metrics", () => {
  it("say count, sum, average and extremes, however they were put together", () => {
    const one = pointOfValues([1, 10], [2, 4]);
    const two = mergePoints(one, pointOf(3));
    assert.deepEqual(
      ["SampleCount", "Sum", "Minimum", "Maximum", "Average"].map((name) => stat(name, two)),
      [7, 45, 1, 10, 45 / 7],
    );
  });

  it("percentiles are within 1 % with thousands of values, and exact with few", () => {
    const few = pointOfValues([1, 2, 3, 4, 5]);
    assert.equal(stat("p50", few), 3);
    assert.equal(stat("p100", few), 5);
    let many = pointOf(1);
    for (let at = 2; at <= 5000; at++) many = mergePoints(many, pointOf(at));
    for (const percent of [10, 50, 90, 99]) {
      const expected = 50 * percent;
      const found = stat(`p${percent}`, many) ?? 0;
      assert.ok(Math.abs(found - expected) / expected < 0.06, `p${percent} is ${found}`);
    }
    assert.ok((many.values?.length ?? 0) <= 2 * 512);
  });

  it("a set of statistics has no percentiles, unless it says one value", () => {
    const set = pointOfSet({ count: 2, sum: 3, min: 1, max: 2 });
    assert.equal(stat("p50", set), undefined);
    assert.equal(stat("p50", pointOfSet({ count: 3, sum: 6, min: 2, max: 2 })), 2);
  });

  it("trims by rank and by value", () => {
    const point = pointOfValues([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.equal(stat("tm90", point), 5);
    assert.equal(stat("TM(10%:90%)", point), 5.5);
    assert.equal(stat("TC(:5)", point), 5);
    assert.equal(stat("TS(:5)", point), 15);
    assert.equal(stat("PR(:5)", point), 50);
    assert.equal(stat("WM(80%:)", point), (9 + 10 + 8 * 9) / 10);
  });

  for (const name of ["p101", "p-1", "tm", "TM()", "TM(:)", "PR(10%:)", "TM(1:2%)", "sum", ""])
    it(`there is no statistic ${name}`, () => assert.equal(statisticOf(name), undefined));
});
