import assert from "node:assert/strict";
import { test } from "node:test";
import { momentOf } from "./moment.ts";

const now = Date.UTC(2026, 10, 22);

test("a duration is that long ago", () => {
  assert.equal(momentOf("90s", now), now - 90_000);
  assert.equal(momentOf("10m", now), now - 600_000);
  assert.equal(momentOf("1.5h", now), now - 5_400_000);
  assert.equal(momentOf("1d", now), now - 86_400_000);
});

test("an ISO time is that moment, a date its beginning in UTC", () => {
  assert.equal(momentOf("2026-11-22T00:00:01Z", now), now + 1000);
  assert.equal(momentOf("2026-11-22", now), now);
});

test("before the epoch there is nothing", () => assert.equal(momentOf("99999d", 0), 0));

for (const text of ["", "10", "m", "-1m", "yesterday", "10 m", "1e3s", "2026-13-45", "1w"])
  test(`"${text}" is no moment`, () => assert.equal(momentOf(text, now), undefined));
