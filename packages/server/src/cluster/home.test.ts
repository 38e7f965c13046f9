import assert from "node:assert/strict";
import { test } from "node:test";
import { homeOf } from "./home.ts";

const functions = Array.from({ length: 4_000 }, (_, index) => ({
  account: "000000000000",
  region: "us-east-1",
  functionName: `function-${index}`,
}));

test("functions are spread over the workers, about as many on each", () => {
  for (const workers of [1, 2, 3, 7, 16]) {
    const counts = new Array<number>(workers).fill(0);
    for (const each of functions) {
      const home = homeOf(each, workers);
      counts[home] = (counts[home] ?? 0) + 1;
    }
    const fair = functions.length / workers;
    for (const count of counts) assert.ok(Math.abs(count - fair) < fair / 3, `${counts}`);
  }
});

test("one worker more takes functions from the others, and moves none between them", () => {
  let moved = 0;
  for (const each of functions) {
    const [before, after] = [homeOf(each, 4), homeOf(each, 5)];
    if (before === after) continue;
    assert.equal(after, 4);
    moved++;
  }
  assert.ok(moved > 0 && moved < functions.length / 3, `${moved} moved`);
});

test("account and region tell functions of one name apart", () => {
  const names = functions.slice(0, 100);
  const elsewhere = names.map((one) => ({ ...one, region: "eu-west-1" }));
  assert.notDeepEqual(
    names.map((one) => homeOf(one, 8)),
    elsewhere.map((one) => homeOf(one, 8)),
  );
});
