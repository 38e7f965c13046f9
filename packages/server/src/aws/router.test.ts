/** Which service and operation a request is for, and what it hears where there is none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FORM, json, openDoors, signed } from "./doors.fixture.ts";

const doors = openDoors();

test("a signature says service, region and caller", async () => {
  await doors.ask("/2015-03-31/functions/f", { headers: signed("lambda", "ap-south-1") });
  assert.deepEqual(doors.seen?.input, { FunctionName: "f" });
  const { account, region, accessKeyId, service, operation, origin } = doors.seen?.context ?? {};
  assert.deepEqual(
    { account, region, accessKeyId, service, operation, origin },
    {
      account: "000000000000",
      region: "ap-south-1",
      accessKeyId: "AKID",
      service: "lambda",
      operation: "GetFunction",
      origin: doors.origin,
    },
  );
});

test("services that share a signing name are told apart by path and target", async () => {
  await doors.ask("/v2/apis", { headers: signed("apigateway") });
  assert.equal(doors.seen?.context.operation, "GetApis");
  await doors.ask("/restapis", { headers: signed("apigateway") });
  assert.equal(doors.seen?.context.operation, "GetRestApis");
});

test("an unsigned request is told by target, form, path or host, and is S3's otherwise", async () => {
  await doors.ask("/", {
    method: "POST",
    headers: json("DynamoDB_20120810.ListTables"),
    body: "{}",
  });
  assert.equal(doors.seen?.context.operation, "ListTables");
  await doors.ask("/", {
    method: "POST",
    headers: FORM,
    body: "Action=GetCallerIdentity&Version=2011-06-15",
  });
  assert.equal(doors.seen?.context.operation, "GetCallerIdentity");
  await doors.ask("/?Action=GetCallerIdentity&Version=2011-06-15");
  assert.equal(doors.seen?.context.operation, "GetCallerIdentity");
  await doors.ask("/000000000000/q?Action=SendMessage&MessageBody=hi");
  assert.deepEqual(doors.seen?.input, {
    MessageBody: "hi",
    QueueUrl: `${doors.origin}/000000000000/q`,
  });
  await doors.ask("/2015-03-31/functions/f");
  assert.equal(doors.seen?.context.operation, "GetFunction");
  await doors.ask("/bucket/a%20key/x");
  assert.deepEqual(doors.seen?.input, { Bucket: "bucket", Key: "a key/x" });
  assert.equal(doors.seen?.context.region, "us-east-1");
});

test("a service or operation that is not there says so in the caller's protocol", async () => {
  const kms = await doors.ask("/", {
    method: "POST",
    headers: { ...signed("kms"), ...json("TrentService.Encrypt") },
    body: "{}",
  });
  assert.equal(kms.status, 501);
  assert.match(kms.text, /"__type":"NotImplemented","message":"Yunque does not serve kms"/);
  const missing = await doors.ask("/", {
    method: "POST",
    headers: { ...signed("dynamodb"), ...json("DynamoDB_20120810.PutItem") },
    body: "{}",
  });
  assert.equal(missing.status, 501);
  assert.deepEqual(JSON.parse(missing.text), {
    __type: "com.amazonaws.dynamodb.v20120810#NotImplemented",
    message: "Yunque does not implement dynamodb PutItem yet",
  });
  const unknown = await doors.ask("/", {
    method: "POST",
    headers: { ...signed("dynamodb"), ...json("DynamoDB_20120810.Fly") },
    body: "{}",
  });
  assert.equal(unknown.status, 400);
  assert.match(unknown.text, /UnknownOperationException/);
  const action = await doors.ask("/", {
    method: "POST",
    headers: { ...signed("sts"), ...FORM },
    body: "Action=Fly&Version=2011-06-15",
  });
  assert.equal(action.status, 400);
  assert.match(
    action.text,
    /<Code>InvalidAction<\/Code><Message>Could not find operation Fly for version 2011-06-15/,
  );
  const none = await doors.ask("/", {
    method: "POST",
    headers: { ...signed("sts"), ...FORM },
    body: "Version=2011-06-15",
  });
  assert.match(none.text, /<Code>MissingAction<\/Code>/);
  const rest = await doors.ask("/2015-03-31/flights", { headers: signed("lambda") });
  assert.equal(rest.status, 404);
  assert.equal(rest.headers.get("x-amzn-errortype"), "UnknownOperationException");
});

test("a region that is none is refused", async () => {
  const { status, text } = await doors.ask("/2015-03-31/functions/f", {
    headers: signed("lambda", "..%2f.."),
  });
  assert.equal(status, 403);
  assert.match(text, /Credential should be scoped to a valid region/);
  assert.equal(doors.seen, undefined);
});
