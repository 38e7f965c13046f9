import assert from "node:assert/strict";
import { createVerify, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { YunqueError } from "../../domain/errors.ts";
import { Undeliverable } from "../../ports/targets.ts";
import { CALLER, queueArn, TopicsFixture } from "./fixture.ts";

const text = (value: string) => ({ type: "String", value });

test("a queue gets what is published, in SNS's envelope", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  const arn = await t.subscribe(topic, "sqs", queueArn("q"));
  const { messageId } = await t.publish(topic, "hello", {
    subject: "s",
    attributes: { a: text("b") },
  });
  const [message] = t.delivered;
  assert.equal(message?.target, queueArn("q"));
  assert.deepEqual(message?.sender, {
    ...{ service: "sns.amazonaws.com", arn: topic, passesTrace: true },
  });
  assert.equal(message?.attributes, undefined);
  const { Signature, SigningCertURL, ...body } = JSON.parse(message?.body ?? "");
  assert.deepEqual(body, {
    Type: "Notification",
    MessageId: messageId,
    TopicArn: topic,
    Subject: "s",
    Message: "hello",
    Timestamp: new Date(t.clock.now()).toISOString(),
    SignatureVersion: "1",
    UnsubscribeURL: `https://yunque.example/?Action=Unsubscribe&SubscriptionArn=${arn}`,
    MessageAttributes: { a: { Type: "String", Value: "b" } },
  });
  assert.ok(Signature.length > 300);
  assert.match(
    SigningCertURL,
    /^https:\/\/yunque\.example\/SimpleNotificationService-\w{32}\.pem$/,
  );
});

for (const [version, algorithm] of [
  ["1", "RSA-SHA1"],
  ["2", "RSA-SHA256"],
] as const)
  test(`a signature of version ${version} is verified by the certificate`, async () => {
    const t = new TopicsFixture();
    const topic = await t.topic("t", { SignatureVersion: version });
    await t.subscribe(topic, "sqs", queueArn("q"));
    await t.publish(topic, "hello");
    const body = JSON.parse(t.delivered[0]?.body ?? "");
    const path = new URL(body.SigningCertURL).pathname;
    const certificate = new X509Certificate((await t.service.certificate(path)) ?? "");
    const verify = createVerify(algorithm);
    for (const name of ["Message", "MessageId", "Timestamp", "TopicArn", "Type"])
      verify.update(`${name}\n${body[name]}\n`);
    assert.ok(verify.verify(certificate.publicKey, body.Signature, "base64"));
    assert.ok(certificate.verify(certificate.publicKey));
    assert.equal(await t.service.certificate("/SimpleNotificationService-x.pem"), undefined);
  });

test("the key outlives the process", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  await t.subscribe(topic, "sqs", queueArn("q"));
  await t.publish(topic, "one");
  const again = new TopicsFixture(t.engine);
  await again.publish(topic, "two");
  const url = ({ body = "" }) => JSON.parse(body).SigningCertURL;
  assert.equal(url(again.delivered[0] ?? {}), url(t.delivered[0] ?? {}));
});

test("raw messages are the text and its attributes, also in dead-letter queues", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  await t.subscribe(topic, "sqs", queueArn("q"), {
    RawMessageDelivery: "true",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn("dead") }),
  });
  const attributes = { a: text("b") };
  await t.publish(topic, "hello", { attributes });
  t.target = async ({ target }) => {
    if (target === queueArn("q")) throw new Undeliverable("gone");
  };
  await t.publish(topic, "again", { attributes });
  assert.deepEqual(
    t.delivered.map(({ target, body, attributes: sent }) => [target, body, sent]),
    [
      [queueArn("q"), "hello", attributes],
      [queueArn("dead"), "again", attributes],
    ],
  );
  assert.equal(t.counts.get("NumberOfNotificationsRedrivenToDlq"), 1);
});

test("each protocol gets its own text", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  const raw = { RawMessageDelivery: "true" };
  await t.subscribe(topic, "sqs", queueArn("q"), raw);
  await t.subscribe(topic, "http", "http://x.example/", raw);
  const message = JSON.stringify({ default: "usual", sqs: "queue", lambda: "function" });
  await t.publish(topic, message, { structure: "json" });
  await t.until(() => t.posted.length === 1);
  assert.equal(t.delivered[0]?.body, "queue");
  assert.equal(Buffer.from(t.posted[0]?.body ?? []).toString(), "usual");
});

test("filters keep messages away, and what is not confirmed gets none", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  await t.subscribe(topic, "sqs", queueArn("q"), { FilterPolicy: '{"kind":["a"]}' });
  const { subscriptions } = t.service;
  const pending = { topicArn: topic, protocol: "http", endpoint: "http://x.example/" };
  await subscriptions.subscribe(CALLER, { ...pending, attributes: {} });
  await t.settle();
  await t.publish(topic, "1", { attributes: { kind: text("a") } });
  await t.publish(topic, "2", { attributes: { kind: text("b") } });
  await t.publish(topic, "3");
  await t.settle();
  assert.equal(t.delivered.length, 1);
  assert.equal(t.posted.length, 1);
  assert.equal(t.counts.get("NumberOfNotificationsFilteredOut"), 2);
});

test("a queue that fails gets its message later, by SNS's policy", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  await t.subscribe(topic, "sqs", queueArn("q"));
  let attempts = 0;
  t.target = async () => {
    attempts += 1;
    if (attempts < 7) throw new Error("busy");
  };
  await t.publish(topic, "hello"); // accepted: the message is kept
  await t.settle();
  assert.equal(attempts, 4); // three retries without delay
  for (const expected of [5, 6, 7]) {
    t.clock.advance(1_000); // two after a second each, then the first of the backoff phase
    await t.settle();
    assert.equal(attempts, expected);
  }
  assert.equal(t.delivered.length, 1);
  assert.deepEqual([t.lost, t.failures], [[], []]);
});

test("what can neither be delivered nor kept was not published", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  await t.subscribe(topic, "sqs", queueArn("q"));
  t.target = async () => {
    throw new Error("busy");
  };
  t.engine.queues.enqueue = async () => {
    throw new Error("full");
  };
  await assert.rejects(t.publish(topic, "hello"), /full/);
});

test("entries of a batch fail for themselves", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  await t.subscribe(topic, "sqs", queueArn("q"));
  const answers = await t.service.publishBatch(CALLER, topic, [
    { id: "a", text: "one", attributes: {} },
    { id: "b", text: "", attributes: {} },
    { id: "c", text: "{}", structure: "json", attributes: {} },
    { id: "d", text: "four", attributes: { n: { type: "Number", value: "x" } } },
  ]);
  assert.deepEqual(
    answers.map((answer) => ("error" in answer ? answer.error.message : answer.id)),
    [
      "a",
      "Invalid parameter: Empty message",
      "Invalid parameter: Message Structure - No default entry in JSON message body",
      "Could not cast message attribute 'n' value to number.",
    ],
  );
  assert.equal(t.delivered.length, 1);
});

test("of a batch that the storage takes in part the rest has failed", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic();
  await t.subscribe(topic, "sqs", queueArn("q"), { RawMessageDelivery: "true" });
  t.target = async ({ body }) => {
    if (Buffer.from(body).toString() === "b") throw new Error("busy");
  };
  t.engine.queues.enqueue = async () => {
    throw new YunqueError("StorageFull", "full");
  };
  const entries = ["a", "b", "c"].map((text) => ({ id: text, text, attributes: {} }));
  const answers = await t.service.publishBatch(CALLER, topic, entries);
  assert.deepEqual(
    answers.map((answer) => ("error" in answer ? answer.error.code : answer.id)),
    ["a", "StorageFull", "c"],
  );
});

test("a topic takes larger messages where it says so", async () => {
  const t = new TopicsFixture();
  const topic = await t.topic("large", { MaximumMessageSize: "1048576" });
  await t.subscribe(topic, "sqs", queueArn("q"), { RawMessageDelivery: "true" });
  await t.publish(topic, "x".repeat(1_048_576));
  await assert.rejects(t.publish(topic, "x".repeat(1_048_577)), /Message too long/);
  assert.equal(t.delivered.length, 1);
  const request = { topicArn: topic, protocol: "http", endpoint: "http://x/", attributes: {} };
  await assert.rejects(
    t.service.subscriptions.subscribe(CALLER, request),
    /can not deliver to http/,
  );
  const usual = await t.topic("usual");
  await assert.rejects(t.publish(usual, "x".repeat(262_145)), /Message too long/);
});
