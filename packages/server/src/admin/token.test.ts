import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { openToken, readToken, TOKEN_FILE } from "./token.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "yunque-token-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = () => join(directory, TOKEN_FILE);

test("a token is made once, for our own eyes, and is the same at the next start", () => {
  const before = process.umask(0);
  try {
    const token = openToken(directory, undefined);
    assert.match(token, /^[\w-]{43}$/);
    assert.equal(statSync(file()).mode & 0o777, 0o600);
    assert.equal(openToken(directory, undefined), token);
    assert.equal(readToken(directory), token);
  } finally {
    process.umask(before);
  }
});

test("two platforms have two tokens", () => {
  const other = mkdtempSync(join(tmpdir(), "yunque-token-"));
  try {
    assert.notEqual(openToken(directory, undefined), openToken(other, undefined));
  } finally {
    rmSync(other, { recursive: true });
  }
});

test("a configured one is not kept, and one that was made before is forgotten", () => {
  openToken(directory, undefined);
  assert.equal(openToken(directory, "configured-by-hand"), "configured-by-hand");
  assert.equal(existsSync(file()), false);
});

test("one that others could read or write, or that is no token, is replaced", () => {
  const first = openToken(directory, undefined);
  chmodSync(file(), 0o644);
  assert.equal(readToken(directory), undefined);
  const second = openToken(directory, undefined);
  assert.notEqual(second, first);
  writeFileSync(file(), "x");
  assert.notEqual(openToken(directory, undefined), "x");
  assert.equal(statSync(file()).mode & 0o777, 0o600);
});

test("a link in its place is replaced, not followed", () => {
  const target = join(directory, "target");
  writeFileSync(target, "a".repeat(43), { mode: 0o600 });
  symlinkSync(target, file());
  assert.equal(readToken(directory), undefined);
  assert.notEqual(openToken(directory, undefined), "a".repeat(43));
  assert.ok(statSync(file()).isFile() && statSync(target).size === 43);
});
