import assert from "node:assert/strict";
import { test } from "node:test";
import { Undeliverable } from "../../ports/targets.ts";
import { bodyOf, idle, openBuses, QUEUE, SCOPE } from "./fixture.ts";

const DLQ = QUEUE.replace(":q", ":dlq");

test("an event is at its targets when it is acknowledged, and rules are there after a restart", async () => {
  const first = openBuses();
  await first.rule("rule", "shop");
  await first.put({ detail: '{ "n" : 1 , "text" : "a  b" }' });
  assert.equal(first.sent.length, 1);
  assert.match(
    Buffer.from(first.sent[0]?.body ?? []).toString(),
    /"detail":{"n":1,"text":"a {2}b"}}$/,
  );
  const second = first.restart();
  await second.put();
  await second.put({ source: "other" });
  assert.deepEqual(
    second.sent.map((message) => bodyOf(message)["detail"]),
    [{ id: 1 }],
  );
});

test("rules that are off, gone or changed get nothing of what they got before", async () => {
  const { buses, rule, put, sent } = openBuses();
  await rule("rule", "shop");
  await buses.rules.setState(SCOPE, { name: "rule", bus: undefined }, "DISABLED");
  await put();
  await rule("rule", "other");
  await put();
  assert.equal(sent.length, 0);
  await put({ source: "other" });
  assert.equal(sent.length, 1);
  await buses.targets.remove(SCOPE, { name: "rule", bus: undefined }, ["target"]);
  await buses.rules.delete(SCOPE, { name: "rule", bus: undefined });
  await put({ source: "other" });
  assert.equal(sent.length, 1);
});

test("a target that fails is tried as often as it says, and then its dead-letter queue has the event", async () => {
  const { clock, rule, put, sent } = openBuses({
    async take({ target }) {
      if (target === QUEUE) throw Object.assign(new Error("busy"), { code: "THROTTLING" });
    },
  });
  const arn = await rule("rule", "shop", {
    input: '"instead"',
    deadLetter: DLQ,
    maxRetries: 2,
  });
  await put();
  for (let n = 0; n < 4; n += 1) {
    await idle();
    clock.advance(10_000);
  }
  await idle();
  assert.deepEqual(
    sent.map(({ target }) => target),
    [QUEUE, QUEUE, QUEUE, DLQ],
  );
  assert.equal(bodyOf(sent[3])["source"], "shop");
  assert.deepEqual(sent[3]?.attributes, {
    RULE_ARN: { type: "String", value: arn },
    TARGET_ARN: { type: "String", value: QUEUE },
    ERROR_CODE: { type: "String", value: "THROTTLING" },
    ERROR_MESSAGE: { type: "String", value: "busy" },
    RETRY_ATTEMPTS: { type: "Number", value: "2" },
    EXHAUSTED_RETRY_CONDITION: { type: "String", value: "MaximumRetryAttempts" },
  });
});

test("what no queue takes is told of", async () => {
  const { rule, put, lost } = openBuses({
    async take() {
      throw new Undeliverable("gone", "NO_RESOURCE");
    },
  });
  await rule("rule", "shop");
  await put();
  assert.deepEqual(
    lost.map(({ code }) => code),
    ["NO_RESOURCE"],
  );
});

test("targets get what they ask for", async () => {
  const { rule, put, sent } = openBuses();
  await rule("fifo", "shop", { arn: `${QUEUE}.fifo`, messageGroupId: "group" });
  const stream = `arn:aws:kinesis:us-east-1:${SCOPE.account}:stream/s`;
  await rule("stream", "shop", { arn: stream, partitionKeyPath: "$.detail.id" });
  await rule("path", "shop", { inputPath: "$.detail.id" });
  await put({ traceId: "Root=1-a-b" });
  await idle();
  const [fifo, path, other] = sent;
  assert.deepEqual([fifo?.groupId, fifo?.traceId], ["group", "Root=1-a-b"]);
  assert.equal(bodyOf(path), 1);
  assert.equal(other?.partitionKey, "1");
});

test("schedules send events of their own, once for all that was missed", async () => {
  const fixture = openBuses();
  const { buses, clock } = fixture;
  await buses.start();
  const put = (name: string, schedule: string) =>
    buses.rules.put(SCOPE, {
      name,
      bus: undefined,
      pattern: undefined,
      schedule,
      state: undefined,
      description: undefined,
      roleArn: undefined,
      tags: undefined,
    });
  const arn = await put("every", "rate(5 minutes)");
  await buses.targets.put(SCOPE, { name: "every", bus: undefined }, [{ id: "1", arn: QUEUE }]);
  await idle();
  for (let minute = 0; minute < 10; minute += 1) {
    clock.advance(60_000);
    await idle();
  }
  assert.equal(fixture.sent.length, 2);
  const { id: _, ...event } = bodyOf(fixture.sent[0]);
  assert.deepEqual(event, {
    version: "0",
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: SCOPE.account,
    time: "2026-11-22T00:05:00Z",
    region: SCOPE.region,
    resources: [arn],
    detail: {},
  });
  const closing = buses.close(0);
  clock.advance(3600_000);
  await closing;
  const next = fixture.restart();
  await next.buses.start();
  await idle();
  assert.equal(next.sent.length, 1);
  await next.buses.rules.setState(SCOPE, { name: "every", bus: undefined }, "DISABLED");
  clock.advance(3600_000);
  await idle();
  assert.equal(next.sent.length, 1);
});

test("archives forget what is too old", async () => {
  const { buses, clock, put, failures } = openBuses();
  await buses.archives.create(SCOPE, {
    name: "days",
    description: undefined,
    pattern: undefined,
    kmsKey: undefined,
    busArn: `arn:aws:events:us-east-1:${SCOPE.account}:event-bus/default`,
    retentionDays: 2,
  });
  await put();
  clock.advance(3 * 86_400_000);
  await put();
  assert.equal((await buses.archives.describe(SCOPE, "days")).events, 2);
  await buses.start();
  await idle();
  assert.equal((await buses.archives.describe(SCOPE, "days")).events, 1);
  assert.deepEqual(failures, []);
});

test("a destination gets no more requests than it wants", async () => {
  const { buses, clock, rule, put, requests } = openBuses();
  const connection = await buses.connections.create(SCOPE, {
    name: "c",
    description: undefined,
    kmsKey: undefined,
    type: "API_KEY",
    auth: { apiKey: { name: "key", value: "k" } },
  });
  const { arn } = await buses.apiDestinations.create(SCOPE, {
    name: "d",
    description: undefined,
    connectionArn: connection.arn,
    endpoint: "https://example.com/",
    method: "POST",
    ratePerSecond: 1,
  });
  await rule("http", "shop", { arn });
  for (let n = 0; n < 3; n += 1) await put();
  await idle();
  assert.equal(requests.length, 1);
  clock.advance(1000);
  await idle();
  assert.equal(requests.length, 2);
  clock.advance(1000);
  await idle();
  assert.equal(requests.length, 3);
});

test("JSON without a bottom is malformed, not a defect", async () => {
  const { rule, put, buses, failures } = openBuses();
  await rule("rule", "shop");
  const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  assert.deepEqual(await put({ detail: deep }), [
    { code: "MalformedDetail", message: "Detail is malformed." },
  ]);
  assert.throws(() => buses.testPattern('{"a":[1]}', deep), /Parameter Event is not valid/);
  assert.deepEqual(failures, []);
});
