import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { contentRange, locate, parseCopyRange, parseRange } from "./object-range.ts";

describe("ranges of an object of 10 bytes", () => {
  const cases: [header: string, expected: ReturnType<typeof parseRange>][] = [
    ["bytes=0-8", { start: 0, end: 9 }],
    ["bytes=1-1", { start: 1, end: 2 }],
    ["bytes=1-", { start: 1, end: 10 }],
    ["bytes=-2", { start: 8, end: 10 }],
    ["bytes=-15", { start: 0, end: 10 }],
    ["bytes=0-100", { start: 0, end: 10 }],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=100-200", "unsatisfiable"],
    ["bytes=1-0", undefined],
    ["bytes=-1-", undefined],
    ["bytes=0--1", undefined],
    ["bytes=0-1,3-4", undefined],
    ["bytes=-", undefined],
    ["0-9", undefined],
  ];
  for (const [header, expected] of cases)
    it(`${header} is ${JSON.stringify(expected) ?? "ignored"}`, () => {
      assert.deepEqual(parseRange(header, 10), expected);
    });

  it("nothing of an empty object can be had", () => {
    assert.equal(parseRange("bytes=0-0", 0), "unsatisfiable");
    assert.equal(parseRange("bytes=-5", 0), "unsatisfiable");
  });

  it("is answered with the inclusive end and the size", () => {
    assert.equal(contentRange({ start: 2, end: 5 }, 10), "bytes 2-4/10");
  });
});

it("a copy's range needs both ends, in order", () => {
  assert.deepEqual(parseCopyRange("bytes=5-9"), { start: 5, end: 10 });
  for (const wrong of ["bytes=5-", "bytes=-5", "bytes=9-5", "5-9", "bytes=0-1,2-3"])
    assert.equal(parseCopyRange(wrong), undefined, wrong);
});

it("a range of the whole is found in its pieces", () => {
  const pieces = [4, 0, 3, 3].map((size, n) => ({ n, size }));
  const found = (start: number, end: number) =>
    locate(pieces, { start, end }).map(({ piece, range }) => [piece.n, range.start, range.end]);
  assert.deepEqual(found(0, 10), [
    [0, 0, 4],
    [2, 0, 3],
    [3, 0, 3],
  ]);
  assert.deepEqual(found(3, 5), [
    [0, 3, 4],
    [2, 0, 1],
  ]);
  assert.deepEqual(found(4, 4), []);
});
