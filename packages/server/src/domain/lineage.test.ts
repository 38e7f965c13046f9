import assert from "node:assert/strict";
import { test } from "node:test";
import { descend } from "./lineage.ts";

const hash = (n: number) => n.toString(16).padStart(8, "0");

/** How many invocations of a chain run; at most so many. */
function runs(
  chain: (step: number) => number,
  most: number,
  mayRecur: readonly number[] = [],
): number {
  let traceId = "Root=1-0-0";
  for (let step = 0; step < most; step += 1) {
    const name = chain(step);
    const next = descend(traceId, hash(name), mayRecur.includes(name));
    if (next.looped) return step;
    traceId = next.traceId;
  }
  return most;
}

test("the first invocation of a chain begins its lineage, as Lambda writes it", () => {
  const { traceId, looped } = descend("Root=1-0-0;Parent=a;Sampled=1", hash(7), false);
  assert.deepEqual(
    [traceId, looped],
    ["Root=1-0-0;Parent=a;Sampled=1;Lineage=1:00000007:0", false],
  );
});

test("a function that invokes itself runs sixteen times", () => {
  assert.equal(
    runs(() => 1, 1000),
    16,
  );
});

test("loops of several functions are found, behind any way in", () => {
  assert.equal(
    runs((step) => step % 2, 1000),
    32,
  );
  assert.equal(
    runs((step) => step % 60, 10_000),
    16 * 60,
  );
  const behind = runs((step) => (step < 30 ? 100 + step : step % 3), 10_000);
  assert.ok(behind > 48 && behind < 30 + 64 + 51, `${behind}`);
});

test("a chain of many different functions is no loop", () => {
  assert.equal(
    runs((step) => step, 5_000),
    5_000,
  );
});

test("functions that may recur do, and another one of their loop is stopped", () => {
  assert.equal(
    runs(() => 1, 1000, [1]),
    1000,
  );
  assert.ok(runs((step) => step % 2, 1000, [0]) < 200);
  assert.equal(
    runs((step) => step % 2, 1000, [0, 1]),
    1000,
  );
});

test("what is no lineage is replaced, and the rest of the header stays", () => {
  for (const strange of ["Lineage=;Root=1", "Root=1;Lineage=x:y:z", "Root=1;lineage=9:9:9"])
    assert.equal(descend(strange, hash(1), false).traceId, "Root=1;Lineage=1:00000001:0");
});
