/** What strangers may send to EventBridge: requests that no SDK makes, and patterns, events and templates that want to hurt. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openTarget, type Target } from "./bad-input.ts";

const call = async (target: Target, operation: string, input: unknown) => {
  const { status, body } = await target.raw({
    method: "POST",
    target: "/",
    service: "events",
    headers: [`X-Amz-Target: AWSEvents.${operation}`, "Content-Type: application/x-amz-json-1.1"],
    body: typeof input === "string" ? input : JSON.stringify(input),
  });
  const answer = body === "" ? {} : (JSON.parse(body) as Record<string, unknown>);
  return { status, answer, code: String(answer["__type"] ?? "").replace(/^.*#/, "") };
};

const EVENT = JSON.stringify({
  ...{ id: "1", account: "1", source: "s", time: "t", region: "r", "detail-type": "d" },
  detail: { text: "a".repeat(50_000) },
});

test("EventBridge answers everything that is not right with an error, and stays as it was", async () => {
  await using target = await openTarget();
  for (const body of [
    "",
    "{",
    "[]",
    "null",
    '{"Entries": 1}',
    '{"Entries": []}',
    '{"Entries": [null]}',
  ]) {
    const { status, code } = await call(target, "PutEvents", body);
    assert.equal(status, 400, body);
    assert.match(code, /^(Validation|Serialization)Exception$/, body);
  }
  const refused = async (operation: string, input: object, code: string) => {
    const got = await call(target, operation, input);
    assert.deepEqual([got.status, got.code], [400, code], JSON.stringify(input).slice(0, 200));
  };
  const invalid = "ValidationException";
  const EventPattern = '{"a":[1]}';
  await refused("PutRule", { Name: "../../x", EventPattern }, invalid);
  await refused("PutRule", { Name: "r", EventBusName: "a b", EventPattern }, invalid);
  await refused("PutRule", { Name: "r", State: "ON", EventPattern }, invalid);
  for (const ScheduleExpression of [
    "rate(0 minutes)",
    "rate(1 minutes)",
    "rate(10 minute)",
    "rate(10 seconds)",
    "rate( 10 minutes )",
    " rate(10 minutes)",
    "rate(-10 minutes)",
    "at(2030-01-01T00:00:00)",
    "cron(* * * * * *)",
  ])
    await refused("PutRule", { Name: "r", ScheduleExpression }, invalid);
  await refused("CreateEventBus", { Name: "a/b" }, invalid);
  await refused("CreateEventBus", { Name: "default" }, "ResourceAlreadyExistsException");
  await refused("ListRules", { NextToken: "nonsense" }, invalid);
  await refused("ListTagsForResource", { ResourceARN: "arn:aws:s3:::bucket" }, invalid);
  await refused("PutPermission", { Policy: "{" }, invalid);
  await refused("PutPermission", { Action: "events:PutEvents" }, invalid);
  const auth = { AuthorizationType: "BASIC", AuthParameters: {} };
  await refused("CreateConnection", { Name: "c", ...auth }, invalid);
  const destination = {
    Name: "d",
    HttpMethod: "GET",
    ConnectionArn: "arn:aws:events:us-east-1:000000000000:connection/c/1",
  };
  const missing = "ResourceNotFoundException";
  await refused(
    "CreateApiDestination",
    { ...destination, InvocationEndpoint: "https://a/" },
    missing,
  );

  const pattern = "InvalidEventPatternException";
  for (const bad of [
    "{",
    "{}",
    "[]",
    "1",
    '{"a":1}',
    '{"a":[]}',
    '{"a":[{}]}',
    '{"a":[{"prefix":"x","suffix":"y"}]}',
    '{"a":[{"regex":".*"}]}',
    '{"a":[{"wildcard":"**"}]}',
    '{"a":[{"numeric":[">",1e300]}]}',
    '{"a":[{"cidr":"10.0.0.0/33"}]}',
    '{"a":[{"cidr":"::/999999999999"}]}',
    '{"$or":[{"a":[1]}]}',
    `${'{"a":'.repeat(300)}[1]${"}".repeat(300)}`,
    `{${Array.from({ length: 11 }, (_, n) => `"o${n}":{"$or":[{"a":[1]},{"b":[2]}]}`).join(",")}}`,
  ])
    await refused("TestEventPattern", { EventPattern: bad, Event: EVENT }, pattern);
  await refused("TestEventPattern", { EventPattern, Event: "[".repeat(100_000) }, invalid);

  // What costs a matcher most costs little here.
  for (const wildcard of [`${"*a".repeat(1_000)}b`, `${"a*".repeat(1_000)}b`]) {
    const slow = JSON.stringify({ detail: { text: [{ wildcard }] } });
    const { answer } = await call(target, "TestEventPattern", { EventPattern: slow, Event: EVENT });
    assert.equal(answer["Result"], false);
  }

  const entry = { Source: "s", DetailType: "t" };
  for (const Detail of [
    "[".repeat(200_000),
    `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
    '{"a":1}}',
    "\u0000",
  ]) {
    const { answer } = await call(target, "PutEvents", { Entries: [{ ...entry, Detail }] });
    assert.equal(answer["FailedEntryCount"], 1);
  }
  const odd =
    '{"__proto__": {"x": 1}, "constructor": 1, "a.b": {"c.d": [1]}, "\\u0000": "\\ud800"}';
  const { answer } = await call(target, "PutEvents", { Entries: [{ ...entry, Detail: odd }] });
  assert.equal(answer["FailedEntryCount"], 0);
  await target.unchanged();
});
