import assert from "node:assert/strict";
import type { Case } from "./port.contract.ts";
import {
  bodies,
  LEASE,
  message,
  messages,
  NOW,
  OTHER,
  outcome,
  QUEUE,
  textOf,
} from "./queues.fixture.ts";
import type { Leased, Outcome, Queues } from "./queues.ts";

const DONE = { kind: "done" } as const;
const again = (delayMs: number, attributes?: string): Outcome["become"] =>
  attributes === undefined ? { kind: "again", delayMs } : { kind: "again", delayMs, attributes };
const extended = (leaseMs: number): Outcome["become"] => ({ kind: "extended", leaseMs });

const one = async (queues: Queues, now: number, leaseMs = 100): Promise<Leased> => {
  const [leased] = await queues.lease(QUEUE, { now, leaseMs, limit: 1 });
  assert.ok(leased, "nothing was visible");
  return leased;
};

const none = async (queues: Queues, now: number): Promise<void> =>
  assert.deepEqual(await queues.lease(QUEUE, { now, ...LEASE }), []);

/** Registers what leases promise. */
export function queueLeases(test: Case<Queues>): void {
  taking(test);
  settling(test);
  handingOver(test);
}

function taking(test: Case<Queues>): void {
  test("a leased message is nobody else's until its lease runs out", async (queues) => {
    await queues.enqueue(QUEUE, [message("a")], NOW);
    const first = await one(queues, NOW);
    await none(queues, NOW + 99);
    const second = await one(queues, NOW + 100);
    assert.deepEqual([second.id, textOf(second), second.enqueuedAt], [first.id, "a", NOW]);
    assert.ok(second.epoch > first.epoch);
    assert.deepEqual([first.attempts, second.attempts], [1, 2]);
  });

  test("of many callers at once each message has one", async (queues) => {
    const names = Array.from({ length: 100 }, (_, index) => `${index}`);
    await queues.enqueue(QUEUE, messages(...names), NOW);
    const leased = await Promise.all(
      Array.from({ length: 60 }, () => queues.lease(QUEUE, { now: NOW, leaseMs: 100, limit: 2 })),
    );
    assert.deepEqual(leased.flat().map(textOf), names);
    assert.ok(leased.every(({ length }) => length === 2 || length === 0));
  });

  test("limit is at most so many, and may be 0", async (queues) => {
    await queues.enqueue(QUEUE, messages("a", "b", "c"), NOW);
    const lease = (limit: number) => queues.lease(QUEUE, { now: NOW, leaseMs: 100, limit });
    assert.deepEqual(await lease(0), []);
    assert.deepEqual((await lease(2)).map(textOf), ["a", "b"]);
    assert.deepEqual((await lease(2)).map(textOf), ["c"]);
  });

  test("maxBytes bounds the bodies together, but one always comes, and none is passed over", async (queues) => {
    await queues.enqueue(QUEUE, messages("four", "five5", "1", "2"), NOW);
    const lease = async (maxBytes: number) =>
      (await queues.lease(QUEUE, { now: NOW, leaseMs: 100, limit: 10, maxBytes })).map(textOf);
    assert.deepEqual(await lease(8), ["four"]);
    assert.deepEqual(await lease(0), ["five5"]);
    assert.deepEqual(await lease(2), ["1", "2"]);
    assert.deepEqual((await queues.depth(QUEUE, NOW)).leased, 4);
  });

  test("leases that ran out come in their turn among the others", async (queues) => {
    await queues.enqueue(QUEUE, messages("a", "b"), NOW);
    await queues.lease(QUEUE, { now: NOW, leaseMs: 50, limit: 1 });
    await queues.lease(QUEUE, { now: NOW, leaseMs: 30, limit: 1 });
    await queues.enqueue(
      QUEUE,
      [message("c", { delayMs: 40 }), message("d", { delayMs: 60 })],
      NOW,
    );
    assert.deepEqual(await bodies(queues, NOW + 60), ["b", "c", "a", "d"]);
  });

  test("a lease of no time is taken and has run out", async (queues) => {
    await queues.enqueue(QUEUE, [message("a")], NOW);
    const first = await one(queues, NOW, 0);
    const second = await one(queues, NOW, 0);
    assert.deepEqual([first.attempts, second.attempts], [1, 2]);
  });

  test("what is added with a lease is the caller's at once", async (queues) => {
    const [held, free] = await queues.enqueue(
      QUEUE,
      [message("a", { leaseMs: 100 }), message("b")],
      NOW,
    );
    assert.ok(held && free && held.epoch > 0);
    assert.equal(free.epoch, 0);
    assert.deepEqual(await bodies(queues, NOW + 99), ["b"]);
    const taken = await one(queues, NOW + 100);
    assert.deepEqual([taken.id, taken.attempts], [held.id, 2]);
    assert.deepEqual(await queues.settle([outcome({ queue: QUEUE, ...held })], NOW + 100), [false]);
    assert.deepEqual(await queues.settle([outcome(taken)], NOW + 100), [true]);
  });
}

function settling(test: Case<Queues>): void {
  test("what is done is gone, and cannot be done again", async (queues) => {
    await queues.enqueue(QUEUE, messages("a", "b"), NOW);
    const leased = await one(queues, NOW);
    assert.deepEqual(await queues.settle([outcome(leased)], NOW), [true]);
    for (const become of [DONE, again(0), extended(5)])
      assert.deepEqual(await queues.settle([outcome(leased, become)], NOW), [false]);
    assert.deepEqual(await bodies(queues, NOW + 1000), ["b"]);
    await none(queues, NOW + 100_000);
  });

  test("again makes it visible after its delay, with other attributes where they are given", async (queues) => {
    await queues.enqueue(QUEUE, [message("a", { attributes: "1" }), message("b")], NOW);
    const first = await one(queues, NOW);
    assert.deepEqual(await queues.settle([outcome(first, again(50))], NOW + 10), [true]);
    assert.deepEqual(await bodies(queues, NOW + 59), ["b"]);
    const second = await one(queues, NOW + 60);
    assert.deepEqual([second.id, second.attributes, second.attempts], [first.id, "1", 2]);
    assert.deepEqual(await queues.settle([outcome(second, again(0, "two"))], NOW + 60), [true]);
    const third = await one(queues, NOW + 60);
    assert.deepEqual([third.attributes, third.attempts, textOf(third)], ["two", 3, "a"]);
  });

  test("who gave a message back holds it no more, even if nobody else has it", async (queues) => {
    await queues.enqueue(QUEUE, [message("a")], NOW);
    const leased = await one(queues, NOW);
    await queues.settle([outcome(leased, again(0))], NOW);
    for (const become of [DONE, again(0, "late"), extended(500)])
      assert.deepEqual(await queues.settle([outcome(leased, become)], NOW), [false]);
    const next = await one(queues, NOW);
    assert.equal(next.attributes, "{}");
  });

  test("an extended lease runs from now, longer or shorter", async (queues) => {
    await queues.enqueue(QUEUE, [message("a")], NOW);
    const leased = await one(queues, NOW, 100);
    assert.deepEqual(await queues.settle([outcome(leased, extended(500))], NOW + 50), [true]);
    await none(queues, NOW + 549);
    assert.equal(await queues.nextVisible(QUEUE), NOW + 550);
    assert.deepEqual(await queues.settle([outcome(leased, extended(10))], NOW + 60), [true]);
    assert.equal((await one(queues, NOW + 70)).attempts, 2);
  });

  test("a lease that ran out is held until somebody else has it", async (queues) => {
    await queues.enqueue(QUEUE, messages("a", "b"), NOW);
    const [a, b] = await queues.lease(QUEUE, { now: NOW, leaseMs: 10, limit: 2 });
    assert.ok(a && b);
    const late = NOW + 1000;
    assert.deepEqual(await queues.settle([outcome(a, extended(10))], late), [true]);
    assert.equal((await queues.depth(QUEUE, late)).leased, 1);
    assert.deepEqual(await queues.settle([outcome(a), outcome(b)], late + 1000), [true, true]);
    assert.deepEqual(await queues.names(""), []);
  });

  test("a late outcome of an older lease does nothing, whatever it is", async (queues) => {
    await queues.enqueue(QUEUE, [message("a")], NOW);
    const old = await one(queues, NOW, 10);
    const current = await one(queues, NOW + 10, 1000);
    for (const become of [DONE, again(0, "late"), extended(1)])
      assert.deepEqual(
        await queues.settle(
          [{ ...outcome(old, become), enqueue: [{ queue: OTHER, message: message("x") }] }],
          NOW + 11,
        ),
        [false],
      );
    await none(queues, NOW + 500);
    assert.deepEqual(await queues.names(""), [QUEUE]);
    assert.deepEqual(await queues.settle([outcome(current)], NOW + 20), [true]);
  });

  test("leases that were never given are held by nobody", async (queues) => {
    const [free] = await queues.enqueue(QUEUE, [message("a")], NOW);
    assert.ok(free);
    const { id } = free;
    const leased = await one(queues, NOW);
    for (const wrong of [
      { queue: QUEUE, id: id + 1, epoch: leased.epoch },
      { queue: QUEUE, id, epoch: leased.epoch + 1 },
      { queue: QUEUE, id, epoch: 0 },
      { queue: OTHER, id, epoch: leased.epoch },
    ])
      assert.deepEqual(await queues.settle([outcome(wrong)], NOW), [false]);
    assert.deepEqual(await queues.settle([outcome(leased)], NOW), [true]);
  });

  test("of one call those that are held are done, the others are not, in order", async (queues) => {
    await queues.enqueue(QUEUE, messages("a", "b", "c"), NOW);
    const [a, b, c] = await queues.lease(QUEUE, { now: NOW, ...LEASE });
    assert.ok(a && b && c);
    const outcomes = [
      outcome(a),
      outcome({ ...b, epoch: b.epoch + 1 }),
      outcome(c, again(0)),
      outcome(a),
      outcome(c),
    ];
    assert.deepEqual(await queues.settle(outcomes, NOW), [true, false, true, false, false]);
    assert.deepEqual(await bodies(queues, NOW), ["c"]);
    assert.deepEqual(await queues.settle([outcome(b)], NOW), [true]);
    assert.deepEqual(await queues.names(""), []);
  });
}

function handingOver(test: Case<Queues>): void {
  test("what an outcome adds is there with it, in its own queue too", async (queues) => {
    await queues.enqueue(QUEUE, [message("a")], NOW);
    const leased = await one(queues, NOW);
    const enqueue = [
      { queue: OTHER, message: message("to other", { attributes: "dead" }) },
      { queue: QUEUE, message: message("to itself", { delayMs: 10 }) },
      { queue: OTHER, message: message("to other, too") },
    ];
    assert.deepEqual(await queues.settle([{ ...outcome(leased), enqueue }], NOW + 1), [true]);
    const [dead] = await queues.lease(OTHER, { now: NOW + 1, leaseMs: 10, limit: 1 });
    assert.deepEqual([dead?.attributes, dead?.enqueuedAt, dead?.attempts], ["dead", NOW + 1, 1]);
    assert.deepEqual(await bodies(queues, NOW + 1, OTHER), ["to other, too"]);
    await none(queues, NOW + 10);
    assert.deepEqual(await bodies(queues, NOW + 11), ["to itself"]);
  });

  test("a message goes through a chain of queues and is in one of them at all times", async (queues) => {
    const chain = Array.from({ length: 5 }, (_, index) => `${QUEUE}/${index}`);
    await queues.enqueue(chain[0] ?? QUEUE, [message("a")], NOW);
    for (const [index, queue] of chain.entries()) {
      assert.deepEqual(await queues.names(""), [queue]);
      const [leased] = await queues.lease(queue, { now: NOW, leaseMs: 10, limit: 1 });
      assert.ok(leased);
      const next = chain[index + 1];
      const enqueue = next ? [{ queue: next, message: message(textOf(leased)) }] : [];
      assert.deepEqual(await queues.settle([{ ...outcome(leased), enqueue }], NOW), [true]);
    }
    assert.deepEqual(await queues.names(""), []);
  });
}
