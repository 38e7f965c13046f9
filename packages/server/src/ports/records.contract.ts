import assert from "node:assert/strict";
import { describe } from "node:test";
import { type Case, casesOf, type Subject, until, withCode } from "./port.contract.ts";
import { type Change, RecordConflict, type Records } from "./records.ts";

const SPACE = "000000000000/us-east-1/things";
const OTHER = "000000000000/us-east-1/others";

const put = (id: string, value: unknown, expect?: number): Change =>
  expect === undefined
    ? { put: value, space: SPACE, id }
    : { put: value, space: SPACE, id, expect };
const remove = (id: string): Change => ({ delete: true, space: SPACE, id });

const ids = async (records: Records, options = {}): Promise<string[]> =>
  (await records.list(SPACE, options)).map(({ id }) => id);
const revision = async (records: Records, id: string): Promise<number> =>
  (await records.get(SPACE, id))?.revision ?? 0;

/** Registers what every engine's records must do. */
export function recordsContract(subject: Subject<Records>): void {
  const test = casesOf(subject);
  describe(`records of the ${subject.engine} engine`, () => {
    reading(test);
    listing(test);
    committing(test);
    watching(test);
    refusing(test);
    closing(test);
    if (subject.keeps) keeping(test);
  });
}

type Test = Case<Records>;

function reading(test: Test): void {
  test("what was put is read, what was not is undefined", async (records) => {
    const value = { text: "é\u{1F426}\u2028\0", list: [1, -0.5, null, true], nested: { a: {} } };
    await records.commit([put("a", value)]);
    assert.deepEqual((await records.get(SPACE, "a"))?.value, value);
    assert.equal(await records.get(SPACE, "b"), undefined);
    assert.equal(await records.get(OTHER, "a"), undefined);
  });

  test("values that are not objects are values too", async (records) => {
    const values = [null, false, 0, "", "text", [], 12345678.9];
    await records.commit(values.map((value, index) => put(`${index}`, value)));
    assert.deepEqual(
      (await records.list(SPACE)).map(({ value }) => value),
      values,
    );
  });

  test("a value belongs to the store: changing what was put or read changes nothing", async (records) => {
    const value = { list: [1] };
    const committed = records.commit([put("a", value)]);
    value.list.push(2);
    await committed;
    const read = await records.get<typeof value>(SPACE, "a");
    assert.deepEqual(read?.value, { list: [1] });
    read?.value.list.push(3);
    const [listed] = await records.list<typeof value>(SPACE);
    assert.deepEqual(listed?.value, { list: [1] });
  });

  test("__proto__ is a key and an id like any other", async (records) => {
    const value: unknown = JSON.parse('{"__proto__":{"admin":true},"constructor":1}');
    await records.commit([put("__proto__", value), put("constructor", 2), put("toString", 3)]);
    const read = await records.get<Record<string, unknown>>(SPACE, "__proto__");
    assert.ok(read && Object.hasOwn(read.value, "__proto__"));
    assert.equal(JSON.stringify(read.value), JSON.stringify(value));
    assert.equal(({} as { admin?: boolean }).admin, undefined);
    assert.deepEqual(await ids(records), ["__proto__", "constructor", "toString"]);
    assert.equal(await records.get(SPACE, "valueOf"), undefined);
  });

  test("lone surrogates in a value survive", async (records) => {
    await records.commit([put("a", "\ud800 and \udfff")]);
    assert.equal((await records.get(SPACE, "a"))?.value, "\ud800 and \udfff");
  });

  test("ids and values at their size limits are kept", async (records) => {
    const longest = ["x".repeat(1100), "é".repeat(550), "\u{1F426}".repeat(275)];
    await records.commit(longest.map((id) => put(id, id)));
    for (const id of longest) assert.equal((await records.get(SPACE, id))?.value, id);
    const large = "v".repeat((4 << 20) - 2);
    await records.commit([put("large", large)]);
    assert.equal((await records.get(SPACE, "large"))?.value, large);
  });

  test("the empty id and odd ids are ids", async (records) => {
    const odd = ["", " ", "%", "'", '"', "\n", "..", "/", "//", "a/b", "_", "\u{10FFFF}"].sort();
    await records.commit(odd.map((id) => put(id, id)));
    assert.deepEqual((await ids(records)).sort(), odd);
    for (const id of odd) assert.equal((await records.get(SPACE, id))?.value, id);
  });
}

function listing(test: Test): void {
  test("ids are listed in the order of their UTF-8 bytes", async (records) => {
    const ordered = [
      "A",
      "Z",
      "a",
      "a\u0001",
      "aa",
      "z",
      "é",
      "中",
      "\uE000",
      "\uFFFF",
      "\u{10000}",
      "\u{1F426}",
    ];
    assert.notDeepEqual(
      [...ordered].sort(),
      ordered,
      "UTF-16 order must differ for this to say anything",
    );
    await records.commit(ordered.toReversed().map((id) => put(id, null)));
    assert.deepEqual(await ids(records), ordered);
  });

  test("a prefix selects, also at the ends of the code space", async (records) => {
    const all = [
      "",
      "a",
      "a/",
      "a/1",
      "a/2",
      "a0",
      "b",
      "\uD7FF1",
      "\uE000",
      "\uFFFF",
      "\u{10FFFF}",
      "\u{10FFFF}1",
    ];
    await records.commit(all.map((id) => put(id, null)));
    assert.deepEqual(await ids(records, { prefix: "" }), all);
    assert.deepEqual(await ids(records, { prefix: "a/" }), ["a/", "a/1", "a/2"]);
    assert.deepEqual(await ids(records, { prefix: "a" }), ["a", "a/", "a/1", "a/2", "a0"]);
    assert.deepEqual(await ids(records, { prefix: "c" }), []);
    assert.deepEqual(await ids(records, { prefix: "\uD7FF" }), ["\uD7FF1"]);
    assert.deepEqual(await ids(records, { prefix: "\uFFFF" }), ["\uFFFF"]);
    assert.deepEqual(await ids(records, { prefix: "\u{10FFFF}" }), ["\u{10FFFF}", "\u{10FFFF}1"]);
  });

  test("a prefix is no pattern", async (records) => {
    await records.commit(["%", "_", "*", "x", "X"].map((id) => put(id, null)));
    for (const prefix of ["%", "_", "*", "x", "X"])
      assert.deepEqual(await ids(records, { prefix }), [prefix]);
  });

  test("after is exclusive, and pages join without gap or repetition", async (records) => {
    const all = Array.from({ length: 25 }, (_, index) => `k${String(index).padStart(2, "0")}`);
    await records.commit([...all.map((id) => put(id, null)), put("j", null), put("l", null)]);
    const seen: string[] = [];
    for (let page = await ids(records, { prefix: "k", limit: 10 }); page.length > 0; ) {
      seen.push(...page);
      page = await ids(records, { prefix: "k", limit: 10, after: seen.at(-1) });
    }
    assert.deepEqual(seen, all);
    assert.deepEqual(await ids(records, { after: "k235" }), ["k24", "l"]);
    assert.deepEqual(await ids(records, { prefix: "k", after: "a", limit: 1 }), ["k00"]);
    assert.deepEqual(await ids(records, { prefix: "k", after: "l" }), []);
    assert.deepEqual(await ids(records, { after: "", limit: 1 }), ["j"]);
  });

  test("limit is 1,000 unless said, at most 10,000, and may be 0", async (records) => {
    const all = Array.from({ length: 1001 }, (_, index) => `${index + 10_000}`);
    await records.commit(all.map((id) => put(id, null)));
    assert.equal((await records.list(SPACE)).length, 1000);
    assert.equal((await records.list(SPACE, { limit: 10_000 })).length, 1001);
    assert.deepEqual(await records.list(SPACE, { limit: 0 }), []);
  });

  test("spaces with records are listed, sorted, by their prefix", async (records) => {
    const spaces = ["1/r/a", "1/r/a/x", "1/r/ab", "1/s/a", "2/r/a"];
    await records.commit(spaces.toReversed().map((space) => ({ put: 1, space, id: "i" })));
    assert.deepEqual(await records.spaces(""), spaces);
    assert.deepEqual(await records.spaces("1/r/a"), ["1/r/a", "1/r/a/x", "1/r/ab"]);
    assert.deepEqual(await records.spaces("1/r/a/"), ["1/r/a/x"]);
    assert.deepEqual(await records.spaces("3"), []);
    await records.commit([{ delete: true, space: "1/r/a/x", id: "i" }]);
    assert.deepEqual(await records.spaces("1/r/a/"), []);
  });
}

function committing(test: Test): void {
  test("revisions grow, and none is given twice, not even after a deletion", async (records) => {
    const seen: number[] = [];
    for (let round = 0; round < 3; round++) {
      await records.commit([put("a", round)]);
      seen.push(await revision(records, "a"));
      await records.commit([remove("a")]);
      await records.commit([put("a", round, 0)]);
      seen.push(await revision(records, "a"));
    }
    assert.deepEqual(
      seen,
      [...new Set(seen)].sort((a, b) => a - b),
    );
    assert.ok((seen[0] ?? 0) > 0);
  });

  test("expect 0 creates once", async (records) => {
    await records.commit([put("a", 1, 0)]);
    await assert.rejects(records.commit([put("a", 2, 0)]), RecordConflict);
    assert.equal((await records.get(SPACE, "a"))?.value, 1);
  });

  test("expect of a revision changes that revision only", async (records) => {
    await records.commit([put("a", 1)]);
    const first = await revision(records, "a");
    await records.commit([put("a", 2, first)]);
    await assert.rejects(records.commit([put("a", 3, first)]), (error) => {
      assert.ok(error instanceof RecordConflict);
      assert.deepEqual([error.space, error.id], [SPACE, "a"]);
      return true;
    });
    await assert.rejects(
      records.commit([{ delete: true, space: SPACE, id: "a", expect: first }]),
      RecordConflict,
    );
    await assert.rejects(records.commit([put("missing", 1, first)]), RecordConflict);
    assert.equal((await records.get(SPACE, "a"))?.value, 2);
    const second = await revision(records, "a");
    await records.commit([{ delete: true, space: SPACE, id: "a", expect: second }]);
    assert.equal(await records.get(SPACE, "a"), undefined);
  });

  test("a conflict anywhere leaves everything as it was", async (records) => {
    await records.commit([put("a", 1), put("z", 1)]);
    const before = await records.list(SPACE);
    await assert.rejects(
      records.commit([put("a", 2), put("b", 2), remove("z"), put("c", 2, 99)]),
      RecordConflict,
    );
    assert.deepEqual(await records.list(SPACE), before);
  });

  test("a check guards a commit and writes nothing", async (records) => {
    await records.commit([put("guard", 1)]);
    const guard = await revision(records, "guard");
    const check = (expect: number): Change => ({ check: true, space: SPACE, id: "guard", expect });
    await records.commit([check(guard), put("a", 1)]);
    assert.equal(await revision(records, "guard"), guard);
    await assert.rejects(records.commit([put("a", 2), check(guard + 1000)]), RecordConflict);
    await assert.rejects(records.commit([put("a", 2), check(0)]), RecordConflict);
    await records.commit([{ check: true, space: SPACE, id: "absent", expect: 0 }, put("b", 1)]);
    assert.equal((await records.get(SPACE, "a"))?.value, 1);
    assert.equal((await records.get(SPACE, "b"))?.value, 1);
  });

  test("expectations speak of the state before the commit, changes apply in order", async (records) => {
    await records.commit([put("a", 1, 0), put("a", 2, 0), put("b", 1), remove("b")]);
    assert.equal((await records.get(SPACE, "a"))?.value, 2);
    assert.equal(await records.get(SPACE, "b"), undefined);
    await records.commit([remove("a"), put("a", 3)]);
    assert.equal((await records.get(SPACE, "a"))?.value, 3);
  });

  test("nothing to change and nothing to delete are fine", async (records) => {
    await records.commit([]);
    await records.commit([remove("never there")]);
    assert.deepEqual(await records.list(SPACE), []);
  });

  test("a commit reaches across spaces", async (records) => {
    await records.commit([put("a", 1), { put: 2, space: OTHER, id: "a" }]);
    assert.equal((await records.get(SPACE, "a"))?.value, 1);
    assert.equal((await records.get(OTHER, "a"))?.value, 2);
  });

  test("of commits that overlap, in order, each sees the ones before", async (records) => {
    const commits = Array.from({ length: 200 }, (_, index) => records.commit([put("last", index)]));
    await Promise.all(commits);
    assert.equal((await records.get(SPACE, "last"))?.value, 199);
  });

  test("of many that create the same record at once, one wins and the others change nothing", async (records) => {
    const attempts = Array.from({ length: 50 }, (_, index) =>
      records.commit([put("mine", index, 0), put(`of ${index}`, index)]),
    );
    const outcomes = await Promise.allSettled(attempts);
    const winners = outcomes.flatMap(({ status }, index) =>
      status === "fulfilled" ? [index] : [],
    );
    assert.equal(winners.length, 1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") assert.ok(outcome.reason instanceof RecordConflict);
    assert.deepEqual(await ids(records), ["mine", `of ${winners[0]}`]);
  });

  test("concurrent read-change-write with compare-and-set loses no change", async (records) => {
    await records.commit([put("n", 0)]);
    const add = async () => {
      for (;;) {
        const now = await records.get<number>(SPACE, "n");
        if (!now) throw new Error("the counter is gone");
        try {
          return await records.commit([put("n", now.value + 1, now.revision)]);
        } catch (error) {
          if (!(error instanceof RecordConflict)) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: 12 }, add));
    assert.equal((await records.get(SPACE, "n"))?.value, 12);
  });

  test("a commit is seen whole or not at all", async (records) => {
    const pairs = Array.from({ length: 100 }, (_, n) => records.commit([put("a", n), put("b", n)]));
    let running = true;
    const written = Promise.all(pairs).finally(() => {
      running = false;
    });
    while (running) {
      const [a, b] = await records.list(SPACE);
      assert.deepEqual(a?.value, b?.value);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await written;
  });
}

function watching(test: Test): void {
  test("a watcher hears of commits to its space, with the ids, once they can be read", async (records) => {
    const heard: (readonly string[])[] = [];
    const values: unknown[] = [];
    records.watch(SPACE, (changed) => {
      heard.push(changed);
      void records.get(SPACE, "a").then((read) => values.push(read?.value));
    });
    await records.commit([put("a", 1), put("b", 1), { put: 1, space: OTHER, id: "c" }]);
    await records.commit([{ put: 1, space: OTHER, id: "c" }]);
    await records.commit([remove("b")]);
    await until(() => values.length === 2);
    assert.deepEqual(heard, [["a", "b"], ["b"]]);
    assert.deepEqual(values, [1, 1]);
  });

  test("conflicts and checks wake nobody", async (records) => {
    await records.commit([put("a", 1)]);
    const heard: (readonly string[])[] = [];
    records.watch(SPACE, (changed) => heard.push(changed));
    await assert.rejects(records.commit([put("a", 2, 0)]), RecordConflict);
    const expect = await revision(records, "a");
    await records.commit([{ check: true, space: SPACE, id: "a", expect }]);
    await records.commit([put("last", 1)]);
    await until(() => heard.length > 0);
    assert.deepEqual(heard, [["last"]]);
  });

  test("a watch ends when it is told to", async (records) => {
    let ended = 0;
    let lasting = 0;
    const end = records.watch(SPACE, () => ended++);
    records.watch(SPACE, () => lasting++);
    await records.commit([put("a", 1)]);
    await until(() => ended === 1 && lasting === 1);
    end();
    end();
    await records.commit([put("a", 2)]);
    await until(() => lasting === 2);
    assert.equal(ended, 1);
  });

  test("a watcher that throws harms neither the commit nor the other watchers", async (records) => {
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    let heard = 0;
    records.watch(SPACE, () => {
      throw new Error("a watcher's own");
    });
    records.watch(SPACE, () => heard++);
    await records.commit([put("a", 1)]);
    await until(() => heard === 1);
    assert.equal((await warned).message, "a watcher's own");
  });
}

function refusing(test: Test): void {
  const refused = async (attempt: Promise<unknown>) => assert.rejects(attempt, RangeError);

  test("ids that are too long or hold NUL or half a surrogate pair are refused", async (records) => {
    const bad = ["x".repeat(1101), "é".repeat(551), "a\0b", "\ud800", "a\udc00"];
    for (const id of bad) {
      await refused(records.commit([put("good", 1), put(id, 1)]));
      await refused(records.get(SPACE, id));
      await refused(records.list(SPACE, { prefix: id }));
      await refused(records.list(SPACE, { after: id }));
    }
    assert.deepEqual(await ids(records), []);
  });

  test("spaces of fewer than three plain segments are refused", async (records) => {
    const bad = [
      "",
      "a",
      "a/b",
      "a/b/",
      "/a/b",
      "a//b",
      "a/b/c d",
      "a/b/\0",
      "a/b/é",
      `a/b/${"c".repeat(1021)}`,
    ];
    for (const space of bad) {
      await refused(records.commit([{ put: 1, space, id: "a" }]));
      await refused(records.get(space, "a"));
      await refused(records.list(space));
    }
    await refused(records.spaces("é"));
  });

  test("what is no JSON, and what is too much, is refused", async (records) => {
    await refused(records.commit([put("a", undefined)]));
    await refused(records.commit([put("a", () => 1)]));
    await refused(records.commit([put("a", "v".repeat((4 << 20) - 1))]));
    await refused(records.commit([put("a", "中".repeat(1_398_101))]));
    const large = "v".repeat((4 << 20) - 2);
    await refused(records.commit(Array.from({ length: 9 }, (_, n) => put(`${n}`, large))));
    await refused(records.commit(Array.from({ length: 12_001 }, (_, n) => put(`${n}`, n))));
    assert.deepEqual(await ids(records), []);
  });

  test("limits and expectations that are no such numbers are refused", async (records) => {
    for (const limit of [-1, 1.5, 10_001, Number.NaN, Number.POSITIVE_INFINITY])
      await refused(records.list(SPACE, { limit }));
    for (const expect of [-2, 0.5, Number.NaN])
      await refused(records.commit([put("a", 1, expect)]));
  });
}

function closing(test: Test): void {
  test("close finishes the commits under way and refuses later calls", async (records) => {
    const commits = Array.from({ length: 20 }, (_, n) => records.commit([put(`${n}`, n)]));
    const closed = records.close();
    await Promise.all([...commits, closed, records.close()]);
    await assert.rejects(records.get(SPACE, "1"), withCode("StorageClosed"));
    await assert.rejects(records.list(SPACE), withCode("StorageClosed"));
    await assert.rejects(records.spaces(""), withCode("StorageClosed"));
    await assert.rejects(records.commit([put("a", 1)]), withCode("StorageClosed"));
  });
}

function keeping(test: Test): void {
  test("what was committed is there after opening again, with its revision", async (records, reopen) => {
    await records.commit([put("a", { n: 1 }), put("b", 2)]);
    await records.commit([remove("b")]);
    const before = await records.get(SPACE, "a");
    const reopened = await reopen();
    assert.deepEqual(await reopened.get(SPACE, "a"), before);
    assert.equal(await reopened.get(SPACE, "b"), undefined);
  });

  test("revisions go on after opening again, also past the deleted ones", async (records, reopen) => {
    await records.commit([put("a", 1)]);
    await records.commit([put("a", 2)]);
    const last = await revision(records, "a");
    await records.commit([remove("a")]);
    const reopened = await reopen();
    await reopened.commit([put("a", 3, 0)]);
    assert.ok((await revision(reopened, "a")) > last);
  });

  test("commits that were under way at close are kept", async (records, reopen) => {
    const commits = Array.from({ length: 20 }, (_, n) => records.commit([put(`${n}`, n)]));
    await Promise.all([...commits, records.close()]);
    assert.equal((await (await reopen()).list(SPACE)).length, 20);
  });
}
