import assert from "node:assert/strict";
import { describe } from "node:test";
import { type Case, casesOf, type Subject } from "./port.contract.ts";
import { shardRandom } from "./shard-random.contract.ts";
import { shardRefusals } from "./shard-refusals.contract.ts";
import { NOW, OTHER_SHARD, record, SHARD, textOf } from "./shards.fixture.ts";
import { moreBehind, type Shards } from "./shards.ts";

const ALL = { after: 0, limit: 10_000 };

/** Registers what every engine's shards must do. */
export function shardsContract(subject: Subject<Shards>): void {
  const test = casesOf(subject);
  describe(`shards of the ${subject.engine} engine`, () => {
    adding(test);
    reading(test);
    waiting(test);
    ending(test);
    shardRandom(test);
    shardRefusals(test);
    if (subject.keeps) keeping(test);
  });
}

type Test = Case<Shards>;

const texts = async (shards: Shards, shard = SHARD, options = ALL): Promise<string[]> =>
  (await shards.read(shard, options)).map(textOf);

function adding(test: Test): void {
  test("records come out in the order in which they went in, whole, as often as one likes", async (shards) => {
    const body = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);
    const attributes = JSON.stringify({ text: "é\u{1F426}\u2028" });
    const [first = 0] = await shards.append([{ shard: SHARD, body, attributes }], NOW);
    const [second = 0] = await shards.append([record("b")], NOW + 5);
    assert.ok(second > first && first > 0);
    for (let round = 0; round < 2; round++) {
      const [one, two, ...more] = await shards.read(SHARD, ALL);
      assert.deepEqual(
        { ...one, body: Buffer.from(one?.body ?? []) },
        { number: first, addedAt: NOW, body: Buffer.from(body), attributes },
      );
      assert.deepEqual([two?.number, two?.addedAt, more], [second, NOW + 5, []]);
    }
  });

  test("one call adds to many shards, each keeps its order, and answers stand where their records stood", async (shards) => {
    const names = Array.from({ length: 30 }, (_, n) => `${OTHER_SHARD}/${n % 3}`);
    const added = names.map((name, n) => record(`${n}`, name));
    const numbers = await shards.append(added, NOW);
    for (const name of new Set(names)) {
      const found = await shards.read(name, ALL);
      const expected = names.flatMap((one, n) => (one === name ? [[numbers[n], `${n}`]] : []));
      assert.deepEqual(
        found.map((one) => [one.number, textOf(one)]),
        expected,
      );
    }
    assert.deepEqual(
      await shards.names(""),
      [0, 1, 2].map((n) => `${OTHER_SHARD}/${n}`),
    );
  });

  test("calls made at once take effect in their order", async (shards) => {
    const names = Array.from({ length: 60 }, (_, index) => `${index}`);
    const numbers = await Promise.all(names.map((name) => shards.append([record(name)], NOW)));
    const given = numbers.flat().map(Number);
    assert.deepEqual(
      given,
      given.toSorted((a, b) => a - b),
    );
    assert.deepEqual(await texts(shards), names);
  });

  test("empty bodies and attributes, and the largest, are kept; nobody shares memory with the shard", async (shards) => {
    const largest = new Uint8Array(10 << 20).fill(7);
    const attributes = "é".repeat(32 << 10);
    const whole = Buffer.from("one two three");
    await shards.append(
      [
        { shard: SHARD, body: new Uint8Array(), attributes: "" },
        { shard: SHARD, body: largest, attributes },
        { shard: SHARD, body: whole.subarray(4, 7), attributes: "" },
      ],
      NOW,
    );
    whole.fill(0);
    const [empty, large, part] = await shards.read(SHARD, ALL);
    assert.deepEqual([empty?.body.length, empty?.attributes], [0, ""]);
    assert.ok(Buffer.from(large?.body ?? []).equals(largest));
    assert.equal(large?.attributes, attributes);
    assert.equal(part && textOf(part), "two");
    part?.body.fill(0);
    assert.deepEqual((await texts(shards)).at(-1), "two");
  });

  test("times never go back", async (shards) => {
    await shards.append([record("a")], NOW);
    await shards.append([record("b")], NOW - 1000);
    await shards.append([record("c")], NOW + 1);
    const times = (await shards.read(SHARD, ALL)).map(({ addedAt }) => addedAt);
    assert.deepEqual(times, [NOW, NOW, NOW + 1]);
  });
}

function reading(test: Test): void {
  test("a page is bounded in records and in bytes, but has one record", async (shards) => {
    const numbers = await shards.append(
      ["aa", "bb", "cc", "dd"].map((text) => record(text)),
      NOW,
    );
    const page = (more: object) => texts(shards, SHARD, { ...ALL, ...more });
    assert.deepEqual(await page({ limit: 3 }), ["aa", "bb", "cc"]);
    assert.deepEqual(await page({ limit: 0 }), []);
    assert.deepEqual(await page({ maxBytes: 6 }), ["aa", "bb"]);
    assert.deepEqual(await page({ maxBytes: 0 }), ["aa"]);
    assert.deepEqual(await page({ after: numbers[1] }), ["cc", "dd"]);
    assert.deepEqual(await page({ after: numbers[3] }), []);
    assert.deepEqual(await page({ after: 1e15 }), []);
    assert.deepEqual(await texts(shards, OTHER_SHARD), []);
  });

  test("pages of a long shard come one after the other, without gap or repetition", async (shards) => {
    const names = Array.from({ length: 3000 }, (_, n) => `${n} ${"x".repeat((n * 37) % 2000)}`);
    for (let at = 0; at < names.length; at += 500)
      await shards.append(
        names.slice(at, at + 500).map((text) => record(text)),
        NOW + at,
      );
    const found: string[] = [];
    for (let after = 0; ; ) {
      const page = await shards.read(SHARD, { after, limit: 700, maxBytes: 300_000 });
      const last = page.at(-1);
      if (last === undefined) break;
      found.push(...page.map(textOf));
      after = last.number;
    }
    assert.deepEqual(found, names);
    assert.deepEqual(await texts(shards), names, "in one page");
  });

  test("a time is found, before, between and behind all", async (shards) => {
    for (let n = 0; n < 20; n++)
      await shards.append([record(`${n}`)], NOW + Math.floor(n / 2) * 10);
    const from = async (time: number) =>
      texts(shards, SHARD, { after: await shards.placeAt(SHARD, time), limit: 1 });
    assert.deepEqual(await from(0), ["0"]);
    assert.deepEqual(await from(NOW), ["0"]);
    assert.deepEqual(await from(NOW + 1), ["2"]);
    assert.deepEqual(await from(NOW + 50), ["10"]);
    assert.deepEqual(await from(NOW + 91), []);
    assert.equal(await shards.placeAt(OTHER_SHARD, NOW), 0);
  });

  test("a shard says what it holds", async (shards) => {
    assert.equal(await shards.describe(SHARD), undefined);
    const [first = 0, , last = 0] = await shards.append(
      [record("a"), record("b"), record("c")],
      NOW,
    );
    assert.deepEqual(await shards.describe(SHARD), {
      first: { number: first, addedAt: NOW },
      last,
      records: 3,
      bytes: 6,
      sealed: false,
    });
  });
}

function waiting(test: Test): void {
  test("who waits for more is woken by it, by a seal, by a deletion, and by whoever gives up", async (shards) => {
    const { signal } = new AbortController();
    const [last = 0] = await shards.append([record("a")], NOW);
    assert.equal(await moreBehind(shards, SHARD, 0, signal), true);
    const more = moreBehind(shards, SHARD, last, signal);
    await shards.append([record("elsewhere", OTHER_SHARD)], NOW);
    const [next = 0] = await shards.append([record("b")], NOW);
    assert.equal(await more, true);
    const patience = new AbortController();
    const given = moreBehind(shards, SHARD, next, patience.signal);
    patience.abort();
    assert.equal(await given, false);
    const sealed = moreBehind(shards, SHARD, next, signal);
    await shards.seal(SHARD);
    assert.equal(await sealed, true);
    const deleted = moreBehind(shards, OTHER_SHARD, 1e9, signal);
    await shards.delete(OTHER_SHARD);
    assert.equal(await deleted, true);
  });

  test("a listener that throws harms nobody, and one that ended hears nothing", async (shards) => {
    let heard = 0;
    shards.watch(SHARD, () => {
      throw new Error("a listener's fault, expected by its test");
    });
    const stop = shards.watch(SHARD, () => heard++);
    await shards.append([record("a")], NOW);
    stop();
    await shards.append([record("b")], NOW);
    assert.equal(heard, 1);
  });
}

function ending(test: Test): void {
  test("a sealed shard takes nothing, and others of the same call do", async (shards) => {
    const [last = 0] = await shards.append([record("a")], NOW);
    const state = await shards.seal(SHARD);
    assert.deepEqual([state.sealed, state.last, state.records], [true, last, 1]);
    const numbers = await shards.append(
      [record("late"), record("b", OTHER_SHARD), record("late")],
      NOW,
    );
    assert.deepEqual([numbers[0], numbers[1], numbers[2]], [undefined, numbers[1], undefined]);
    assert.ok(numbers[1]);
    assert.deepEqual(await texts(shards), ["a"]);
    assert.deepEqual(await shards.seal(SHARD), state);
    assert.equal((await shards.seal(`${SHARD}/empty`)).records, 0);
  });

  test("what is trimmed is gone, and numbers go on", async (shards) => {
    for (let n = 0; n < 6; n++) await shards.append([record(`${n}`)], NOW + n);
    assert.equal(await shards.trim(SHARD, NOW + 4), 4);
    assert.equal(await shards.trim(SHARD, NOW + 4), 0);
    assert.equal(await shards.trim(SHARD, NOW), 0);
    assert.equal(await shards.trim(OTHER_SHARD, NOW), 0);
    assert.deepEqual(await texts(shards), ["4", "5"]);
    const state = await shards.describe(SHARD);
    assert.deepEqual([state?.records, state?.bytes, state?.first?.addedAt], [2, 4, NOW + 4]);
    assert.equal(await shards.trim(SHARD, NOW + 100), 2);
    const empty = await shards.describe(SHARD);
    assert.deepEqual(empty, { last: empty?.last, records: 0, bytes: 0, sealed: false });
    const [next = 0] = await shards.append([record("more")], NOW);
    assert.ok(next > (empty?.last ?? 0));
    assert.deepEqual(await texts(shards), ["more"]);
    const [last] = await shards.read(SHARD, ALL);
    assert.equal(last?.addedAt, NOW + 5, "times do not go back because the last one was trimmed");
  });

  test("a deleted shard is gone, and its successor's numbers are greater", async (shards) => {
    const numbers = await shards.append(
      ["a", "b", "c"].map((text) => record(text)),
      NOW,
    );
    await shards.append([record("stays", OTHER_SHARD)], NOW);
    await shards.seal(SHARD);
    await shards.delete(SHARD);
    await shards.delete(SHARD);
    assert.equal(await shards.describe(SHARD), undefined);
    assert.deepEqual(await shards.names("000000000000/"), [OTHER_SHARD]);
    const [again = 0] = await shards.append([record("d")], NOW - 1);
    assert.ok(again > (numbers[2] ?? 0));
    assert.deepEqual(await texts(shards), ["d"]);
    assert.deepEqual(await texts(shards, OTHER_SHARD), ["stays"]);
  });
}

function keeping(test: Test): void {
  test("records, seals, trims, deletions and numbers outlive the port", async (shards, reopen) => {
    const sealed = `${SHARD}/sealed`;
    await shards.append(
      ["a", "b"].map((text) => record(text)),
      NOW,
    );
    const [last = 0] = await shards.append([record("c"), record("x", OTHER_SHARD)], NOW + 10);
    await shards.seal(sealed);
    await shards.trim(SHARD, NOW + 5);
    await shards.delete(OTHER_SHARD);
    const again = await reopen();
    assert.deepEqual(await texts(again), ["c"]);
    assert.deepEqual(await again.names(""), [SHARD, sealed]);
    assert.deepEqual(await again.append([record("no", sealed)], NOW), [undefined]);
    const [next = 0] = await again.append([record("d")], NOW);
    assert.ok(next > last);
    const [fresh = 0] = await again.append([record("y", OTHER_SHARD)], NOW);
    assert.ok(fresh > 1);
    assert.deepEqual(await texts(again, OTHER_SHARD), ["y"]);
  });
}
