import assert from "node:assert/strict";
import { test } from "node:test";
import { Undeliverable } from "../ports/targets.ts";
import { CALLER, queueArn, TopicsFixture } from "../services/topics/fixture.ts";
import { topicTargets } from "./topics.ts";

const SENDER = { service: "s3.amazonaws.com", arn: "arn:aws:s3:::b" };

test("what other services send is published", async () => {
  const t = new TopicsFixture();
  const targets = topicTargets(t.service);
  const topic = await t.topic();
  await t.subscribe(topic, "sqs", queueArn("q"), { RawMessageDelivery: "true" });
  const attributes = { RULE_ARN: { type: "String", value: "r" } };
  await targets.deliver({
    target: topic,
    body: Buffer.from("häuser"),
    sender: SENDER,
    attributes,
    traceId: "Root=1-0-0",
  });
  const [{ body, attributes: sent, traceId } = { body: "", attributes: {}, traceId: "" }] =
    t.delivered;
  assert.deepEqual([body, sent, traceId], ["häuser", attributes, "Root=1-0-0"]);
  assert.equal(await targets.exists(topic), true);
});

test("what can never be published is undeliverable, what may be later is not", async () => {
  const t = new TopicsFixture();
  const targets = topicTargets(t.service);
  const topic = await t.topic();
  const deliver = (target: string, text = "x") =>
    targets.deliver({ target, body: Buffer.from(text), sender: SENDER });
  for (const target of ["nonsense", `${topic}:x`, `${topic}x`, "arn:aws:sns:us-east-1:1:t"])
    await assert.rejects(deliver(target), Undeliverable, target);
  await assert.rejects(deliver(topic, ""), Undeliverable);
  await assert.rejects(deliver(topic, "x".repeat(262_145)), Undeliverable);
  assert.equal(await targets.exists(`${topic}x`), false);
  assert.equal(await targets.exists("nonsense"), false);
  await t.service.subscriptions.subscribe(CALLER, {
    topicArn: topic,
    protocol: "sqs",
    endpoint: queueArn("q"),
    attributes: {},
  });
  t.target = async () => {
    throw new Error("busy");
  };
  t.engine.queues.enqueue = async () => {
    throw new Error("full");
  };
  await assert.rejects(deliver(topic), (error) => !(error instanceof Undeliverable));
});
