import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLER, queueArn, TopicsFixture } from "./fixture.ts";

const UNSIGNED = { ...CALLER, accessKeyId: undefined };
const DAY_MS = 86_400_000;
const HOOK = "http://x.example/";

const pending = async (t: TopicsFixture, topicArn: string, endpoint = HOOK) => {
  const request = { topicArn, protocol: "http", endpoint, attributes: {} };
  const made = await t.service.subscriptions.subscribe(CALLER, request);
  await t.settle();
  return made;
};
const tokenIn = (t: TopicsFixture): string =>
  JSON.parse(Buffer.from(t.posted.at(-1)?.body ?? []).toString()).Token;

test("a token confirms for two days, once or again", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  const { subscriptions } = t.service;
  const { arn } = await pending(t, topic);
  const token = tokenIn(t);
  const confirm = () => subscriptions.confirm(UNSIGNED, topic, token, false);
  t.clock.advance(2 * DAY_MS - 1);
  assert.equal(await confirm(), arn);
  t.clock.advance(DAY_MS);
  assert.equal(await confirm(), arn);
  const shown = await subscriptions.attributes(CALLER, arn);
  assert.equal(shown["ConfirmationWasAuthenticated"], "false");
});

test("who does not confirm in time has not subscribed, and leaves nothing behind", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  const { subscriptions } = t.service;
  const { arn } = await pending(t, topic);
  const token = tokenIn(t);
  t.clock.advance(2 * DAY_MS);
  await assert.rejects(subscriptions.confirm(UNSIGNED, topic, token, false), /Token/);
  await assert.rejects(subscriptions.attributes(CALLER, arn), /Subscription does not exist/);
  assert.deepEqual((await subscriptions.ofTopic(CALLER, topic, undefined)).items, []);
  await t.subscribe(topic, "sqs", queueArn("q")); // sweeps
  const records = await t.engine.records.list("000000000000/us-east-1/topic-subscriptions");
  assert.equal(records.length, 1);
});

test("subscribing again while nobody confirmed sends another token, and the older one is void", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  const { subscriptions } = t.service;
  const first = await pending(t, topic);
  const old = tokenIn(t);
  const second = await pending(t, topic);
  assert.equal(second.arn, first.arn);
  await assert.rejects(subscriptions.confirm(UNSIGNED, topic, old, false), /Token/);
  assert.equal(await subscriptions.confirm(UNSIGNED, topic, tokenIn(t), false), first.arn);
});

test("tokens of other topics, shapes and lengths confirm nothing", async () => {
  const t = new TopicsFixture();
  const [one, other] = [await t.topic("one"), await t.topic("other")];
  await pending(t, one);
  const token = tokenIn(t);
  const { subscriptions } = t.service;
  const confirm = (topic: string, value: string) =>
    subscriptions.confirm(UNSIGNED, topic, value, false);
  await assert.rejects(confirm(other, token), /Token/);
  for (const wrong of ["", "x", token.slice(1), `${token}0`, token.replace(/.$/, "x")])
    await assert.rejects(confirm(one, wrong), /Invalid parameter: Token/);
  const last = token.endsWith("0") ? "1" : "0";
  await assert.rejects(confirm(one, token.slice(0, -1) + last), /Invalid parameter: Token/);
  await assert.rejects(confirm("nonsense", token), /Invalid parameter: Topic/);
});

test("only who signs may guard a subscription, and end a guarded one", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  const { subscriptions } = t.service;
  await pending(t, topic);
  const token = tokenIn(t);
  await assert.rejects(subscriptions.confirm(UNSIGNED, topic, token, true), /signed/);
  const arn = await subscriptions.confirm(CALLER, topic, token, true);
  await assert.rejects(subscriptions.unsubscribe(UNSIGNED, arn), /not authorized/);
  await subscriptions.unsubscribe(CALLER, arn);
  await assert.rejects(subscriptions.attributes(CALLER, arn), /does not exist/);
});

test("an ended subscription is restored with its attributes for two days", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  const { subscriptions } = t.service;
  const arn = await t.subscribe(topic, "http", HOOK, { RawMessageDelivery: "true" });
  await subscriptions.unsubscribe(UNSIGNED, arn);
  await t.settle();
  const token = tokenIn(t);
  assert.equal(await subscriptions.confirm(UNSIGNED, topic, token, false), arn);
  assert.equal((await subscriptions.attributes(CALLER, arn))["RawMessageDelivery"], "true");
  assert.equal((await t.service.topics.attributes(CALLER, topic))["SubscriptionsDeleted"], "0");
});

test("subscriptions go with their topic, and do not come back with its name", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  const arn = await t.subscribe(topic, "sqs", queueArn("q"));
  await t.service.topics.delete(CALLER, topic);
  assert.equal(await t.topic(), topic);
  await assert.rejects(t.service.subscriptions.attributes(CALLER, arn), /does not exist/);
  await t.publish(topic, "hello");
  assert.equal(t.delivered.length, 0);
});

test("changes of one topic at the same time all take effect", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  await Promise.all(
    Array.from({ length: 15 }, (_, index) => t.subscribe(topic, "sqs", queueArn(`q${index}`))),
  );
  await t.publish(topic, "hello");
  assert.equal(t.delivered.length, 15);
});

test("a hundred subscriptions of a FIFO topic and two hundred filters of a topic are the most", async () => {
  const t = new TopicsFixture();
  const fifo = await t.fifo();
  for (let index = 0; index < 100; index += 1)
    await t.subscribe(fifo, "sqs", queueArn(`q${index}.fifo`));
  await assert.rejects(t.subscribe(fifo, "sqs", queueArn("more.fifo")), {
    code: "TooManySubscriptions",
  });
  const topic = await t.topic();
  const FilterPolicy = '{"a":["b"]}';
  for (let index = 0; index < 200; index += 1)
    await t.subscribe(topic, "sqs", queueArn(`q${index}`), { FilterPolicy });
  await assert.rejects(t.subscribe(topic, "sqs", queueArn("more"), { FilterPolicy }), {
    code: "TooManyFilterPolicies",
  });
  const plain = await t.subscribe(topic, "sqs", queueArn("plain"));
  await assert.rejects(
    t.service.subscriptions.setAttribute(CALLER, plain, "FilterPolicy", FilterPolicy),
    { code: "TooManyFilterPolicies" },
  );
});

test("one region's topics and subscriptions are nobody else's", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  const arn = await t.subscribe(topic, "sqs", queueArn("q"));
  const elsewhere = { ...CALLER, region: "eu-west-1" };
  const { topics, subscriptions } = t.service;
  await assert.rejects(topics.attributes(elsewhere, topic), /Invalid parameter: TopicArn/);
  await assert.rejects(subscriptions.unsubscribe(elsewhere, arn), /SubscriptionArn/);
  assert.deepEqual((await topics.list(elsewhere, undefined)).items, []);
  const stranger = { ...CALLER, account: "999999999999" };
  await assert.rejects(topics.attributes(stranger, topic), /Topic does not exist/);
});
