import assert from "node:assert/strict";
import { it } from "node:test";
import { findTagFault, parseTagging, sortTags } from "./object-tags.ts";

const tag = (key: string, value = "") => ({ key, value });

it("tags of letters of any script, digits, spaces and some signs are fine", () => {
  assert.equal(findTagFault([tag("Straße 7", "+-=._:/@"), tag("名前", "値")], 10), undefined);
});

it("the first fault is found", () => {
  assert.deepEqual(findTagFault([tag("a"), tag("a")], 10), { fault: "duplicate", key: "a" });
  assert.deepEqual(findTagFault([tag("a,b")], 10), { fault: "key", key: "a,b" });
  assert.deepEqual(findTagFault([tag("")], 10), { fault: "key", key: "" });
  assert.deepEqual(findTagFault([tag("a".repeat(129))], 10)?.fault, "key");
  assert.deepEqual(findTagFault([tag("a", "b,c")], 10), { fault: "value", key: "a", value: "b,c" });
  assert.deepEqual(findTagFault([tag("a", "b".repeat(257))], 10)?.fault, "value");
  assert.deepEqual(findTagFault([tag("aws:x")], 10), { fault: "reserved", key: "aws:x" });
  assert.deepEqual(findTagFault([tag("a"), tag("b")], 1), { fault: "tooMany", limit: 1 });
});

it("a tagging header is a query string", () => {
  assert.deepEqual(parseTagging("a=b+c&d=%C3%A9&e"), [tag("a", "b c"), tag("d", "é"), tag("e")]);
  assert.deepEqual(parseTagging(""), []);
});

it("a tagging header with a name twice, or with other signs, is malformed", () => {
  assert.equal(parseTagging("a=1&a=2"), undefined);
  assert.equal(parseTagging("a=1,b=2"), undefined);
});

it("tags come back sorted by key", () => {
  assert.deepEqual(
    sortTags([tag("b"), tag("a")]).map((t) => t.key),
    ["a", "b"],
  );
});
