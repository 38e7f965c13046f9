import assert from "node:assert/strict";
import { test } from "node:test";
import { UnreachableAddress } from "../../ports/web.ts";
import { CALLER, queueArn, TopicsFixture } from "./fixture.ts";

const URL = "http://x.example/hook";
const policy = (healthyRetryPolicy: object) => ({
  DeliveryPolicy: JSON.stringify({ healthyRetryPolicy }),
});
const dead = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn("dead") }) };

test("a web server gets a message with SNS's headers", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  const arn = await t.subscribe(topic, "http", URL);
  const { messageId } = await t.publish(topic, "hello");
  await t.until(() => t.posted.length === 1);
  const [{ method, url, headers, timeoutMs } = { method: "", url: "", headers: {}, timeoutMs: 0 }] =
    t.posted;
  assert.deepEqual([method, url, timeoutMs], ["POST", URL, 15_000]);
  assert.deepEqual(headers, {
    "x-amz-sns-message-type": "Notification",
    "x-amz-sns-message-id": messageId,
    "x-amz-sns-topic-arn": topic,
    "x-amz-sns-subscription-arn": arn,
    "User-Agent": "Amazon Simple Notification Service Agent",
    "Accept-Encoding": "gzip,deflate",
    "Content-Type": "text/plain; charset=UTF-8",
  });
});

test("a web server that fails is asked again in the phases of its policy, then its dead-letter queue has it", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  const phases = {
    numRetries: 7,
    numNoDelayRetries: 1,
    numMinDelayRetries: 2,
    numMaxDelayRetries: 1,
    minDelayTarget: 2,
    maxDelayTarget: 10,
    backoffFunction: "linear",
  };
  await t.subscribe(topic, "http", URL, { ...policy(phases), ...dead });
  t.web = async () => 503;
  await t.publish(topic, "hello");
  await t.settle();
  const seen = [t.posted.length];
  for (const seconds of [2, 2, 2, 6, 10, 10]) {
    t.clock.advance(seconds * 1000 - 1);
    await t.settle();
    seen.push(t.posted.length);
    t.clock.advance(1);
    await t.settle();
    seen.push(t.posted.length);
  }
  assert.deepEqual(seen, [2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8]);
  assert.equal(t.delivered.length, 1);
  assert.equal(t.delivered[0]?.target, queueArn("dead"));
  assert.equal(JSON.parse(t.delivered[0]?.body ?? "").Message, "hello");
  assert.deepEqual(t.lost, []);
});

for (const [what, status, attempts] of [
  ["a refusal is for good", 404, 1],
  ["a redirect is for good", 302, 1],
  ["too many requests may pass", 429, 2],
] as const)
  test(what, async () => {
    const t = new TopicsFixture();
    const topic = await t.topic();
    await t.subscribe(topic, "http", URL, policy({ numRetries: 1 }));
    t.web = async () => status;
    await t.publish(topic, "hello");
    await t.settle();
    t.clock.advance(20_000);
    await t.settle();
    assert.equal(t.posted.length, attempts);
    assert.equal(t.lost.length, 1);
  });

test("an address that is forbidden is not tried again", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  await t.subscribe(topic, "http", URL);
  t.web = async () => {
    throw new UnreachableAddress("no");
  };
  await t.publish(topic, "hello");
  await t.settle();
  assert.equal(t.lost.length, 1);
});

test("an endpoint that never answers holds up nobody else, and gets one message at a time later", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  await t.subscribe(topic, "http", "http://silent.example/");
  await t.subscribe(topic, "http", URL);
  const silent: (() => void)[] = [];
  t.web = ({ url }) =>
    url === URL
      ? Promise.resolve(200)
      : new Promise((_, reject) => silent.push(() => reject(new Error("no answer"))));
  for (let n = 0; n < 30; n += 1) await t.publish(topic, `message ${n}`);
  await t.settle();
  assert.equal(t.posted.filter(({ url }) => url === URL).length, 30);
  const first = silent.length;
  assert.ok(first > 0 && first <= 10, `${first} at once`);
  t.clock.advance(1_000); // it is given a few more, as one that is merely slow would be
  await t.settle();
  t.clock.advance(15_000);
  await t.settle();
  for (const fail of silent.splice(0)) fail();
  await t.settle();
  assert.equal(silent.length, 0);
  t.clock.advance(1_000);
  await t.settle();
  assert.equal(silent.length, 1);
});

test("a subscription gets as many messages in a second as it wants", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  await t.subscribe(topic, "http", URL, {
    DeliveryPolicy: '{"throttlePolicy":{"maxReceivesPerSecond":2}}',
  });
  for (let n = 0; n < 12; n += 1) await t.publish(topic, `${n}`);
  const counts: number[] = [];
  for (let half = 0; half < 12; half += 1) {
    await t.settle();
    counts.push(t.posted.length);
    t.clock.advance(500);
  }
  assert.deepEqual(counts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test("who waits for its turn when the platform stops has it in the next life", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  await t.subscribe(topic, "http", URL, {
    DeliveryPolicy: '{"throttlePolicy":{"maxReceivesPerSecond":1}}',
  });
  for (const text of ["1", "2", "3"]) await t.publish(topic, text);
  await t.settle();
  await t.service.close(60_000);
  assert.equal(t.posted.length, 1);
  const next = new TopicsFixture(t.engine);
  next.clock.advance(60_000);
  await next.service.start();
  for (let second = 0; second < 3; second += 1) {
    await next.settle();
    next.clock.advance(1_000);
  }
  assert.equal(next.posted.length, 2);
});

test("what waits is delivered by the next life of the platform", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  await t.subscribe(topic, "http", URL);
  t.web = async () => 500;
  await t.publish(topic, "hello");
  await t.settle();
  await t.service.close(0);
  const next = new TopicsFixture(t.engine);
  next.clock.advance(20_000);
  await next.service.start();
  await next.settle();
  assert.equal(next.posted.length, 1);
});

test("mail says what was published and how to end it, by the mail server's leave", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic("t", { DisplayName: "Shop" });
  const arn = await t.subscribe(topic, "email", "a@x.example");
  await t.subscribe(topic, "email-json", "b@x.example");
  await t.publish(topic, "hello", { subject: "News" });
  await t.until(() => t.mailed.length === 2);
  const [plain, json] = t.mailed.toSorted((a, b) => (a.to < b.to ? -1 : 1));
  assert.deepEqual([plain?.to, plain?.fromName, plain?.subject], ["a@x.example", "Shop", "News"]);
  assert.match(plain?.text ?? "", /^hello\n/);
  assert.ok(plain?.text.includes(`?Action=Unsubscribe&SubscriptionArn=${arn}`));
  assert.equal(JSON.parse(json?.text ?? "").Message, "hello");
  t.mail = async () => {
    throw new Error("greylisted");
  };
  await t.publish(topic, "later");
  await t.settle();
  t.mail = async () => {};
  t.clock.advance(10_000);
  await t.until(() => t.mailed.length === 4);
});

test("an ended subscription gets nothing that waits for it", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  const arn = await t.subscribe(topic, "http", URL);
  t.web = async () => 500;
  await t.publish(topic, "hello");
  await t.settle();
  t.posted.length = 0;
  await t.service.subscriptions.unsubscribe(CALLER, arn);
  await t.settle();
  assert.equal(t.posted[0]?.headers["x-amz-sns-message-type"], "UnsubscribeConfirmation");
  t.clock.advance(20_000);
  await t.settle();
  const types = t.posted.map(({ headers }) => headers["x-amz-sns-message-type"]);
  assert.deepEqual(types, ["UnsubscribeConfirmation", "UnsubscribeConfirmation"]);
});
