import assert from "node:assert/strict";
import { describe } from "node:test";
import type { LogLine, LogRecord, LogSelection, Logs } from "./logs.ts";
import { type Case, casesOf, type Subject, until, withCode } from "./port.contract.ts";

const GROUP = "/aws/lambda/greet";
const STREAM = "2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef";

const line = (n: number): LogLine => ({ timestamp: 1000 + n, message: `line ${n}` });
const withoutIds = (records: readonly LogRecord[]) => records.map(({ id: _, ...rest }) => rest);
const messages = (records: readonly LogRecord[]): string[] => records.map(({ message }) => message);

/** Registers what every engine's logs must do. */
export function logsContract(subject: Subject<Logs>): void {
  const test = casesOf(subject);
  describe(`logs of the ${subject.engine} engine`, () => {
    reading(test);
    selecting(test);
    ordering(test);
    following(test);
    bounding(test);
    closing(test);
    if (subject.keeps) keeping(test);
  });
}

type Test = Case<Logs>;

function reading(test: Test): void {
  test("lines are read in the order of arrival, with their stream and request", async (logs) => {
    logs.append(GROUP, "one", [{ timestamp: 5, message: "first", requestId: "r" }]);
    logs.append(GROUP, "two", [line(1), line(0)]);
    assert.deepEqual(withoutIds(await logs.read(GROUP)), [
      { timestamp: 5, stream: "one", message: "first", requestId: "r" },
      { timestamp: 1001, stream: "two", message: "line 1" },
      { timestamp: 1000, stream: "two", message: "line 0" },
    ]);
  });

  test("what was read before is still there with what came after", async (logs) => {
    for (let n = 0; n < 4; n++) {
      logs.append(GROUP, STREAM, [line(n)]);
      assert.equal((await logs.read(GROUP)).length, n + 1);
    }
  });

  test("a group that has no lines is empty", async (logs) => {
    assert.deepEqual(await logs.read("never heard of"), []);
  });

  test("groups do not mix, whatever their names look like", async (logs) => {
    const groups = [
      "a",
      "A",
      "/a",
      "a/",
      "../a",
      "..",
      ".",
      "",
      "a b",
      "a_b",
      "a%20b",
      "é",
      "\0",
      "__proto__",
      "x".repeat(1024),
      `${"x".repeat(1023)}y`,
    ];
    for (const group of groups)
      logs.append(group, STREAM, [{ timestamp: 1, message: `of ${group}` }]);
    for (const group of groups) assert.deepEqual(messages(await logs.read(group)), [`of ${group}`]);
    for (const group of groups.slice(0, 8)) await logs.delete(group);
    assert.deepEqual(await logs.read("a"), []);
    assert.deepEqual(messages(await logs.read("a b")), ["of a b"]);
  });

  test("any text is a message, and one line stays one line", async (logs) => {
    const texts = [
      "",
      "\n",
      '{"a":1}',
      'a"b\\c',
      "\u0000\u001b[31m",
      "é\u{1F426}\u2028",
      "a\r\nb",
      "{",
    ];
    logs.append(
      GROUP,
      STREAM,
      texts.map((message) => ({ timestamp: 1, message })),
    );
    assert.deepEqual(messages(await logs.read(GROUP)), texts);
    logs.append(GROUP, STREAM, [{ timestamp: 2, message: "a\ud800b" }]);
    assert.equal((await logs.read(GROUP, { limit: 1 }))[0]?.message, "a\ufffdb");
  });

  test("a message is cut at 1,048,576 characters", async (logs) => {
    logs.append(GROUP, STREAM, [
      { timestamp: 1, message: "x".repeat(1_048_576) },
      { timestamp: 2, message: "\u0001".repeat(1_048_577) },
      { timestamp: 3, message: "behind" },
    ]);
    const read = messages(await logs.read(GROUP));
    assert.deepEqual(
      read.map(({ length }) => length),
      [1_048_576, 1_048_576, 6],
    );
  });
}

function selecting(test: Test): void {
  test("limit gives the newest lines, 1,000 unless said", async (logs) => {
    logs.append(
      GROUP,
      STREAM,
      Array.from({ length: 2500 }, (_, n) => line(n)),
    );
    assert.deepEqual(messages(await logs.read(GROUP, { limit: 3 })), [
      "line 2497",
      "line 2498",
      "line 2499",
    ]);
    assert.equal((await logs.read(GROUP)).length, 1000);
    assert.equal((await logs.read(GROUP, { limit: 10_000 })).length, 2500);
    assert.deepEqual(await logs.read(GROUP, { limit: 0 }), []);
  });

  test("since selects by the lines' own time, also where it runs backwards", async (logs) => {
    logs.append(GROUP, STREAM, [line(9), line(1), line(5), line(4), line(0)]);
    assert.deepEqual(messages(await logs.read(GROUP, { since: 1004 })), [
      "line 9",
      "line 5",
      "line 4",
    ]);
    assert.deepEqual(messages(await logs.read(GROUP, { since: 1004, limit: 1 })), ["line 4"]);
    assert.deepEqual(await logs.read(GROUP, { since: 2000 }), []);
  });

  test("limits that are no such number and names that are too long are refused", async (logs) => {
    for (const limit of [-1, 0.5, 10_001, Number.NaN])
      await assert.rejects(logs.read(GROUP, { limit }), RangeError);
    await assert.rejects(logs.read("x".repeat(1025)), RangeError);
    await assert.rejects(logs.delete("x".repeat(1025)), RangeError);
    assert.throws(() => logs.append("x".repeat(1025), STREAM, [line(1)]), RangeError);
  });

  test("a deleted group is empty, and may be written again", async (logs) => {
    logs.append(GROUP, STREAM, [line(1)]);
    await logs.read(GROUP);
    logs.append(GROUP, STREAM, [line(2)]);
    await logs.delete(GROUP);
    await logs.delete(GROUP);
    assert.deepEqual(await logs.read(GROUP), []);
    logs.append(GROUP, STREAM, [line(3)]);
    assert.deepEqual(messages(await logs.read(GROUP)), ["line 3"]);
  });
}

function ordering(test: Test): void {
  test("a selection is in the order of the lines' own times, and of arrival", async (logs) => {
    logs.append(GROUP, "one", [line(5), line(1)]);
    logs.append(GROUP, "two", [line(3), { timestamp: 1001, message: "again" }]);
    const select = async (selection: Partial<LogSelection>) =>
      messages(await logs.select(GROUP, { limit: 100, ...selection }));
    assert.deepEqual(await select({}), ["line 1", "again", "line 3", "line 5"]);
    assert.deepEqual(await select({ limit: 2 }), ["line 1", "again"]);
    assert.deepEqual(await select({ limit: 2, newest: true }), ["line 3", "line 5"]);
    assert.deepEqual(await select({ from: 1001, to: 1003 }), ["line 1", "again", "line 3"]);
    assert.deepEqual(await select({ streams: ["two", "three"] }), ["again", "line 3"]);
    assert.deepEqual(await select({ streamPrefix: "o" }), ["line 1", "line 5"]);
    const [first, second] = await logs.select(GROUP, { limit: 2 });
    assert.ok(first && second && first.id < second.id);
    assert.deepEqual(await select({ after: first }), ["again", "line 3", "line 5"]);
    assert.deepEqual(await select({ before: second }), ["line 1"]);
    assert.deepEqual(await logs.select("another", { limit: 1 }), []);
    await assert.rejects(logs.select(GROUP, { limit: 10_001 }), RangeError);
  });

  test("old lines are forgotten, and a group tells how large it is", async (logs) => {
    assert.equal(await logs.size(GROUP), 0);
    logs.append(GROUP, STREAM, [line(1)]);
    await logs.sync(GROUP);
    assert.ok((await logs.size(GROUP)) > 0);
    await logs.expire(GROUP, 1);
    assert.equal((await logs.read(GROUP)).length, 1);
    await logs.expire(GROUP, Date.now() + 60_000);
    assert.deepEqual(await logs.read(GROUP), []);
  });
}

function following(test: Test): void {
  test("a listener hears each batch of every group", async (logs) => {
    const heard: string[] = [];
    const end = logs.listen(({ group, stream, records }) =>
      heard.push(`${group} ${stream} ${messages(records)}`),
    );
    logs.append("a", "one", [line(1), line(2)]);
    logs.append("b", "two", [line(3)]);
    end();
    logs.append("b", "two", [line(4)]);
    assert.deepEqual(heard, ["a one line 1,line 2", "b two line 3"]);
  });

  test("a follower hears each line of its group from then on, until it ends", async (logs) => {
    logs.append(GROUP, STREAM, [line(0)]);
    const heard: LogRecord[] = [];
    const end = logs.follow(GROUP, (record) => heard.push(record));
    logs.append(GROUP, STREAM, [line(1), line(2)]);
    logs.append("another group", STREAM, [line(3)]);
    await until(() => heard.length === 2);
    assert.deepEqual(withoutIds(heard), [
      { timestamp: 1001, stream: STREAM, message: "line 1" },
      { timestamp: 1002, stream: STREAM, message: "line 2" },
    ]);
    const others: LogRecord[] = [];
    logs.follow(GROUP, (record) => others.push(record));
    end();
    logs.append(GROUP, STREAM, [line(4)]);
    await until(() => others.length === 1);
    assert.equal(heard.length, 2);
  });

  test("a follower that throws harms neither the line nor the other followers", async (logs) => {
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    const heard: string[] = [];
    logs.follow(GROUP, () => {
      throw new Error("a follower's own");
    });
    logs.follow(GROUP, ({ message }) => heard.push(message));
    logs.append(GROUP, STREAM, [line(1)]);
    await until(() => heard.length === 1);
    assert.equal((await warned).message, "a follower's own");
    assert.deepEqual(messages(await logs.read(GROUP)), ["line 1"]);
  });
}

function bounding(test: Test): void {
  test("a flood keeps its newest lines, and what was dropped is said", async (logs) => {
    const message = "x".repeat(100_000);
    for (let n = 0; n < 600; n++) {
      logs.append(GROUP, STREAM, [{ timestamp: n, message: `${n} ${message}` }]);
      if (n % 50 === 49) await logs.read(GROUP, { limit: 1 });
    }
    logs.append(GROUP, STREAM, [{ timestamp: 600, message: "last" }]);
    const read = await logs.read(GROUP, { limit: 10_000 });
    assert.equal(read.at(-1)?.message, "last");
    let expected = read[0]?.timestamp ?? 0;
    for (const record of read) {
      const dropped = /^(\d+) log lines were dropped here$/.exec(record.message);
      if (dropped) expected += Number(dropped[1]);
      else assert.equal(record.timestamp, expected++);
    }
    assert.equal(expected, 601, "every line since the first one kept is there or counted");
  });
}

function closing(test: Test): void {
  test("after close lines are dropped and other calls refused", async (logs) => {
    logs.append(GROUP, STREAM, [line(1)]);
    await Promise.all([logs.close(), logs.close()]);
    logs.append(GROUP, STREAM, [line(2)]);
    await assert.rejects(logs.read(GROUP), withCode("StorageClosed"));
    await assert.rejects(logs.delete(GROUP), withCode("StorageClosed"));
  });
}

function keeping(test: Test): void {
  test("lines are there after opening again, and go on", async (logs, reopen) => {
    logs.append(GROUP, STREAM, [line(1)]);
    await logs.read(GROUP);
    logs.append(GROUP, STREAM, [line(2)]);
    const reopened = await reopen();
    assert.deepEqual(messages(await reopened.read(GROUP)), ["line 1", "line 2"]);
    reopened.append(GROUP, STREAM, [line(3)]);
    assert.deepEqual(messages(await reopened.read(GROUP)), ["line 1", "line 2", "line 3"]);
  });
}
