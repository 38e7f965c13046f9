import assert from "node:assert/strict";
import { test } from "node:test";
import { Malformed } from "./malformed.ts";
import { readBase64, readTimestamp, readUtf8, writeTimestamp } from "./text.ts";

test("reads timestamps in every form that clients write", () => {
  const time = Date.UTC(2026, 10, 22, 17, 43, 5);
  for (const text of [
    "2026-11-22T17:43:05Z",
    "2026-11-22T17:43:05.000Z",
    "2026-11-22T18:43:05+01:00",
    "Sun, 22 Nov 2026 17:43:05 GMT",
    String(time / 1000),
    `${time / 1000}.0`,
    `${time / 1e12}e9`,
  ])
    assert.equal(readTimestamp(text).getTime(), time, text);
  assert.equal(readTimestamp("1.5").getTime(), 1500);
});

test("refuses what only looks like a timestamp", () => {
  const texts = ["", "now", "2026-13-40T00:00:00Z", "22.11.2026", "1e400", "0x10", "NaN"];
  for (const text of texts) assert.throws(() => readTimestamp(text), Malformed, text);
});

test("writes timestamps in the three forms of AWS", () => {
  const date = new Date(Date.UTC(2026, 10, 22, 17, 43, 5));
  assert.equal(writeTimestamp(date, "date-time"), "2026-11-22T17:43:05Z");
  assert.equal(writeTimestamp(date, "http-date"), "Sun, 22 Nov 2026 17:43:05 GMT");
  assert.equal(writeTimestamp(date, "epoch-seconds"), "1795369385");
  assert.equal(writeTimestamp(new Date(1500), "date-time"), "1970-01-01T00:00:01.500Z");
});

test("reads base64 with and without padding, and refuses what is none", () => {
  for (const text of ["aGk=", "aGk", ""])
    assert.equal(Buffer.from(readBase64(text)).toString(), text === "" ? "" : "hi");
  for (const text of ["a GkA", "aGk*", "é"]) assert.throws(() => readBase64(text), Malformed, text);
});

test("refuses bytes that are not UTF-8", () => {
  assert.equal(readUtf8(Buffer.from("é")), "é");
  for (const hex of ["ff", "c3", "eda080", "c0af"])
    assert.throws(() => readUtf8(Buffer.from(hex, "hex")), Malformed, hex);
});
