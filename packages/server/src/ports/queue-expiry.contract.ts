import assert from "node:assert/strict";
import type { Case } from "./port.contract.ts";
import { bodies, LEASE, message, messages, NOW, outcome, QUEUE, textOf } from "./queues.fixture.ts";
import type { Queues } from "./queues.ts";

/** Registers what is promised of the age of messages, of leases that ran out, and of what is known of a message. */
export function queueExpiry(test: Case<Queues>): void {
  test("messages that were added before a time are removed, wherever they are", async (queues) => {
    await queues.enqueue(QUEUE, [message("leased")], NOW);
    const [held] = await queues.lease(QUEUE, { now: NOW, leaseMs: 1000, limit: 1 });
    await queues.enqueue(
      QUEUE,
      [message("visible"), message("delayed", { delayMs: 500 }), message("g1", { group: "g" })],
      NOW + 1,
    );
    await queues.enqueue(QUEUE, [message("g2", { group: "g" }), message("young")], NOW + 2);
    assert.equal(await queues.expire(QUEUE, NOW), 0);
    assert.equal(await queues.expire(QUEUE, NOW + 2), 4);
    assert.ok(held);
    assert.deepEqual(await queues.settle([outcome(held)], NOW + 2), [false]);
    const { visible, delayed, leased, bytes, oldestEnqueuedAt } = await queues.depth(
      QUEUE,
      NOW + 2,
    );
    assert.deepEqual([visible, delayed, leased, bytes, oldestEnqueuedAt], [2, 0, 0, 7, NOW + 2]);
    assert.deepEqual(await bodies(queues, NOW + 2), ["g2", "young"]);
    assert.deepEqual(await queues.names(""), []);
    assert.equal(await queues.expire(QUEUE, NOW + 10), 0);
  });

  test("one of a group that is removed lets the next one through, or leaves the first where it is", async (queues) => {
    const of = (text: string, enqueuedAt: number) => message(text, { group: "g", enqueuedAt });
    await queues.enqueue(QUEUE, [of("1", NOW), of("2", NOW - 10), of("3", NOW)], NOW);
    assert.equal(await queues.expire(QUEUE, NOW), 1);
    const [first, third] = await queues.lease(QUEUE, { now: NOW, ...LEASE, groupLimit: 10 });
    assert.ok(first && third);
    assert.deepEqual([textOf(first), textOf(third)], ["1", "3"]);
    await queues.enqueue(QUEUE, [of("4", NOW + 5)], NOW + 5);
    assert.equal(await queues.expire(QUEUE, NOW + 1), 2);
    assert.deepEqual(await bodies(queues, NOW + 5), ["4"]);
  });

  test("the oldest go first, 1,000 at a time", async (queues) => {
    const many = Array.from({ length: 600 }, (_, n) => message(`${n}`, { enqueuedAt: NOW - n }));
    await queues.enqueue(QUEUE, many, NOW);
    await queues.enqueue(QUEUE, many, NOW);
    assert.equal(await queues.expire(QUEUE, NOW + 1), 1000);
    assert.equal((await queues.depth(QUEUE, NOW)).oldestEnqueuedAt, NOW - 99);
    assert.equal(await queues.expire(QUEUE, NOW + 1), 200);
  });

  test("a lease hands nothing out that is too old", async (queues) => {
    await queues.enqueue(QUEUE, messages("old", "older"), NOW);
    await queues.enqueue(QUEUE, messages("young"), NOW + 10);
    const lease = (expireBefore: number) =>
      queues.lease(QUEUE, { now: NOW + 10, leaseMs: 100, limit: 1, expireBefore });
    assert.deepEqual((await lease(NOW)).map(textOf), ["old"]);
    assert.deepEqual((await lease(NOW + 10)).map(textOf), ["young"]);
    assert.equal((await queues.depth(QUEUE, NOW + 10)).leased, 1);
  });

  test("what is moved keeps its age", async (queues) => {
    await queues.enqueue(QUEUE, [message("a", { enqueuedAt: NOW - 500 })], NOW);
    assert.equal((await queues.depth(QUEUE, NOW)).oldestEnqueuedAt, NOW - 500);
    const [leased] = await queues.lease(QUEUE, { now: NOW, ...LEASE });
    assert.equal(leased?.enqueuedAt, NOW - 500);
  });

  test("an outcome may ask that its lease has not run out", async (queues) => {
    await queues.enqueue(QUEUE, messages("a"), NOW);
    const [leased] = await queues.lease(QUEUE, { now: NOW, leaseMs: 100, limit: 1 });
    assert.ok(leased);
    const running = (kind: "done" | "extended") =>
      ({
        ...outcome(leased, kind === "done" ? { kind } : { kind, leaseMs: 50 }),
        unlessEnded: true,
      }) as const;
    assert.deepEqual(await queues.settle([running("extended")], NOW + 99), [true]);
    assert.deepEqual(await queues.settle([running("extended")], NOW + 148), [true]);
    assert.deepEqual(await queues.settle([running("done")], NOW + 198), [false]);
    assert.deepEqual(await queues.settle([running("extended")], NOW + 198), [false]);
    assert.equal(await queues.nextVisible(QUEUE), NOW + 198);
    assert.deepEqual(await queues.settle([outcome(leased)], NOW + 199), [true]);
  });

  test("who finds a message learns of its newest lease", async (queues) => {
    const [added] = await queues.enqueue(QUEUE, messages("a"), NOW);
    const { id = 0 } = added ?? {};
    assert.deepEqual(await queues.find(QUEUE, id), { epoch: 0 });
    const [leased] = await queues.lease(QUEUE, { now: NOW, leaseMs: 100, limit: 1 });
    assert.ok(leased);
    const { epoch } = leased;
    assert.deepEqual(await queues.find(QUEUE, id), { epoch, leasedUntil: NOW + 100 });
    await queues.settle([outcome(leased, { kind: "again", delayMs: 5 })], NOW);
    assert.deepEqual(await queues.find(QUEUE, id), { epoch });
    assert.equal(await queues.find(QUEUE, id + 1), undefined);
    assert.equal(await queues.find("000000000000/us-east-1/queue/none", id), undefined);
    await queues.purge(QUEUE);
    assert.equal(await queues.find(QUEUE, id), undefined);
  });
}
