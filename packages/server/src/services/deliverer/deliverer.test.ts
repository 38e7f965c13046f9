import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryQueues } from "../../engines/memory/queues.ts";
import { type TargetMessage, Undeliverable } from "../../ports/targets.ts";
import { idle, ManualClock, SCOPE } from "../functions/fixture.ts";
import { createDeliverer, type Delivery, type DeliveryEnd } from "./index.ts";

const QUEUE = "arn:aws:sqs:us-east-1:000000000000:q";
const DLQ = "arn:aws:sqs:us-east-1:000000000000:dlq";
const HTTP = "arn:aws:events:us-east-1:000000000000:api-destination/a/1";

function delivering(take: (message: TargetMessage) => Promise<void>, queues = new MemoryQueues()) {
  const clock = new ManualClock();
  const tried: string[] = [];
  const lost: DeliveryEnd[] = [];
  const failures: unknown[] = [];
  const deliverer = createDeliverer({
    queues,
    clock,
    kind: "things",
    targets: {
      async deliver(message) {
        tried.push(message.target);
        await take(message);
      },
      exists: async () => true,
    },
    isLocal: (arn) => arn.includes(":sqs:"),
    deadLetterAttributes: ({ deadLetter, message }, { code, retries, exhausted }) => ({
      RULE: { type: "String", value: deadLetter?.labels?.["rule"] ?? "" },
      TARGET: { type: "String", value: message.target },
      CODE: { type: "String", value: code },
      RETRIES: { type: "Number", value: String(retries) },
      ...(exhausted ? { WHY: { type: "String", value: exhausted } } : {}),
    }),
    onFailure: (error) => failures.push(error),
    onGivenUp: (_, end) => lost.push(end),
  });
  const deliver = (target: string, rest: Partial<Delivery> = {}, name = "bus/rule/target") =>
    deliverer.deliver(SCOPE, name, {
      message: {
        target,
        body: Buffer.from("transformed"),
        sender: { service: "events.amazonaws.com", arn: "arn:rule" },
      },
      maxAttempts: 3,
      maxAgeMs: 3600_000,
      ...rest,
    });
  const left = async () => (await queues.names("")).length;
  return { queues, clock, tried, lost, failures, deliverer, deliver, left };
}

test("what only costs a commit is tried before the message is kept", async () => {
  const { deliver, tried, left } = delivering(async () => {});
  await deliver(QUEUE);
  assert.deepEqual([tried, await left()], [[QUEUE], 0]);
});

test("what may be slow waits in a queue, also for the next life of the platform", async () => {
  const first = delivering(() => new Promise(() => {}));
  await first.deliver(HTTP);
  assert.equal(await first.left(), 1);
  const closed = first.deliverer.close(0);
  first.clock.advance(0);
  await closed;
  const next = new MemoryQueues();
  const [packed] = await first.queues.lease("000000000000/us-east-1/things/bus/rule/target", {
    now: first.clock.now() + 120_000,
    leaseMs: 1,
    limit: 1,
  });
  assert.ok(packed);
  await next.enqueue(packed.queue, [packed], 0);
  const second = delivering(async (message) => {
    assert.equal(Buffer.from(message.body).toString(), "transformed");
  }, next);
  await second.deliverer.start();
  await idle();
  assert.deepEqual([second.tried, await second.left()], [[HTTP], 0]);
});

test("a failure is tried again, and the dead letter says what happened", async () => {
  const letters: TargetMessage[] = [];
  const { clock, deliver, tried, left } = delivering(async (message) => {
    if (message.target !== DLQ) throw Object.assign(new Error("no"), { code: "THROTTLING" });
    letters.push(message);
  });
  const deadLetter = { target: DLQ, body: Buffer.from("event"), labels: { rule: "arn:rule" } };
  for (const target of [QUEUE, HTTP]) {
    await deliver(target, { deadLetter });
    for (let n = 0; n < 3; n += 1) {
      await idle();
      clock.advance(10_000);
    }
    await idle();
    const [letter] = letters.splice(0);
    assert.equal(Buffer.from(letter?.body ?? []).toString(), "event");
    assert.deepEqual(letter?.attributes, {
      RULE: { type: "String", value: "arn:rule" },
      TARGET: { type: "String", value: target },
      CODE: { type: "String", value: "THROTTLING" },
      RETRIES: { type: "Number", value: "2" },
      WHY: { type: "String", value: "MaximumRetryAttempts" },
    });
    assert.deepEqual(tried.splice(0), [target, target, target, DLQ]);
  }
  assert.equal(await left(), 0);
});

test("what will never be taken is not tried again; without a dead-letter queue it is told of", async () => {
  const { deliver, tried, lost } = delivering(async () => {
    throw new Undeliverable("gone", "RESOURCE_NOT_FOUND");
  });
  await deliver(QUEUE);
  await deliver(HTTP);
  await idle();
  assert.deepEqual(tried, [QUEUE, HTTP]);
  const end = { code: "RESOURCE_NOT_FOUND", message: "gone", retries: 0 };
  assert.deepEqual(lost, [end, end]);
});

test("a message that is too old is not tried again", async () => {
  const { deliver, lost } = delivering(async () => {
    throw new Error("busy");
  });
  await deliver(QUEUE, { maxAttempts: 100, maxAgeMs: 500 });
  assert.deepEqual(lost, [
    {
      code: "INTERNAL_ERROR",
      message: "busy",
      retries: 0,
      exhausted: "MaximumEventAgeInSeconds",
    },
  ]);
});

test("a target that never answers holds up nobody, and is given up in time", async () => {
  let answered = 0;
  const { clock, deliver, lost } = delivering(async ({ target }) => {
    if (target === HTTP) await new Promise(() => {});
    answered += 1;
  });
  for (let n = 0; n < 50; n += 1) await deliver(HTTP, { maxAttempts: 1 });
  await deliver(`${HTTP}/other`, {}, "bus/rule/other");
  await idle();
  assert.equal(answered, 1);
  clock.advance(60_000);
  await idle();
  assert.equal(lost[0]?.message, "The target did not answer in time.");
});
