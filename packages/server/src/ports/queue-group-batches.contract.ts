import assert from "node:assert/strict";
import type { Case } from "./port.contract.ts";
import { bodies, message, NOW, outcome, QUEUE, textOf } from "./queues.fixture.ts";
import type { Leased, NewMessage, Queues } from "./queues.ts";

const of = (group: string, ...texts: string[]): NewMessage[] =>
  texts.map((text) => message(text, { group }));

const lease = (queues: Queues, now: number, limit = 10, groupLimit = 10): Promise<Leased[]> =>
  queues.lease(QUEUE, { now, leaseMs: 100, limit, groupLimit });

const texts = async (leased: Promise<readonly Leased[]>): Promise<string[]> =>
  (await leased).map(textOf);

/** Registers what is promised of several messages of one group in one lease. */
export function queueGroupBatches(test: Case<Queues>): void {
  test("several of a group come in one lease, in order, one group after the other", async (queues) => {
    await queues.enqueue(QUEUE, of("g", "g1", "g2", "g3"), NOW);
    await queues.enqueue(QUEUE, [message("-"), ...of("h", "h1", "h2")], NOW);
    assert.deepEqual(await texts(lease(queues, NOW, 10, 2)), ["g1", "g2", "-", "h1", "h2"]);
    assert.deepEqual(await lease(queues, NOW), [], "g3 waits for those before it");
  });

  test("no more come than the limits allow, and the rest waits behind them", async (queues) => {
    await queues.enqueue(QUEUE, of("g", "1", "2", "3", "4"), NOW);
    const first = await lease(queues, NOW, 2);
    assert.deepEqual(first.map(textOf), ["1", "2"]);
    assert.deepEqual(await lease(queues, NOW), []);
    await queues.settle(
      first.slice(1).map((one) => outcome(one)),
      NOW,
    );
    assert.deepEqual(await lease(queues, NOW), [], "the first is still held");
    await queues.settle(
      first.slice(0, 1).map((one) => outcome(one)),
      NOW,
    );
    assert.deepEqual(await texts(lease(queues, NOW)), ["3", "4"]);
  });

  test("a group ends for a lease where one of it is delayed", async (queues) => {
    const [a, b] = of("g", "1", "2");
    await queues.enqueue(
      QUEUE,
      [a, b].filter((one) => one !== undefined),
      NOW,
    );
    await queues.enqueue(QUEUE, [message("3", { group: "g", delayMs: 50 })], NOW);
    await queues.enqueue(QUEUE, of("g", "4"), NOW);
    assert.deepEqual(await texts(lease(queues, NOW)), ["1", "2"]);
  });

  test("when the first is done the next is the first, whether it is leased or not", async (queues) => {
    await queues.enqueue(QUEUE, of("g", "1", "2", "3"), NOW);
    const [one, two] = await lease(queues, NOW, 2);
    assert.ok(one && two);
    await queues.settle([outcome(one)], NOW);
    assert.equal(await queues.nextVisible(QUEUE), NOW + 100);
    assert.deepEqual(await lease(queues, NOW + 99), []);
    assert.deepEqual(await texts(lease(queues, NOW + 100)), ["2", "3"]);
  });

  test("those whose leases ran out come again as far as the first one that is held", async (queues) => {
    await queues.enqueue(QUEUE, of("g", "1", "2", "3"), NOW);
    const [, two] = await lease(queues, NOW);
    assert.ok(two);
    await queues.settle([outcome(two, { kind: "extended", leaseMs: 1000 })], NOW);
    const [one, ...more] = await lease(queues, NOW + 100);
    assert.ok(one);
    assert.deepEqual([textOf(one), one.attempts, more], ["1", 2, []]);
    await queues.settle([outcome(one)], NOW + 100);
    assert.equal(await queues.nextVisible(QUEUE), NOW + 1000, "3 waits for 2");
    assert.deepEqual(await lease(queues, NOW + 999), []);
    const last = await lease(queues, NOW + 1000);
    assert.deepEqual(
      last.map((found) => [textOf(found), found.attempts]),
      [
        ["2", 2],
        ["3", 2],
      ],
    );
  });

  test("one of the middle that is given back waits for those before it, and holds those behind it", async (queues) => {
    await queues.enqueue(QUEUE, of("g", "1", "2", "3"), NOW);
    const [one, two] = await lease(queues, NOW, 2);
    assert.ok(one && two);
    await queues.settle([outcome(two, { kind: "again", delayMs: 0, attributes: "new" })], NOW);
    assert.deepEqual(await lease(queues, NOW), []);
    const { visible, leased } = await queues.depth(QUEUE, NOW);
    assert.deepEqual([visible, leased], [2, 1]);
    await queues.settle([outcome(one)], NOW);
    const [again, third] = await lease(queues, NOW);
    assert.ok(again && third);
    assert.deepEqual([textOf(again), again.attempts, again.attributes], ["2", 2, "new"]);
    assert.deepEqual([textOf(third), third.attempts], ["3", 1]);
  });

  test("bodies of at most so many bytes come; nobody is passed over", async (queues) => {
    await queues.enqueue(QUEUE, [...of("g", "1", "22222", "3"), message("x")], NOW);
    const options = { now: NOW, leaseMs: 100, limit: 10, groupLimit: 10, maxBytes: 5 };
    assert.deepEqual(await texts(queues.lease(QUEUE, options)), ["1"]);
    assert.deepEqual(await texts(queues.lease(QUEUE, options)), ["x"]);
  });

  test("a purge forgets who waits behind whom", async (queues) => {
    await queues.enqueue(QUEUE, of("g", "1", "2", "3"), NOW);
    await lease(queues, NOW, 2);
    await queues.purge(QUEUE);
    await queues.enqueue(QUEUE, of("g", "4"), NOW);
    assert.deepEqual(await bodies(queues, NOW), ["4"]);
    assert.deepEqual(await queues.names(""), []);
  });

  test("a message knows when it was leased first", async (queues) => {
    await queues.enqueue(QUEUE, [...of("g", "1", "2"), message("-")], NOW);
    await lease(queues, NOW + 1, 2);
    await lease(queues, NOW + 2);
    const leased = await lease(queues, NOW + 200);
    assert.deepEqual(
      leased.map((one) => [textOf(one), one.firstLeasedAt]),
      [
        ["1", NOW + 1],
        ["2", NOW + 1],
        ["-", NOW + 2],
      ],
    );
    const [one] = leased;
    assert.ok(one);
    await queues.settle([outcome(one, { kind: "again", delayMs: 0 })], NOW + 200);
    assert.equal((await lease(queues, NOW + 200))[0]?.firstLeasedAt, NOW + 1);
  });
}
