/** From a request to a door's method and back: what arrives, what comes back, and what bad input leads to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FORM, json, openDoors, signed } from "./doors.fixture.ts";
import { AwsError } from "./error.ts";

const doors = openDoors();

test("every answer carries a request id, the one that the door knows", async () => {
  const ok = await doors.ask("/2015-03-31/functions/f", { headers: signed("lambda") });
  assert.equal(ok.headers.get("x-amzn-requestid"), doors.seen?.context.requestId);
  const failed = await doors.ask("/2015-03-31/functions/f!", { headers: signed("lambda") });
  assert.match(failed.headers.get("x-amzn-requestid") ?? "", /^[0-9a-f-]{36}$/);
  const xml = await doors.ask("/", {
    method: "POST",
    headers: { ...signed("sts"), ...FORM },
    body: "Action=GetCallerIdentity",
  });
  assert.ok(xml.text.includes(`<RequestId>${xml.headers.get("x-amzn-requestid")}</RequestId>`));
});

test("what is not JSON, UTF-8 or base64 never reaches a door", async () => {
  const bodies = ["{", '"', "[1]", '{"Limit":"many"}', Buffer.from([0x7b, 0xff, 0x7d])];
  for (const body of bodies) {
    const { status, text } = await doors.ask("/", {
      method: "POST",
      headers: { ...signed("dynamodb"), ...json("DynamoDB_20120810.ListTables") },
      body,
    });
    assert.equal(status, 400);
    assert.match(text, /SerializationException/);
    assert.equal(doors.seen, undefined);
  }
  const zip = await doors.ask("/2015-03-31/functions", {
    method: "POST",
    headers: signed("lambda"),
    body: '{"FunctionName":"f","Role":"arn:aws:iam::000000000000:role/r","Code":{"ZipFile":"*"}}',
  });
  assert.equal(zip.headers.get("x-amzn-errortype"), "SerializationException");
  for (const path of ["/2015-03-31/functions/%ff", "/2015-03-31/functions/f?Qualifier=%zz"]) {
    const bad = await doors.ask(path, { headers: signed("lambda") });
    assert.equal(bad.status, 400);
    assert.equal(bad.headers.get("x-amzn-errortype"), "SerializationException");
  }
  const form = await doors.ask("/", { method: "POST", headers: FORM, body: "Action=%ff" });
  assert.equal(form.status, 400);
  assert.match(form.text, /MalformedInput/);
  const xml = await doors.ask("/2020-05-31/distribution/D/invalidation", {
    method: "POST",
    headers: signed("cloudfront"),
    body: "<a>",
  });
  assert.match(xml.text, /<Code>MalformedXML<\/Code>/);
});

test("constraints are checked before the door is asked", async () => {
  const { status, text } = await doors.ask("/2017-03-31/tags/nonsense", {
    method: "POST",
    headers: signed("lambda"),
    body: "{}",
  });
  assert.equal(status, 400);
  const { message } = JSON.parse(text) as { message: string };
  assert.match(message, /^2 validation errors detected: Value 'nonsense' at 'resource' failed/);
  assert.match(
    message,
    /; Value null at 'tags' failed to satisfy constraint: Member must not be null$/,
  );
  assert.equal(doors.seen, undefined);
});

test("one service speaks as many protocols as its clients do", async () => {
  const query = await doors.ask(
    "/",
    {
      method: "POST",
      headers: { ...signed("monitoring"), ...FORM },
      body: "Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=a",
    },
    { NextToken: "t" },
  );
  assert.deepEqual(doors.seen?.input, { AlarmNames: ["a"] });
  assert.match(
    query.text,
    /<DescribeAlarmsResult><NextToken>t<\/NextToken><\/DescribeAlarmsResult>/,
  );
  const asJson = await doors.ask(
    "/",
    {
      method: "POST",
      headers: { ...signed("monitoring"), ...json("GraniteServiceVersion20100801.DescribeAlarms") },
      body: '{"AlarmNames":["a"]}',
    },
    { NextToken: "t" },
  );
  assert.equal(asJson.text, '{"NextToken":"t"}');
  const cbor = await doors.ask(
    "/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
    {
      method: "POST",
      headers: {
        ...signed("monitoring"),
        "smithy-protocol": "rpc-v2-cbor",
        "content-type": "application/cbor",
      },
      body: Buffer.from("a16a416c61726d4e616d6573816161", "hex"),
    },
    { NextToken: "t" },
  );
  assert.deepEqual(doors.seen?.input, { AlarmNames: ["a"] });
  assert.equal(cbor.headers.get("smithy-protocol"), "rpc-v2-cbor");
});

test("an error of the model has its status, its members, and Lambda's word for whose fault it is", async () => {
  const { status, headers, text } = await doors.ask(
    "/2015-03-31/functions/f",
    { headers: signed("lambda") },
    async () => {
      throw new AwsError("TooManyRequestsException", "Rate Exceeded.", {
        members: { Reason: "CallerRateLimitExceeded" },
      });
    },
  );
  assert.equal(status, 429);
  assert.equal(headers.get("x-amzn-errortype"), "TooManyRequestsException");
  assert.deepEqual(JSON.parse(text), {
    Reason: "CallerRateLimitExceeded",
    Type: "User",
    message: "Rate Exceeded.",
  });
});

test("a defect is an internal error without details, and is reported", async () => {
  doors.defects.length = 0;
  const { status, text } = await doors.ask(
    "/2015-03-31/functions/f",
    { headers: signed("lambda") },
    async () => {
      throw new TypeError("the secret is 42");
    },
  );
  assert.equal(status, 500);
  assert.match(text, /"Type":"Server"/);
  assert.doesNotMatch(text, /42/);
  const [defect] = doors.defects.splice(0);
  assert.match(String(defect?.error), /the secret is 42/);
  assert.deepEqual([defect?.where.service, defect?.where.operation], ["lambda", "GetFunction"]);
});

test("a door may set a status and headers of its own", async () => {
  const { status, headers } = await doors.ask(
    "/2015-03-31/functions/f",
    { headers: signed("lambda") },
    async (_: never, { reply }) => {
      reply.status = 203;
      reply.headers["x-more"] = "é\n漢";
      return {};
    },
  );
  assert.equal(status, 203);
  assert.equal(Buffer.from(headers.get("x-more") ?? "", "latin1").toString("utf8"), "é漢");
});
