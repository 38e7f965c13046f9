/** The wire as a whole, on a real socket: what arrives at a door, what comes back, and what bad input leads to. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { crc32, gzipSync } from "node:zlib";
import { startWire, type Wire } from "../../../../tests/protocol/wire.ts";
import type { Doors } from "./api/index.ts";
import type { AwsContext } from "./context.ts";
import { AwsError } from "./error.ts";

let wire: Wire;
/** What the doors saw last. */
let seen: { input: unknown; context: AwsContext } | undefined;
let behave: (input: never, context: AwsContext) => Promise<object> = async () => ({});

before(async () => {
  const method = async (input: object, context: AwsContext) => {
    seen = { input, context };
    return behave(input as never, context);
  };
  const doors: Doors = {
    lambda: {
      Invoke: method,
      CreateFunction: method,
      GetFunction: method,
      TagResource: method as never,
    },
    s3: { PutObject: method, GetObject: method, HeadObject: method, DeleteObjects: method },
    dynamodb: { ListTables: method },
    sqs: { SendMessage: method, GetQueueUrl: method as never },
    sts: { GetCallerIdentity: method, AssumeRoleWithWebIdentity: method },
    cloudwatch: { PutMetricData: method as never, DescribeAlarms: method },
    cloudfront: { CreateInvalidation: method as never },
    apigatewayv2: { GetApis: method },
    apigateway: { GetRestApis: method },
    logs: { StartLiveTail: method },
  };
  wire = await startWire(doors);
});

after(() => wire.close());

/** Sends a request; the door answers `answer` or does what it says. */
async function ask(
  path: string,
  init: RequestInit & { readonly duplex?: "half" } = {},
  answer: object | ((input: never, context: AwsContext) => Promise<object>) = {},
) {
  seen = undefined;
  behave = typeof answer === "function" ? (answer as typeof behave) : async () => answer;
  const response = await fetch(wire.origin + path, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const signed = (service: string, region = "eu-west-1") => ({
  authorization: `AWS4-HMAC-SHA256 Credential=AKID/20261122/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});
const json = (target: string) => ({
  "content-type": "application/x-amz-json-1.0",
  "x-amz-target": target,
});
const FORM = { "content-type": "application/x-www-form-urlencoded" };

test("a signature says service, region and caller", async () => {
  await ask("/2015-03-31/functions/f", { headers: signed("lambda", "ap-south-1") });
  assert.deepEqual(seen?.input, { FunctionName: "f" });
  const { account, region, accessKeyId, service, operation, origin } = seen?.context ?? {};
  assert.deepEqual(
    { account, region, accessKeyId, service, operation, origin },
    {
      account: "000000000000",
      region: "ap-south-1",
      accessKeyId: "AKID",
      service: "lambda",
      operation: "GetFunction",
      origin: wire.origin,
    },
  );
});

test("services that share a signing name are told apart by path and target", async () => {
  await ask("/v2/apis", { headers: signed("apigateway") });
  assert.equal(seen?.context.operation, "GetApis");
  await ask("/restapis", { headers: signed("apigateway") });
  assert.equal(seen?.context.operation, "GetRestApis");
});

test("an unsigned request is told by target, form, path or host, and is S3's otherwise", async () => {
  await ask("/", { method: "POST", headers: json("DynamoDB_20120810.ListTables"), body: "{}" });
  assert.equal(seen?.context.operation, "ListTables");
  await ask("/", {
    method: "POST",
    headers: FORM,
    body: "Action=GetCallerIdentity&Version=2011-06-15",
  });
  assert.equal(seen?.context.operation, "GetCallerIdentity");
  await ask("/?Action=GetCallerIdentity&Version=2011-06-15");
  assert.equal(seen?.context.operation, "GetCallerIdentity");
  await ask("/000000000000/q?Action=SendMessage&MessageBody=hi");
  assert.deepEqual(seen?.input, { MessageBody: "hi", QueueUrl: `${wire.origin}/000000000000/q` });
  await ask("/2015-03-31/functions/f");
  assert.equal(seen?.context.operation, "GetFunction");
  await ask("/bucket/a%20key/x");
  assert.deepEqual(seen?.input, { Bucket: "bucket", Key: "a key/x" });
  assert.equal(seen?.context.region, "us-east-1");
});

test("a service or operation that is not there says so in the caller's protocol", async () => {
  const kms = await ask("/", {
    method: "POST",
    headers: { ...signed("kms"), ...json("TrentService.Encrypt") },
    body: "{}",
  });
  assert.equal(kms.status, 501);
  assert.match(kms.text, /"__type":"NotImplemented","message":"Yunque does not serve kms"/);
  const missing = await ask("/", {
    method: "POST",
    headers: { ...signed("dynamodb"), ...json("DynamoDB_20120810.PutItem") },
    body: "{}",
  });
  assert.equal(missing.status, 501);
  assert.deepEqual(JSON.parse(missing.text), {
    __type: "com.amazonaws.dynamodb.v20120810#NotImplemented",
    message: "Yunque does not implement dynamodb PutItem yet",
  });
  const unknown = await ask("/", {
    method: "POST",
    headers: { ...signed("dynamodb"), ...json("DynamoDB_20120810.Fly") },
    body: "{}",
  });
  assert.equal(unknown.status, 400);
  assert.match(unknown.text, /UnknownOperationException/);
  const action = await ask("/", {
    method: "POST",
    headers: { ...signed("sts"), ...FORM },
    body: "Action=Fly&Version=2011-06-15",
  });
  assert.equal(action.status, 400);
  assert.match(
    action.text,
    /<Code>InvalidAction<\/Code><Message>Could not find operation Fly for version 2011-06-15/,
  );
  const none = await ask("/", {
    method: "POST",
    headers: { ...signed("sts"), ...FORM },
    body: "Version=2011-06-15",
  });
  assert.match(none.text, /<Code>MissingAction<\/Code>/);
  const rest = await ask("/2015-03-31/flights", { headers: signed("lambda") });
  assert.equal(rest.status, 404);
  assert.equal(rest.headers.get("x-amzn-errortype"), "UnknownOperationException");
});

test("every answer carries a request id, the one that the door knows", async () => {
  const ok = await ask("/2015-03-31/functions/f", { headers: signed("lambda") });
  assert.equal(ok.headers.get("x-amzn-requestid"), seen?.context.requestId);
  const failed = await ask("/2015-03-31/functions/f!", { headers: signed("lambda") });
  assert.match(failed.headers.get("x-amzn-requestid") ?? "", /^[0-9a-f-]{36}$/);
  const xml = await ask("/", {
    method: "POST",
    headers: { ...signed("sts"), ...FORM },
    body: "Action=GetCallerIdentity",
  });
  assert.ok(xml.text.includes(`<RequestId>${xml.headers.get("x-amzn-requestid")}</RequestId>`));
});

test("what is not JSON, UTF-8 or base64 never reaches a door", async () => {
  const bodies = ["{", '"', "[1]", '{"Limit":"many"}', Buffer.from([0x7b, 0xff, 0x7d])];
  for (const body of bodies) {
    const { status, text } = await ask("/", {
      method: "POST",
      headers: { ...signed("dynamodb"), ...json("DynamoDB_20120810.ListTables") },
      body,
    });
    assert.equal(status, 400);
    assert.match(text, /SerializationException/);
    assert.equal(seen, undefined);
  }
  const zip = await ask("/2015-03-31/functions", {
    method: "POST",
    headers: signed("lambda"),
    body: '{"FunctionName":"f","Role":"arn:aws:iam::000000000000:role/r","Code":{"ZipFile":"*"}}',
  });
  assert.equal(zip.headers.get("x-amzn-errortype"), "SerializationException");
  for (const path of ["/2015-03-31/functions/%ff", "/2015-03-31/functions/f?Qualifier=%zz"]) {
    const bad = await ask(path, { headers: signed("lambda") });
    assert.equal(bad.status, 400);
    assert.equal(bad.headers.get("x-amzn-errortype"), "SerializationException");
  }
  const form = await ask("/", { method: "POST", headers: FORM, body: "Action=%ff" });
  assert.equal(form.status, 400);
  assert.match(form.text, /MalformedInput/);
  const xml = await ask("/2020-05-31/distribution/D/invalidation", {
    method: "POST",
    headers: signed("cloudfront"),
    body: "<a>",
  });
  assert.match(xml.text, /<Code>MalformedXML<\/Code>/);
});

test("constraints are checked before the door is asked", async () => {
  const { status, text } = await ask("/2017-03-31/tags/nonsense", {
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
  assert.equal(seen, undefined);
});

test("an error of the model has its status, its members, and Lambda's word for whose fault it is", async () => {
  const { status, headers, text } = await ask(
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
  wire.defects.length = 0;
  const { status, text } = await ask(
    "/2015-03-31/functions/f",
    { headers: signed("lambda") },
    async () => {
      throw new TypeError("the secret is 42");
    },
  );
  assert.equal(status, 500);
  assert.match(text, /"Type":"Server"/);
  assert.doesNotMatch(text, /42/);
  const [defect] = wire.defects.splice(0);
  assert.match(String(defect?.error), /the secret is 42/);
  assert.deepEqual([defect?.where.service, defect?.where.operation], ["lambda", "GetFunction"]);
});

test("a door may set a status and headers of its own", async () => {
  const { status, headers } = await ask(
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

test("answers to HEAD, and those with status 204, have no body", async () => {
  const head = await ask(
    "/bucket/key",
    { method: "HEAD", headers: signed("s3") },
    { ContentLength: 7, ETag: '"e"' },
  );
  assert.deepEqual([head.status, head.headers.get("content-length"), head.text], [200, "7", ""]);
  const none = await ask("/2017-03-31/tags/arn:aws:lambda:eu-west-1:000000000000:function:f", {
    method: "POST",
    headers: signed("lambda"),
    body: '{"Tags":{"a":"b"}}',
  });
  assert.deepEqual([none.status, none.headers.get("content-type"), none.text], [204, null, ""]);
});

test("a body past its operation's limit is refused in AWS's words, whether or not it says its length", async () => {
  const url = "/2015-03-31/functions/f/invocations";
  const large = Buffer.alloc(7_000_000);
  const chunked = new ReadableStream({
    start(controller) {
      controller.enqueue(large);
      controller.close();
    },
  });
  for (const body of [large, chunked]) {
    const { status, headers, text } = await ask(url, {
      method: "POST",
      headers: signed("lambda"),
      body,
      duplex: "half",
    });
    assert.equal(status, 413);
    assert.equal(headers.get("x-amzn-errortype"), "RequestEntityTooLargeException");
    assert.match(
      text,
      /Request must be smaller than 6291456 bytes for the InvokeFunction operation/,
    );
    assert.equal(seen, undefined);
  }
});

test("compressed bodies are read, but not past the limit", async () => {
  const metrics = {
    ...signed("monitoring"),
    ...json("GraniteServiceVersion20100801.PutMetricData"),
    "content-encoding": "gzip",
  };
  const ok = await ask("/", {
    method: "POST",
    headers: metrics,
    body: gzipSync('{"Namespace":"n"}'),
  });
  assert.equal(ok.status, 200);
  assert.deepEqual(seen?.input, { Namespace: "n" });
  const bomb = await ask("/", {
    method: "POST",
    headers: metrics,
    body: gzipSync(Buffer.alloc(100_000_000, " ")),
  });
  assert.equal(bomb.status, 413);
  const broken = await ask("/", { method: "POST", headers: metrics, body: "no gzip" });
  assert.match(broken.text, /SerializationException/);
});

test("one service speaks as many protocols as its clients do", async () => {
  const query = await ask(
    "/",
    {
      method: "POST",
      headers: { ...signed("monitoring"), ...FORM },
      body: "Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=a",
    },
    { NextToken: "t" },
  );
  assert.deepEqual(seen?.input, { AlarmNames: ["a"] });
  assert.match(
    query.text,
    /<DescribeAlarmsResult><NextToken>t<\/NextToken><\/DescribeAlarmsResult>/,
  );
  const asJson = await ask(
    "/",
    {
      method: "POST",
      headers: { ...signed("monitoring"), ...json("GraniteServiceVersion20100801.DescribeAlarms") },
      body: '{"AlarmNames":["a"]}',
    },
    { NextToken: "t" },
  );
  assert.equal(asJson.text, '{"NextToken":"t"}');
  const cbor = await ask(
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
  assert.deepEqual(seen?.input, { AlarmNames: ["a"] });
  assert.equal(cbor.headers.get("smithy-protocol"), "rpc-v2-cbor");
});

test("SQS names its errors for both of its protocols", async () => {
  const gone = async () => {
    throw new AwsError("QueueDoesNotExist", "The specified queue does not exist.");
  };
  const asJson = await ask(
    "/",
    {
      method: "POST",
      headers: { ...signed("sqs"), ...json("AmazonSQS.GetQueueUrl") },
      body: '{"QueueName":"q"}',
    },
    gone,
  );
  assert.equal(asJson.status, 400);
  assert.equal(
    asJson.headers.get("x-amzn-query-error"),
    "AWS.SimpleQueueService.NonExistentQueue;Sender",
  );
  assert.deepEqual(JSON.parse(asJson.text), {
    __type: "com.amazonaws.sqs#QueueDoesNotExist",
    message: "The specified queue does not exist.",
  });
  const query = await ask(
    "/",
    {
      method: "POST",
      headers: { ...signed("sqs"), ...FORM },
      body: "Action=GetQueueUrl&QueueName=q",
    },
    gone,
  );
  assert.match(
    query.text,
    /<ErrorResponse xmlns="http:\/\/queue.amazonaws.com\/doc\/2012-11-05\/"><Error><Type>Sender<\/Type><Code>AWS.SimpleQueueService.NonExistentQueue<\/Code><Message>The specified queue does not exist.<\/Message><Detail\/><\/Error>/,
  );
  const missing = await ask("/", {
    method: "POST",
    headers: { ...signed("sqs"), ...json("AmazonSQS.SendMessage") },
    body: '{"QueueUrl":"u"}',
  });
  assert.equal(missing.headers.get("x-amzn-query-error"), "MissingParameter;Sender");
  assert.match(missing.text, /The request must contain the parameter MessageBody\./);
});

test("DynamoDB's answers carry their checksum", async () => {
  const { headers, text } = await ask(
    "/",
    {
      method: "POST",
      headers: { ...signed("dynamodb"), ...json("DynamoDB_20120810.ListTables") },
      body: "{}",
    },
    { TableNames: ["é"] },
  );
  assert.equal(headers.get("x-amz-crc32"), String(crc32(text)));
});

test("a region that is none is refused", async () => {
  const { status, text } = await ask("/2015-03-31/functions/f", {
    headers: signed("lambda", "..%2f.."),
  });
  assert.equal(status, 403);
  assert.match(text, /Credential should be scoped to a valid region/);
  assert.equal(seen, undefined);
});

test("a streaming body reaches the door while it is being sent", async () => {
  const chunks: string[] = [];
  let sender: ReadableStreamDefaultController | undefined;
  const body = new ReadableStream({
    start(controller) {
      sender = controller;
      controller.enqueue(Buffer.from("one"));
    },
  });
  const { status } = await ask(
    "/bucket/key",
    { method: "PUT", headers: signed("s3"), body, duplex: "half" },
    async ({ Body }: { Body: AsyncIterable<Uint8Array> }) => {
      for await (const chunk of Body) {
        chunks.push(Buffer.from(chunk).toString());
        // The second chunk is only sent once the first has been seen.
        if (chunks.length === 1) {
          sender?.enqueue(Buffer.from("two"));
          sender?.close();
        }
      }
      return {};
    },
  );
  assert.equal(status, 200);
  assert.equal(chunks.join(""), "onetwo");
});

test("a door may refuse a streaming body that it has not read, and the connection lives on", async () => {
  for (const bytes of [10, 10_000_000]) {
    const { status } = await ask(
      "/bucket/key",
      { method: "PUT", headers: signed("s3"), body: Buffer.alloc(bytes) },
      async () => {
        throw new AwsError("NoSuchBucket", "The specified bucket does not exist");
      },
    );
    assert.equal(status, 404);
  }
});

test("a streaming answer that breaks cuts the connection, so that nobody takes half for the whole", async () => {
  wire.defects.length = 0;
  async function* broken() {
    yield Buffer.from("half");
    throw new Error("the disk is gone");
  }
  const answer = ask(
    "/bucket/key",
    { headers: signed("s3") },
    { Body: broken(), ContentLength: 8 },
  );
  await assert.rejects(answer, TypeError);
  assert.match(String(wire.defects.splice(0)[0]?.error), /the disk is gone/);
});

test("an event stream ends with the exception that its door throws", async () => {
  async function* events() {
    yield { sessionStart: { requestId: "r" } };
    throw new AwsError("SessionTimeoutException", "too long");
  }
  const { headers, text } = await ask(
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

async function rawConnection(): Promise<Socket> {
  const socket = connect(Number(new URL(wire.origin).port), "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

test("a client that asks whether it may send is told so, or refused before it sends", async () => {
  const put = (length: number) =>
    `POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: x\r\nAuthorization: ${signed("lambda").authorization}\r\n` +
    `Content-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`;
  behave = async () => ({ StatusCode: 200, Payload: Buffer.from("out") });
  const socket = await rawConnection();
  socket.write(put(2));
  assert.match(String((await once(socket, "data"))[0]), /^HTTP\/1.1 100 Continue/);
  socket.write("{}");
  assert.match(String((await once(socket, "data"))[0]), /^HTTP\/1.1 200 OK/);
  socket.destroy();
  const refused = await rawConnection();
  refused.write(put(90_000_000));
  assert.match(String((await once(refused, "data"))[0]), /^HTTP\/1.1 413 /);
  await once(refused, "close");
});

test("a body that stops half way leaves nothing: the door is not asked, or its stream breaks", async () => {
  wire.defects.length = 0;
  seen = undefined;
  const buffered = await rawConnection();
  buffered.write(
    `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: ${signed("dynamodb").authorization}\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n` +
      `Content-Type: application/x-amz-json-1.0\r\nContent-Length: 100\r\n\r\n{"Limit":`,
  );
  buffered.end();
  buffered.resume();
  await once(buffered, "close");
  assert.equal(seen, undefined);

  const broke = Promise.withResolvers<unknown>();
  behave = (async ({ Body }: { Body: AsyncIterable<Uint8Array> }) => {
    try {
      for await (const _ of Body) streaming.destroy();
    } catch (error) {
      broke.resolve(error);
      throw error;
    }
    return {};
  }) as never;
  const streaming = await rawConnection();
  streaming.write(`PUT /bucket/key HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
  assert.match(String(await broke.promise), /ClientGone/);
  assert.deepEqual(wire.defects, []);
});

test("a door learns that its client went away", async () => {
  const left = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  behave = async (_: never, { signal }) => {
    signal.addEventListener("abort", () => left.resolve());
    arrived.resolve();
    await left.promise;
    return {};
  };
  const socket = await rawConnection();
  socket.write(`GET /2015-03-31/functions/f HTTP/1.1\r\nHost: x\r\n\r\n`);
  await arrived.promise;
  socket.destroy();
  await left.promise;
});
