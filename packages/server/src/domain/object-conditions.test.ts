import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { failedReadCondition, matches, type ReadConditions } from "./object-conditions.ts";

const NOW = 1_000_000_000_000;
const object = { etag: "abc", lastModified: NOW - 60_000 + 700 };
const before = NOW - 120_000;
const after = NOW - 30_000;

describe("reading an object under conditions", () => {
  const cases: [
    name: string,
    conditions: ReadConditions,
    failed: ReturnType<typeof failedReadCondition>,
  ][] = [
    ["no condition", {}, undefined],
    ["its tag in quotes", { ifMatch: '"abc"' }, undefined],
    ["its tag without quotes", { ifMatch: "abc" }, undefined],
    ["another tag", { ifMatch: '"other"' }, "ifMatch"],
    ["a list with its tag", { ifMatch: '"x", "abc"' }, undefined],
    ["any tag but this one", { ifNoneMatch: "abc" }, "ifNoneMatch"],
    ["any tag but others", { ifNoneMatch: "x" }, undefined],
    ["unmodified since later", { ifUnmodifiedSince: after }, undefined],
    ["unmodified since earlier", { ifUnmodifiedSince: before }, "ifUnmodifiedSince"],
    ["modified since earlier", { ifModifiedSince: before }, undefined],
    ["modified since later", { ifModifiedSince: after }, "ifModifiedSince"],
    ["modified since the future", { ifModifiedSince: NOW + 60_000 }, undefined],
    ["a tag that holds overrules a time", { ifMatch: "abc", ifUnmodifiedSince: before }, undefined],
    ["so does one that differs", { ifNoneMatch: "x", ifModifiedSince: after }, undefined],
  ];
  for (const [name, conditions, failed] of cases)
    it(`${name}: ${failed ?? "goes through"}`, () => {
      assert.equal(failedReadCondition(conditions, object, NOW), failed);
    });

  it("compares whole seconds, as headers do", () => {
    const second = NOW - 60_000;
    assert.equal(failedReadCondition({ ifUnmodifiedSince: second }, object, NOW), undefined);
    assert.equal(failedReadCondition({ ifModifiedSince: second }, object, NOW), "ifModifiedSince");
  });
});

it("a star stands for any tag", () => {
  assert.ok(matches("*", "abc"));
});
