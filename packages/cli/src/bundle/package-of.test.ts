import assert from "node:assert/strict";
import { test } from "node:test";
import { packageOf } from "./package-of.ts";

test("a file belongs to the innermost package of its path", () => {
  const of = (path: string) => {
    const found = packageOf(path);
    return found && [found.name, found.directory];
  };
  assert.deepEqual(of("node_modules/a/lib/x.js"), ["a", "node_modules/a"]);
  assert.deepEqual(of("node_modules/@s/a/x.js"), ["@s/a", "node_modules/@s/a"]);
  assert.deepEqual(of("node_modules/a/node_modules/b/x.js"), [
    "b",
    "node_modules/a/node_modules/b",
  ]);
  assert.deepEqual(of("../../node_modules/a/x.js"), ["a", "../../node_modules/a"]);
  assert.deepEqual(of("/opt/nodejs/node_modules/a"), ["a", "/opt/nodejs/node_modules/a"]);
  for (const own of [
    "index.js",
    "src/modules/x.js",
    "my_node_modules/a/x.js",
    "node_modules/.package-lock.json",
  ])
    assert.equal(of(own), undefined, own);
});
