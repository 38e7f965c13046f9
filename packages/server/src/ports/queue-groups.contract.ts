import assert from "node:assert/strict";
import type { Case } from "./port.contract.ts";
import { bodies, LEASE, message, NOW, OTHER, outcome, QUEUE, textOf } from "./queues.fixture.ts";
import type { Leased, NewMessage, Queues } from "./queues.ts";

const of = (group: string, ...texts: string[]): NewMessage[] =>
  texts.map((text) => message(text, { group }));

const lease = (queues: Queues, now: number, limit = 1000): Promise<Leased[]> =>
  queues.lease(QUEUE, { now, leaseMs: 100, limit });

/** Registers what groups promise. */
export function queueGroups(test: Case<Queues>): void {
  test("messages of a group are handed out one at a time, in order", async (queues) => {
    await queues.enqueue(QUEUE, of("g", "1", "2", "3"), NOW);
    for (const text of ["1", "2", "3"]) {
      const [leased, ...more] = await lease(queues, NOW);
      assert.ok(leased);
      assert.deepEqual([textOf(leased), leased.group, more], [text, "g", []]);
      assert.deepEqual(await lease(queues, NOW), []);
      await queues.settle([outcome(leased)], NOW);
    }
    assert.deepEqual(await queues.names(""), []);
  });

  test("groups do not wait for each other, nor for messages without one", async (queues) => {
    await queues.enqueue(
      QUEUE,
      [...of("g", "g1", "g2"), message("-"), ...of("h", "h1"), ...of("", "e1", "e2")],
      NOW,
    );
    assert.deepEqual((await lease(queues, NOW)).map(textOf), ["g1", "-", "h1", "e1"]);
  });

  test("a group of another queue is another group", async (queues) => {
    await queues.enqueue(QUEUE, of("g", "1"), NOW);
    await queues.enqueue(OTHER, of("g", "2"), NOW);
    await lease(queues, NOW);
    assert.deepEqual(await bodies(queues, NOW, OTHER), ["2"]);
  });

  test("a group waits for its first: while it is leased, given back and delayed", async (queues) => {
    await queues.enqueue(QUEUE, of("g", "1", "2"), NOW);
    const [first] = await lease(queues, NOW);
    assert.ok(first);
    await queues.settle([outcome(first, { kind: "again", delayMs: 50 })], NOW + 1);
    assert.deepEqual(await lease(queues, NOW + 50), []);
    assert.equal(await queues.nextVisible(QUEUE), NOW + 51);
    assert.deepEqual(await bodies(queues, NOW + 51), ["1"]);
    assert.deepEqual(await bodies(queues, NOW + 51), ["2"]);
  });

  test("a lease that ran out gives the same message of the group again", async (queues) => {
    await queues.enqueue(QUEUE, of("g", "1", "2"), NOW);
    await lease(queues, NOW);
    const [again, ...more] = await lease(queues, NOW + 100);
    assert.ok(again);
    assert.deepEqual([textOf(again), again.attempts, more], ["1", 2, []]);
  });

  test("the first that is delayed holds those behind it that are not", async (queues) => {
    await queues.enqueue(QUEUE, [message("1", { group: "g", delayMs: 100 })], NOW);
    await queues.enqueue(QUEUE, [message("2", { group: "g" })], NOW);
    await queues.enqueue(QUEUE, [message("3", { group: "g", delayMs: 200 })], NOW);
    assert.deepEqual(await lease(queues, NOW + 99), []);
    assert.equal(await queues.nextVisible(QUEUE), NOW + 100);
    const { visible, delayed } = await queues.depth(QUEUE, NOW + 99);
    assert.deepEqual([visible, delayed], [1, 2], "each counts by its own time");
    assert.deepEqual(await bodies(queues, NOW + 100), ["1"]);
    assert.deepEqual(await bodies(queues, NOW + 100), ["2"]);
    assert.deepEqual(await bodies(queues, NOW + 100), []);
    assert.equal(await queues.nextVisible(QUEUE), NOW + 200);
    assert.deepEqual(await bodies(queues, NOW + 200), ["3"]);
  });

  test("the next of a group has its place by its own time", async (queues) => {
    await queues.enqueue(QUEUE, of("g", "g1", "g2"), NOW);
    await queues.enqueue(QUEUE, [message("x")], NOW + 1);
    assert.deepEqual((await lease(queues, NOW + 1, 1)).map(textOf), ["g1"]);
    assert.deepEqual((await lease(queues, NOW + 50, 1)).map(textOf), ["x"]);
    const [g1] = await lease(queues, NOW + 101, 1);
    assert.ok(g1 && textOf(g1) === "g1");
    await queues.settle([outcome(g1)], NOW + 101);
    assert.deepEqual((await lease(queues, NOW + 150)).map(textOf), ["g2", "x"]);
  });

  test("what is added with a lease is leased only if it is the first of its group", async (queues) => {
    const leased = { group: "g", leaseMs: 100 };
    const [first, second] = await queues.enqueue(
      QUEUE,
      [message("1", leased), message("2", leased)],
      NOW,
    );
    assert.ok(first && second && first.epoch > 0);
    assert.equal(second.epoch, 0);
    assert.deepEqual(await lease(queues, NOW), []);
    await queues.settle([outcome({ queue: QUEUE, ...first })], NOW);
    const [next] = await lease(queues, NOW);
    assert.deepEqual([next?.id, next?.attempts], [second.id, 1]);
  });

  test("what an outcome adds goes behind its group, and the group moves on", async (queues) => {
    await queues.enqueue(QUEUE, of("g", "1", "2"), NOW);
    const [first] = await lease(queues, NOW);
    assert.ok(first);
    const enqueue = of("g", "3").map((added) => ({ queue: QUEUE, message: added }));
    await queues.settle([{ ...outcome(first), enqueue }], NOW);
    assert.deepEqual(await bodies(queues, NOW), ["2"]);
    assert.deepEqual(await bodies(queues, NOW), ["3"]);
  });

  test("a purged group starts anew", async (queues) => {
    await queues.enqueue(QUEUE, of("g", "1", "2"), NOW);
    const [first] = await lease(queues, NOW);
    assert.ok(first);
    await queues.purge(QUEUE);
    await queues.enqueue(QUEUE, of("g", "3", "4"), NOW);
    assert.deepEqual(await queues.settle([outcome(first)], NOW), [false]);
    assert.deepEqual(await bodies(queues, NOW), ["3"]);
    assert.deepEqual(await bodies(queues, NOW), ["4"]);
  });

  test("many callers at once hold one message of a group together", async (queues) => {
    await queues.enqueue(QUEUE, [...of("g", "1", "2", "3"), ...of("h", "1", "2")], NOW);
    const leased = await Promise.all(Array.from({ length: 10 }, () => lease(queues, NOW, 1)));
    assert.deepEqual(
      leased.flat().map(({ group }) => group),
      ["g", "h"],
    );
    const { visible, leased: held } = await queues.depth(QUEUE, NOW);
    assert.deepEqual([visible, held], [3, 2]);
    assert.deepEqual((await queues.lease(QUEUE, { now: NOW, ...LEASE })).length, 0);
  });
}
