import assert from "node:assert/strict";
import { test } from "node:test";
import { isLocalName } from "./local-name.ts";

test("names that can only be this machine's", () => {
  for (const name of [
    "localhost",
    "LocalHost",
    "a.b-c.localhost",
    "127.0.0.1",
    "127.9.9.9",
    "[::1]",
  ])
    assert.equal(isLocalName(name), true, name);
});

test("names that may be anybody's", () => {
  for (const name of [
    "",
    "localhost.example.com",
    "notlocalhost",
    "127.0.0.1.example.com",
    "10.0.0.1",
    "128.0.0.1",
    "[::2]",
  ])
    assert.equal(isLocalName(name), false, name);
});
