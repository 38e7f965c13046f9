import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryQueues } from "../../engines/memory/queues.ts";
import type { Leased } from "../../ports/queues.ts";
import { idle, ManualClock } from "../functions/fixture.ts";
import { Consumer, type ConsumerOptions, type Verdict } from "./index.ts";

const QUEUE = "000000000000/us-east-1/things/q";
const DONE: Verdict = { become: { kind: "done" } };

function consuming(options: Partial<ConsumerOptions> = {}) {
  const queues = new MemoryQueues();
  const clock = new ManualClock();
  const ran: Leased[] = [];
  const failures: unknown[] = [];
  const consumer = new Consumer({
    queues,
    clock,
    kind: "things",
    limits: { running: 100, bytes: 1 << 20, leaseMs: 60_000 },
    capacity: () => 100,
    onFailure: (error) => failures.push(error),
    ...options,
    async run(message) {
      ran.push(message);
      return (await options.run?.(message)) ?? DONE;
    },
  });
  const add = (text = "x", queue = QUEUE) =>
    consumer.add(queue, { body: Buffer.from(text), attributes: "{}" });
  const left = async () => (await queues.names("")).length;
  return { queues, clock, ran, failures, consumer, add, left };
}

test("it runs what its own kind of queues hold, whoever added it", async () => {
  const { queues, ran, consumer, left } = consuming();
  const message = { body: Buffer.from("x"), attributes: "{}" };
  await queues.enqueue(QUEUE, [message, { ...message, delayMs: 5 }], 0);
  await queues.enqueue(QUEUE.replace("things", "others"), [message], 0);
  await consumer.start();
  await idle();
  assert.equal(ran.length, 2);
  assert.equal(await left(), 1);
  await queues.enqueue(QUEUE, [message], 0);
  consumer.wake(QUEUE);
  await idle();
  assert.equal(ran.length, 3);
});

test("a process that stood still for longer than a lease finds its own message, and runs it once", async () => {
  let finish = () => {};
  const run = () => new Promise<Verdict>((resolve) => (finish = () => resolve(DONE)));
  const { queues, clock, ran, consumer, add, left } = consuming({ run });
  await add();
  const { settle } = queues;
  queues.settle = async () => []; // the renewals of that time never came
  clock.advance(61_000);
  consumer.wake(QUEUE);
  await idle();
  queues.settle = settle;
  finish();
  await idle();
  assert.equal(ran.length, 1);
  assert.equal(await left(), 0);
});

test("a defect of ours is told, and the message tried again", async () => {
  let attempts = 0;
  const run = async () => {
    attempts += 1;
    if (attempts === 1) throw new TypeError("a defect");
    return DONE;
  };
  const { clock, failures, add, left } = consuming({ run });
  await add();
  await idle();
  clock.advance(1_000);
  await idle();
  assert.deepEqual([attempts, failures.length, await left()], [2, 1, 0]);
});

test("a queue that cannot be read is asked again", async () => {
  const { queues, clock, ran, consumer, failures } = consuming();
  await queues.enqueue(QUEUE, [{ body: Buffer.from("x"), attributes: "{}" }], 0);
  const { lease } = queues;
  queues.lease = async () => {
    throw new Error("busy");
  };
  consumer.wake(QUEUE);
  await idle();
  assert.equal(failures.length, 1);
  queues.lease = lease;
  clock.advance(1_000);
  await idle();
  assert.equal(ran.length, 1);
});

test("bodies in memory are bounded: what does not fit waits in its queue", async () => {
  const finish: (() => void)[] = [];
  const run = () => new Promise<Verdict>((resolve) => finish.push(() => resolve(DONE)));
  const limits = { running: 100, bytes: 100, leaseMs: 60_000 };
  const { ran, add } = consuming({ run, limits });
  for (let n = 0; n < 5; n += 1) await add("x".repeat(60));
  await idle();
  assert.equal(ran.length, 2);
  for (const end of finish.splice(0)) end();
  await idle();
  assert.equal(ran.length, 4);
});

test("ends of many messages are settled in calls that the queues take", async () => {
  const body = Buffer.alloc(1 << 20);
  const attributes = "{}";
  const enqueue = [1, 2].map(() => ({ queue: `${QUEUE}/told`, message: { body, attributes } }));
  const finish: (() => void)[] = [];
  const run = () =>
    new Promise<Verdict>((resolve) =>
      finish.push(() => resolve({ become: { kind: "done" }, enqueue })),
    );
  const { queues, failures, add, clock } = consuming({ run });
  for (let second = 0; second < 5; second += 1) {
    for (let n = 0; n < 12; n += 1) await add();
    clock.advance(1_000);
    await idle();
  }
  for (const end of finish.splice(0)) end();
  await idle();
  assert.deepEqual(failures, []);
  assert.equal((await queues.depth(`${QUEUE}/told`, clock.now())).visible, 120);
});

test("a message waits for the one of its group before it, however free the queue is", async () => {
  const finish: (() => void)[] = [];
  const run = () => new Promise<Verdict>((resolve) => finish.push(() => resolve(DONE)));
  const { consumer, ran, left } = consuming({ run });
  const add = (text: string) =>
    consumer.add(QUEUE, { body: Buffer.from(text), attributes: "{}", group: "g" });
  await add("1");
  await add("2");
  await idle();
  assert.equal(ran.length, 1);
  finish.shift()?.();
  await idle();
  finish.shift()?.();
  await idle();
  assert.deepEqual(
    ran.map(({ body }) => Buffer.from(body).toString()),
    ["1", "2"],
  );
  assert.equal(await left(), 0);
});

test("after a stop nothing begins, and what is there stays there", async () => {
  const { ran, consumer, add, left } = consuming();
  assert.equal(await consumer.close(1_000), 0);
  await add();
  await idle();
  assert.deepEqual([ran.length, await left()], [0, 1]);
});
