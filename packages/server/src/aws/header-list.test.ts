import assert from "node:assert/strict";
import { test } from "node:test";
import { listOf } from "./header-list.ts";

test("the members of a list, without the spaces around them", () => {
  assert.deepEqual(listOf("a, b\t,c d ,e"), ["a", "b", "c d", "e"]);
  assert.deepEqual(listOf("a,,"), ["a"]);
  assert.deepEqual(listOf(""), []);
});
