import assert from "node:assert/strict";
import { request } from "node:http";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, test } from "node:test";
import { type AdminFixture, openAdmin, TOKEN } from "./admin.fixture.ts";
import { type LogReader, type LogRecord, logLines } from "./log-lines.ts";

let admin: AdminFixture;
beforeEach(async () => {
  admin = await openAdmin();
});
afterEach(() => admin.close());

const record = (n: number): LogRecord => ({ timestamp: n, stream: "s", message: `line ${n}` });

/** Reads the lines of a following request one by one. */
async function follow() {
  const path = "/_yunque/functions/hello/logs?follow=true";
  const headers = { authorization: `Bearer ${TOKEN}` };
  const call = request({ host: "127.0.0.1", port: admin.port, path, headers }).end();
  const response = await new Promise<import("node:http").IncomingMessage>((resolve, reject) => {
    call.once("response", resolve).once("error", reject);
  });
  const lines = createInterface({ input: response })[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value, done } = await lines.next();
      return done ? "end" : JSON.parse(value).message;
    },
    hangUp: () => call.destroy(),
  };
}

/** Resolves once the condition holds; the test's own time limit is the bound. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test("following tells the past, then each line as it comes", async () => {
  admin.past.push(record(1));
  const log = await follow();
  assert.equal(await log.next(), "line 1");
  await until(() => admin.followers.size === 1);
  for (const listener of admin.followers) listener(record(2));
  assert.equal(await log.next(), "line 2");
  for (const listener of admin.followers) listener(record(3));
  assert.equal(await log.next(), "line 3");
  log.hangUp();
  await until(() => admin.followers.size === 0);
});

test("the platform's stop ends a follower at once, and cleanly", async () => {
  admin.past.push(record(1));
  const log = await follow();
  assert.equal(await log.next(), "line 1");
  admin.stop();
  assert.equal(await log.next(), "end");
  await until(() => admin.followers.size === 0);
  assert.deepEqual(admin.defects, []);
});

/** A store in which lines arrive while its past is read. */
function racingStore(past: readonly LogRecord[], meanwhile: readonly LogRecord[]): LogReader {
  let tell: (record: LogRecord) => void = () => {};
  return {
    async read() {
      for (const one of meanwhile) tell(one);
      return past;
    },
    follow(_group, listener) {
      tell = listener;
      return () => {};
    },
  };
}

async function take(lines: AsyncIterator<unknown>, count: number): Promise<unknown[]> {
  const taken: unknown[] = [];
  for (let n = 0; n < count; n++) taken.push((await lines.next()).value);
  return taken;
}

const following = { limit: 1000, follow: true };

test("a line that arrives while the past is read is told once", async () => {
  const same = record(2);
  const stop = new AbortController();
  const store = racingStore([record(1), same, same], [same, same, same, record(3)]);
  const lines = logLines(store, "g", following, stop.signal);
  assert.deepEqual(await take(lines, 5), [record(1), same, same, same, record(3)]);
  stop.abort();
  assert.equal((await lines.next()).done, true);
});

test("a reader that is too slow is told how many lines it missed", async () => {
  const stop = new AbortController();
  const flood = Array.from({ length: 10_007 }, (_, n) => record(n));
  const lines = logLines(racingStore([], flood), "g", following, stop.signal);
  const taken = await take(lines, 10_001);
  assert.deepEqual(taken[9_999], record(9_999));
  assert.deepEqual(taken[10_000], { skipped: 7 });
  stop.abort();
  assert.equal((await lines.next()).done, true);
});
