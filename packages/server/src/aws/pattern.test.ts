import assert from "node:assert/strict";
import { test } from "node:test";
import { CATALOG } from "./api/catalog.ts";
import { readModel } from "./model.ts";
import { compilePattern, matchesPattern } from "./pattern.ts";

test("the whole value must match, as in Java", () => {
  assert.ok(matchesPattern("[a-z]+", "abc"));
  assert.ok(!matchesPattern("[a-z]+", "abc1"));
  assert.ok(!matchesPattern("a|b", "ab"));
  assert.ok(!matchesPattern("[a-z]+", "abc\n"));
});

test("understands Java's character classes and flags", () => {
  assert.ok(matchesPattern("\\p{Print}+", "a b"));
  assert.ok(!matchesPattern("\\p{Print}+", "a\tb"));
  assert.ok(matchesPattern("[\\p{Upper}_]+", "A_B"));
  assert.ok(matchesPattern("(?i)all|[0-9]{12}", "ALL"));
  assert.ok(matchesPattern("[\\w-_]+", "a-b"));
  assert.ok(matchesPattern("[\\p{L}]+", "é漢"));
});

test("values of headers are matched without backtracking, however they end", () => {
  const pattern = "^[ \\t]*[\\x20-\\x7E]+([ \\t]+[\\x20-\\x7E]+)*[ \\t]*$";
  for (const value of ["a", " a\tb ", "\t\ta", "a b c", " "])
    assert.ok(matchesPattern(pattern, value));
  for (const value of ["", "\t", `${"a ".repeat(5000)}\n`, "é"])
    assert.ok(!matchesPattern(pattern, value));
});

test("every pattern of every model compiles", () => {
  for (const { service } of CATALOG)
    for (const [name, { pattern }] of Object.entries(readModel(service).shapes))
      if (pattern !== undefined)
        assert.doesNotThrow(() => compilePattern(pattern), `${service} ${name}`);
});
