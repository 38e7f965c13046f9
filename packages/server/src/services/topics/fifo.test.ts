import assert from "node:assert/strict";
import { test } from "node:test";
import { Undeliverable } from "../../ports/targets.ts";
import { queueArn, TopicsFixture } from "./fixture.ts";

const QUEUE = queueArn("q.fifo");
const raw = { RawMessageDelivery: "true" };

test("messages of a group arrive in their order, also behind one that failed", async () => {
  const t = new TopicsFixture();
  const topic = await t.fifo();
  await t.subscribe(topic, "sqs", QUEUE, raw);
  let failing = true;
  t.target = async () => {
    if (failing) throw new Error("busy");
  };
  for (const text of ["1", "2", "3"]) await t.publish(topic, text, { groupId: "g" });
  await t.settle();
  failing = false;
  await Promise.all(["4", "5", "6"].map((text) => t.publish(topic, text, { groupId: "g" })));
  await t.publish(topic, "other", { groupId: "h" });
  for (let second = 0; second < 30; second += 1) {
    t.clock.advance(1_000);
    await t.settle();
  }
  const texts = t.delivered.filter(({ groupId }) => groupId === "g").map(({ body }) => body);
  assert.deepEqual(texts, ["1", "2", "3", "4", "5", "6"]);
  await t.publish(topic, "7", { groupId: "g" });
  assert.equal(t.delivered.at(-1)?.body, "7"); // nothing waits any more: at once
});

test("what waits of an earlier life stays in front", async () => {
  const t = new TopicsFixture();
  const topic = await t.fifo();
  await t.subscribe(topic, "sqs", QUEUE, raw);
  t.target = async () => {
    throw new Error("busy");
  };
  await t.publish(topic, "1", { groupId: "g" });
  await t.service.close(0);
  const next = new TopicsFixture(t.engine);
  await next.publish(topic, "2", { groupId: "g" });
  await next.service.start();
  for (let second = 0; second < 5; second += 1) {
    next.clock.advance(1_000);
    await next.settle();
  }
  assert.deepEqual(
    next.delivered.map(({ body }) => body),
    ["1", "2"],
  );
});

test("a message is delivered once within five minutes, and answered alike", async () => {
  const t = new TopicsFixture();
  const topic = await t.fifo();
  await t.subscribe(topic, "sqs", QUEUE, raw);
  const publish = () => t.publish(topic, "same", { groupId: "g" });
  const [first, second] = await Promise.all([publish(), publish()]);
  t.clock.advance(299_000);
  const third = await publish();
  assert.deepEqual([second, third], [first, first]);
  assert.equal(t.delivered.length, 1);
  const restarted = new TopicsFixture(t.engine);
  assert.deepEqual(await restarted.publish(topic, "same", { groupId: "g" }), first);
  t.clock.advance(2_000);
  const fourth = await publish();
  assert.notEqual(fourth.messageId, first.messageId);
  assert.ok(BigInt(fourth.sequenceNumber ?? 0) > BigInt(first.sequenceNumber ?? 0));
  assert.equal(t.delivered.length, 2);
});

test("deduplication is the topic's, or each group's own", async () => {
  for (const [scope, count] of [
    ["Topic", 1],
    ["MessageGroup", 2],
  ] as const) {
    const t = new TopicsFixture();
    const topic = await t.fifo({ FifoThroughputScope: scope });
    await t.subscribe(topic, "sqs", QUEUE, raw);
    for (const groupId of ["g", "h"]) await t.publish(topic, "same", { groupId });
    assert.equal(t.delivered.length, count, scope);
  }
});

test("old deduplication ids are forgotten", async () => {
  const t = new TopicsFixture();
  const topic = await t.fifo();
  for (let minute = 0; minute < 20; minute += 1) {
    await t.publish(topic, `${minute}`, { groupId: "g" });
    await t.settle();
    t.clock.advance(60_000);
  }
  const spaces = await t.engine.records.spaces("");
  const kept = spaces.filter((space) => space.includes("/topic-messages/"));
  assert.ok(kept.length <= 7, `${kept.length} minutes are kept`);
});

test("dead letters keep their group and their deduplication", async () => {
  const t = new TopicsFixture();
  const topic = await t.fifo();
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn("dead.fifo") });
  await t.subscribe(topic, "sqs", QUEUE, { ...raw, RedrivePolicy });
  t.target = async ({ target }) => {
    if (target === QUEUE) throw new Undeliverable("gone");
  };
  await t.publish(topic, "x", { groupId: "g", deduplicationId: "d" });
  const [{ groupId, deduplicationId } = { groupId: "", deduplicationId: "" }] = t.delivered;
  assert.deepEqual([groupId, deduplicationId], ["g", "d"]);
});
