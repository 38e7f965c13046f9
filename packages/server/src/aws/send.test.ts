/** Answers on their way: without a body, as streams, and to clients that left. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { json, openDoors, signed } from "./doors.fixture.ts";
import { AwsError } from "./error.ts";

const doors = openDoors();

test("answers to HEAD, and those with status 204, have no body", async () => {
  const head = await doors.ask(
    "/bucket/key",
    { method: "HEAD", headers: signed("s3") },
    { ContentLength: 7, ETag: '"e"' },
  );
  assert.deepEqual([head.status, head.headers.get("content-length"), head.text], [200, "7", ""]);
  const none = await doors.ask(
    "/2017-03-31/tags/arn:aws:lambda:eu-west-1:000000000000:function:f",
    {
      method: "POST",
      headers: signed("lambda"),
      body: '{"Tags":{"a":"b"}}',
    },
  );
  assert.deepEqual([none.status, none.headers.get("content-type"), none.text], [204, null, ""]);
});

test("a streaming answer that breaks cuts the connection, so that nobody takes half for the whole", async () => {
  doors.defects.length = 0;
  async function* broken() {
    yield Buffer.from("half");
    throw new Error("the disk is gone");
  }
  const answer = doors.ask(
    "/bucket/key",
    { headers: signed("s3") },
    { Body: broken(), ContentLength: 8 },
  );
  await assert.rejects(answer, TypeError);
  assert.match(String(doors.defects.splice(0)[0]?.error), /the disk is gone/);
});

test("an event stream ends with the exception that its door throws", async () => {
  async function* events() {
    yield { sessionStart: { requestId: "r" } };
    throw new AwsError("SessionTimeoutException", "too long");
  }
  const { headers, text } = await doors.ask(
    "/",
    {
      method: "POST",
      headers: { ...signed("logs"), ...json("Logs_20140328.StartLiveTail") },
      body: '{"logGroupIdentifiers":["arn"]}',
    },
    { responseStream: events() },
  );
  assert.equal(headers.get("content-type"), "application/vnd.amazon.eventstream");
  assert.match(
    text,
    /initial-response.*sessionStart.*exception-type.*SessionTimeoutException.*\{"message":"too long"\}/s,
  );
});

test("a door learns that its client went away", async () => {
  const left = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  doors.behave = async (_: never, { signal }) => {
    signal.addEventListener("abort", () => left.resolve());
    arrived.resolve();
    await left.promise;
    return {};
  };
  const socket = await doors.connect();
  socket.write(`GET /2015-03-31/functions/f HTTP/1.1\r\nHost: x\r\n\r\n`);
  await arrived.promise;
  socket.destroy();
  await left.promise;
});
