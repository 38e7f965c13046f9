import assert from "node:assert/strict";
import type { Case } from "./port.contract.ts";
import { LEASE, message, NOW, OTHER, QUEUE } from "./queues.fixture.ts";
import type { NewMessage, Outcome, Queues } from "./queues.ts";

/** Registers what queues refuse. */
export function queueRefusals(test: Case<Queues>): void {
  test("what is no queue, message, time or lease is refused, and nothing is done", async (queues) => {
    const big = new Uint8Array(2 << 20);
    const wrong: (Partial<NewMessage> | NewMessage[])[] = [
      { body: new Uint8Array((2 << 20) + 1) },
      { attributes: "x".repeat((64 << 10) + 1) },
      { attributes: "é".repeat((32 << 10) + 1) },
      { attributes: "\0" },
      { attributes: "\ud800" },
      { group: "g".repeat(257) },
      { delayMs: -1 },
      { delayMs: 0.5 },
      { delayMs: 367 * 86_400_000 },
      { leaseMs: -1 },
      { leaseMs: Number.NaN },
      { leaseMs: 1, delayMs: 1 },
      { enqueuedAt: -1 },
      { once: { keys: [], forMs: 1, note: "" } },
      { once: { keys: ["1", "2", "3", "4", "5"], forMs: 1, note: "" } },
      { once: { keys: ["k".repeat(513)], forMs: 1, note: "" } },
      { once: { keys: ["k"], forMs: -1, note: "" } },
      { once: { keys: ["k"], forMs: 1, note: "n".repeat(257) } },
      Array.from({ length: 1001 }, () => message("x")),
      Array.from({ length: 17 }, () => ({ body: big, attributes: "" })),
    ];
    for (const [index, bad] of wrong.entries()) {
      const batch = Array.isArray(bad) ? bad : [message("fine"), { ...message("x"), ...bad }];
      await assert.rejects(queues.enqueue(QUEUE, batch, NOW), RangeError, `${index}`);
    }
    for (const queue of [
      "",
      "a/b",
      "a//b/c",
      "/a/b/c",
      "a/b/c/",
      "a/b/\n",
      "é/b/c",
      `a/b/${"c".repeat(1024)}`,
    ]) {
      await assert.rejects(queues.enqueue(queue, [message("x")], NOW), RangeError, queue);
      await assert.rejects(queues.lease(queue, { now: NOW, ...LEASE }), RangeError, queue);
      for (const call of [queues.purge(queue), queues.nextVisible(queue), queues.depth(queue, NOW)])
        await assert.rejects(call, RangeError, queue);
    }
    await assert.rejects(queues.names("\n"), RangeError);
    for (const now of [-1, 0.5, Number.NaN, Infinity]) {
      await assert.rejects(queues.enqueue(QUEUE, [message("x")], now), RangeError);
      await assert.rejects(queues.depth(QUEUE, now), RangeError);
      await assert.rejects(queues.settle([], now), RangeError);
    }
    for (const options of [
      { limit: 1001 },
      { limit: -1 },
      { leaseMs: -1 },
      { maxBytes: -1 },
      { groupLimit: 0 },
      { groupLimit: 1001 },
      { expireBefore: -1 },
      { now: -1 },
    ])
      await assert.rejects(queues.lease(QUEUE, { now: NOW, ...LEASE, ...options }), RangeError);
    assert.deepEqual(await queues.names(""), []);
  });

  test("outcomes that are none are refused, and nothing of them is done", async (queues) => {
    const [held] = await queues.enqueue(QUEUE, [message("x", { leaseMs: 10 })], NOW);
    const done = {
      queue: QUEUE,
      id: held?.id ?? 0,
      epoch: held?.epoch ?? 0,
      become: { kind: "done" },
    } as const;
    const adds = (added: NewMessage): Outcome => ({
      ...done,
      enqueue: [{ queue: OTHER, message: added }],
    });
    for (const outcomes of [
      [done, { ...done, queue: "x" }],
      [done, { ...done, id: -1 }],
      [done, { ...done, epoch: 1.5 }],
      [done, { ...done, become: { kind: "again", delayMs: -1 } }],
      [done, { ...done, become: { kind: "again", delayMs: 0, attributes: "\0" } }],
      [done, { ...done, become: { kind: "extended", leaseMs: -1 } }],
      [adds(message("x", { leaseMs: 1 }))],
      [adds(message("x", { delayMs: -1 }))],
      [adds(message("x", { once: { keys: ["k"], forMs: 1, note: "" } }))],
      [{ ...done, enqueue: [{ queue: "x", message: message("x") }] }],
      Array.from({ length: 1001 }, () => done),
    ] as Outcome[][])
      await assert.rejects(queues.settle(outcomes, NOW), RangeError);
    assert.deepEqual(await queues.settle([done], NOW), [true]);
    assert.deepEqual(await queues.names(""), []);
  });
}
