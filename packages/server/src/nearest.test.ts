import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "./nearest.ts";

test("a typing slip finds the word that was meant", () => {
  const words = ["port", "host", "dataDir", "instances.max"];
  assert.equal(nearest("prot", words), "port");
  assert.equal(nearest("PORT", words), "port");
  assert.equal(nearest("data-dir", words), "dataDir");
  assert.equal(nearest("instance.max", words), "instances.max");
});

test("a word that is like none of them gets no guess", () => {
  assert.equal(nearest("kubernetes", ["port", "host"]), undefined);
  assert.equal(nearest("x", []), undefined);
});

test("of two candidates the nearer one wins", () => {
  assert.equal(nearest("lost", ["lists", "list", "last"]), "list");
});
