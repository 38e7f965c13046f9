import assert from "node:assert/strict";
import { describe } from "node:test";
import { type Case, casesOf, type Subject, withCode } from "./port.contract.ts";
import { queueExpiry } from "./queue-expiry.contract.ts";
import { queueGroupBatches } from "./queue-group-batches.contract.ts";
import { queueGroups } from "./queue-groups.contract.ts";
import { queueLeases } from "./queue-leases.contract.ts";
import { queueOnce } from "./queue-once.contract.ts";
import { queueRandom } from "./queue-random.contract.ts";
import { queueRefusals } from "./queue-refusals.contract.ts";
import {
  bodies,
  ids,
  LEASE,
  message,
  messages,
  NOW,
  OTHER,
  QUEUE,
  textOf,
} from "./queues.fixture.ts";
import type { Outcome, Queues } from "./queues.ts";

/** Registers what every engine's queues must do. */
export function queuesContract(subject: Subject<Queues>): void {
  const test = casesOf(subject);
  describe(`queues of the ${subject.engine} engine`, () => {
    adding(test);
    delaying(test);
    looking(test);
    queueLeases(test);
    queueGroups(test);
    queueGroupBatches(test);
    queueOnce(test);
    queueExpiry(test);
    queueRandom(test);
    queueRefusals(test);
    closing(test);
    if (subject.keeps) keeping(test);
  });
}

type Test = Case<Queues>;

function adding(test: Test): void {
  test("messages come out in the order in which they went in, whole", async (queues) => {
    const body = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);
    const attributes = JSON.stringify({ text: "é\u{1F426}\u2028", n: 1 });
    const [first] = await queues.enqueue(QUEUE, [{ body, attributes }], NOW);
    const [second] = await queues.enqueue(QUEUE, [message("b")], NOW + 5);
    const [one, two, ...more] = await queues.lease(QUEUE, { now: NOW + 10, ...LEASE });
    assert.deepEqual(
      { ...one, body: Buffer.from(one?.body ?? []) },
      {
        queue: QUEUE,
        id: first?.id,
        epoch: one?.epoch,
        body: Buffer.from(body),
        attributes,
        attempts: 1,
        enqueuedAt: NOW,
        firstLeasedAt: NOW + 10,
      },
    );
    assert.deepEqual([two?.id, two?.enqueuedAt], [second?.id, NOW + 5]);
    assert.deepEqual(more, []);
    assert.ok((one?.epoch ?? 0) > 0);
  });

  test("those of one time keep the order of their calls, also when these are made at once", async (queues) => {
    const names = Array.from({ length: 50 }, (_, index) => `${index}`);
    const added = await Promise.all(
      names.map((name) => queues.enqueue(QUEUE, messages(`${name}a`, `${name}b`), NOW)),
    );
    const given = added.flat().map(({ id }) => id);
    assert.deepEqual(
      given,
      given.toSorted((a, b) => a - b),
    );
    assert.deepEqual(
      await bodies(queues, NOW),
      names.flatMap((name) => [`${name}a`, `${name}b`]),
    );
  });

  test("queues do not see each other's messages, also where one's name begins another's", async (queues) => {
    const names = [QUEUE, `${QUEUE}/a`, `${QUEUE}a`, OTHER];
    for (const name of names) await queues.enqueue(name, [message(name)], NOW);
    for (const name of names) assert.deepEqual(await bodies(queues, NOW, name), [name]);
  });

  test("empty bodies and attributes, and the largest, are kept", async (queues) => {
    const largest = new Uint8Array(2 << 20).fill(7);
    const attributes = "é".repeat(32 << 10);
    await queues.enqueue(QUEUE, [{ body: new Uint8Array(), attributes: "" }], NOW);
    await queues.enqueue(QUEUE, [{ body: largest, attributes }], NOW);
    const [empty, large] = await queues.lease(QUEUE, { now: NOW, ...LEASE });
    assert.deepEqual([empty?.body.length, empty?.attributes], [0, ""]);
    assert.ok(Buffer.from(large?.body ?? []).equals(largest));
    assert.equal(large?.attributes, attributes);
  });

  test("a part of a larger buffer is a body, and nobody shares memory with the queue", async (queues) => {
    const whole = Buffer.from("one two three");
    await queues.enqueue(QUEUE, [{ body: whole.subarray(4, 7), attributes: "{}" }], NOW);
    whole.fill(0);
    const [first] = await queues.lease(QUEUE, { now: NOW, leaseMs: 1, limit: 1 });
    assert.equal(String(Buffer.from(first?.body ?? [])), "two");
    first?.body.fill(0);
    assert.deepEqual(await bodies(queues, NOW + 1), ["two"]);
  });

  test("1,000 messages fit in one call; none at all is fine", async (queues) => {
    const many = Array.from({ length: 1000 }, (_, index) => message(`${index}`));
    assert.equal((await queues.enqueue(QUEUE, many, NOW)).length, 1000);
    assert.deepEqual(await queues.enqueue(OTHER, [], NOW), []);
    assert.deepEqual(await queues.settle([], NOW), []);
    assert.deepEqual(await queues.names(""), [QUEUE]);
    assert.equal((await bodies(queues, NOW)).length, 1000);
  });
}

function delaying(test: Test): void {
  test("a delayed message is visible when its time has come, and not a moment before", async (queues) => {
    await queues.enqueue(QUEUE, [message("later", { delayMs: 100 }), message("now")], NOW);
    assert.deepEqual(await bodies(queues, NOW), ["now"]);
    assert.deepEqual(await bodies(queues, NOW + 99), []);
    assert.deepEqual(await bodies(queues, NOW + 100), ["later"]);
  });

  test("who is visible the longest comes first, whenever it was added", async (queues) => {
    await queues.enqueue(QUEUE, [message("d", { delayMs: 30 })], NOW);
    await queues.enqueue(QUEUE, [message("b", { delayMs: 10 })], NOW + 1);
    await queues.enqueue(QUEUE, [message("a")], NOW + 2);
    await queues.enqueue(QUEUE, [message("c", { delayMs: 10 })], NOW + 1);
    await queues.enqueue(QUEUE, [message("e")], NOW + 30);
    assert.deepEqual(await bodies(queues, NOW + 30), ["a", "b", "c", "d", "e"]);
  });

  test("a clock that goes back harms nobody", async (queues) => {
    await queues.enqueue(QUEUE, [message("b")], NOW);
    await queues.enqueue(QUEUE, [message("a")], NOW - 1000);
    assert.deepEqual(await bodies(queues, NOW - 1), ["a"]);
    assert.deepEqual(await bodies(queues, NOW), ["b"]);
  });
}

function looking(test: Test): void {
  test("depth counts by state at that time, and tells the oldest", async (queues) => {
    assert.deepEqual(await queues.depth(QUEUE, NOW), {
      visible: 0,
      delayed: 0,
      leased: 0,
      bytes: 0,
    });
    await queues.enqueue(QUEUE, messages("1", "22", "333"), NOW);
    await queues.enqueue(QUEUE, [message("4444", { delayMs: 100 })], NOW + 1);
    await queues.enqueue(QUEUE, [message("55555", { leaseMs: 50 })], NOW + 2);
    const [first] = await queues.lease(QUEUE, { now: NOW + 2, leaseMs: 200, limit: 1 });
    const common = { bytes: 15, oldestEnqueuedAt: NOW };
    const at = (time: number) => queues.depth(QUEUE, time);
    assert.deepEqual(await at(NOW + 2), { visible: 2, delayed: 1, leased: 2, ...common });
    assert.deepEqual(await at(NOW + 52), { visible: 3, delayed: 1, leased: 1, ...common });
    assert.deepEqual(await at(NOW + 101), { visible: 4, delayed: 0, leased: 1, ...common });
    assert.deepEqual(await at(NOW + 300), { visible: 5, delayed: 0, leased: 0, ...common });
    assert.deepEqual(await at(NOW + 2), { visible: 2, delayed: 1, leased: 2, ...common });
    const { id = 0, epoch = 0 } = first ?? {};
    await queues.settle(
      [{ queue: QUEUE, id, epoch, become: { kind: "again", delayMs: 1000 } }],
      NOW + 3,
    );
    assert.deepEqual(await at(NOW + 3), { visible: 2, delayed: 2, leased: 1, ...common });
    assert.deepEqual((await queues.depth(OTHER, NOW)).visible, 0);
  });

  test("the oldest is the one that was added first of those that are left", async (queues) => {
    await queues.enqueue(QUEUE, [message("a", { delayMs: 500 })], NOW);
    await queues.enqueue(QUEUE, [message("b")], NOW + 1);
    assert.equal((await queues.depth(QUEUE, NOW + 1)).oldestEnqueuedAt, NOW);
    const [a] = await queues.enqueue(OTHER, [message("a", { leaseMs: 10 })], NOW);
    await queues.enqueue(OTHER, [message("b")], NOW + 1);
    const { id = 0, epoch = 0 } = a ?? {};
    await queues.settle([{ queue: OTHER, id, epoch, become: { kind: "done" } }], NOW + 2);
    assert.equal((await queues.depth(OTHER, NOW + 2)).oldestEnqueuedAt, NOW + 1);
  });

  test("nextVisible tells of the next message or the end of the next lease", async (queues) => {
    assert.equal(await queues.nextVisible(QUEUE), undefined);
    await queues.enqueue(QUEUE, [message("a", { delayMs: 500 })], NOW);
    assert.equal(await queues.nextVisible(QUEUE), NOW + 500);
    await queues.enqueue(QUEUE, [message("b", { leaseMs: 300 })], NOW);
    assert.equal(await queues.nextVisible(QUEUE), NOW + 300);
    await queues.enqueue(QUEUE, [message("c")], NOW);
    assert.equal(await queues.nextVisible(QUEUE), NOW);
  });

  test("names are those of queues that hold a message, sorted", async (queues) => {
    const names = ["b", "a/1", "a", "a-", "Z"].map((name) => `000000000000/us-east-1/${name}`);
    for (const name of names) await queues.enqueue(name, [message("x")], NOW);
    assert.deepEqual(await queues.names(""), names.toSorted());
    assert.deepEqual(await queues.names("000000000000/us-east-1/a"), [
      "000000000000/us-east-1/a",
      "000000000000/us-east-1/a-",
      "000000000000/us-east-1/a/1",
    ]);
    assert.deepEqual(await queues.names("1"), []);
    await queues.purge("000000000000/us-east-1/a");
    const [leased] = await queues.lease("000000000000/us-east-1/a-", { now: NOW, ...LEASE });
    const { queue = "", id = 0, epoch = 0 } = leased ?? {};
    await queues.settle([{ queue, id, epoch, become: { kind: "done" } }], NOW);
    assert.deepEqual(await queues.names("000000000000/us-east-1/a"), [
      "000000000000/us-east-1/a/1",
    ]);
  });

  test("purge removes all of a queue, leased and delayed ones too, and no other's", async (queues) => {
    await queues.enqueue(QUEUE, messages("a", "b"), NOW);
    await queues.enqueue(QUEUE, [message("c", { delayMs: 5 }), message("d", { group: "g" })], NOW);
    await queues.enqueue(QUEUE, [message("e", { group: "g" })], NOW);
    const [held] = await queues.enqueue(QUEUE, [message("f", { leaseMs: 5 })], NOW);
    await queues.enqueue(OTHER, [message("x")], NOW);
    assert.equal(await queues.purge(QUEUE), 6);
    assert.equal(await queues.purge(QUEUE), 0);
    assert.deepEqual(await bodies(queues, NOW + 10), []);
    const { id = 0, epoch = 0 } = held ?? {};
    const done: Outcome = { queue: QUEUE, id, epoch, become: { kind: "done" } };
    assert.deepEqual(await queues.settle([done], NOW), [false]);
    await queues.enqueue(QUEUE, messages("new", "newer"), NOW);
    assert.deepEqual(await queues.settle([done], NOW), [false]);
    const { visible, bytes } = await queues.depth(QUEUE, NOW);
    assert.deepEqual([visible, bytes], [2, 8]);
    assert.deepEqual(await bodies(queues, NOW + 10), ["new", "newer"]);
    assert.deepEqual(await bodies(queues, NOW, OTHER), ["x"]);
  });
}

function closing(test: Test): void {
  test("close finishes what is under way, and refuses what comes later", async (queues) => {
    const added = queues.enqueue(QUEUE, [message("a")], NOW);
    await Promise.all([queues.close(), queues.close()]);
    assert.equal((await added).length, 1);
    const closed = withCode("StorageClosed");
    for (const call of [
      queues.enqueue(QUEUE, [message("b")], NOW),
      queues.lease(QUEUE, { now: NOW, ...LEASE }),
      queues.settle([], NOW),
      queues.depth(QUEUE, NOW),
      queues.names(""),
      queues.purge(QUEUE),
      queues.expire(QUEUE, NOW),
      queues.find(QUEUE, 1),
      queues.nextVisible(QUEUE),
    ])
      await assert.rejects(call, closed);
  });
}

function keeping(test: Test): void {
  test("messages are there after opening again; their leases have run out, their attempts count", async (queues, reopen) => {
    await queues.enqueue(QUEUE, messages("a", "b", "c"), NOW);
    await queues.enqueue(QUEUE, [message("d", { delayMs: 1000 })], NOW);
    const [a, b] = await queues.lease(QUEUE, { now: NOW, leaseMs: 1_000_000, limit: 2 });
    await queues.settle(
      [{ queue: QUEUE, id: b?.id ?? 0, epoch: b?.epoch ?? 0, become: { kind: "done" } }],
      NOW,
    );
    const again = await reopen();
    const { visible, delayed, leased, bytes } = await again.depth(QUEUE, NOW);
    assert.deepEqual([visible, delayed, leased, bytes], [2, 1, 0, 3]);
    const [first, second, ...rest] = await again.lease(QUEUE, {
      now: NOW,
      leaseMs: 5000,
      limit: 9,
    });
    assert.deepEqual([first?.id, first?.attempts, second?.attempts], [a?.id, 2, 1]);
    assert.ok((first?.epoch ?? 0) > (a?.epoch ?? 0));
    assert.deepEqual(rest, []);
    assert.deepEqual(await bodies(again, NOW + 1000), ["d"]);
  });

  test("an id is never given twice, also after its message is gone and the queue opened again", async (queues, reopen) => {
    const given = await ids(queues.enqueue(QUEUE, messages("a", "b"), NOW));
    await queues.purge(QUEUE);
    const again = await reopen();
    given.push(...(await ids(again.enqueue(QUEUE, messages("a", "b"), NOW))));
    assert.deepEqual(
      given,
      [...new Set(given)].sort((a, b) => a - b),
    );
  });

  test("what is added once is remembered after opening again, also where the queue is empty", async (queues, reopen) => {
    const once = { keys: ["k"], forMs: 1000, note: "first" };
    const [first] = await queues.enqueue(QUEUE, [message("a", { once })], NOW);
    assert.deepEqual(await bodies(queues, NOW), ["a"]);
    const again = await reopen();
    const [second] = await again.enqueue(QUEUE, [message("a", { once })], NOW + 999);
    assert.deepEqual(second, { id: first?.id, epoch: 0, duplicate: "first" });
    assert.deepEqual(await bodies(again, NOW + 999), []);
  });

  test("several of a group that were leased together come again together and in order", async (queues, reopen) => {
    await queues.enqueue(
      QUEUE,
      ["1", "2", "3"].map((n) => message(n, { group: "g" })),
      NOW,
    );
    const options = { now: NOW, leaseMs: 1_000_000, limit: 2, groupLimit: 10 };
    const [one] = await queues.lease(QUEUE, options);
    const again = await reopen();
    const leased = await again.lease(QUEUE, { ...options, limit: 10 });
    assert.deepEqual(
      leased.map((found) => [textOf(found), found.attempts, found.firstLeasedAt]),
      [
        ["1", 2, NOW],
        ["2", 2, NOW],
        ["3", 1, NOW],
      ],
    );
    const { id = 0, epoch = 0 } = one ?? {};
    assert.deepEqual(
      await again.settle([{ queue: QUEUE, id, epoch, become: { kind: "done" } }], NOW),
      [false],
    );
  });

  test("the order of groups outlives opening again", async (queues, reopen) => {
    const of = (group: string, ...names: string[]) => names.map((name) => message(name, { group }));
    await queues.enqueue(QUEUE, [...of("g", "g1", "g2"), ...of("h", "h1", "h2")], NOW);
    await queues.lease(QUEUE, { now: NOW, leaseMs: 1_000_000, limit: 1 });
    const again = await reopen();
    assert.deepEqual(await bodies(again, NOW), ["g1", "h1"]);
    assert.deepEqual(await bodies(again, NOW), ["g2", "h2"]);
  });
}
