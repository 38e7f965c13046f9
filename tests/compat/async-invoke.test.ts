/** Asynchronous invocations by AWS's JavaScript clients: what is told of them, dead letters, loops, numbers. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AddPermissionCommand,
  GetFunctionConfigurationCommand,
  InvokeAsyncCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { create, deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const RECORDS = "records";
const TOKEN = "a-token-of-this-test";

const ECHO = "exports.handler = async (event) => event;";
const THROW = "exports.handler = async (event) => { throw new Error(JSON.stringify(event)); };";
/** Invokes itself, and answers how deep it came. */
const CALLS_ITSELF = `
const { LambdaClient, InvokeCommand } = require("@aws-sdk/client-lambda");
const client = new LambdaClient({ maxAttempts: 1 });
exports.handler = async ({ depth }, { functionName }) => {
  try {
    const Payload = JSON.stringify({ depth: depth + 1 });
    const answer = await client.send(new InvokeCommand({ FunctionName: functionName, Payload }));
    return JSON.parse(answer.Payload.transformToString());
  } catch (error) {
    return { depth, name: error.name, message: error.message };
  }
};`;
/** Writes into the bucket whose events it gets. */
const WRITES_BACK = `
const { S3Client, PutObjectCommand } = require("@aws-sdk/client-s3");
const client = new S3Client({ forcePathStyle: true });
exports.handler = async ({ Records: [{ s3 }] }) => {
  const Key = String(Number(s3.object.key) + 1);
  await client.send(new PutObjectCommand({ Bucket: s3.bucket.name, Key, Body: "x" }));
};`;

describe("asynchronous invocations, by AWS's JavaScript clients", { timeout: 120_000 }, () => {
  let platform: TestPlatform;
  let lambda: LambdaClient;
  let s3: S3Client;
  before(async () => {
    platform = await startPlatform({ env: { YUNQUE_ADMIN_TOKEN: TOKEN } });
    lambda = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    s3 = new S3Client({ ...clientSettings(platform.origin), forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: RECORDS }));
  });
  after(async () => {
    lambda.destroy();
    s3.destroy();
    await platform.stop();
  });

  const invoke = (FunctionName: string, event: unknown) =>
    lambda.send(
      new InvokeCommand({ FunctionName, InvocationType: "Event", Payload: JSON.stringify(event) }),
    );

  const tell = (FunctionName: string, on: { OnSuccess?: string; OnFailure?: string }) =>
    lambda.send(
      new PutFunctionEventInvokeConfigCommand({
        FunctionName,
        MaximumRetryAttempts: 0,
        DestinationConfig: {
          ...(on.OnSuccess && { OnSuccess: { Destination: on.OnSuccess } }),
          ...(on.OnFailure && { OnFailure: { Destination: on.OnFailure } }),
        },
      }),
    );

  /** The keys in a bucket, once there are so many. */
  async function keys(Bucket: string, Prefix: string, count: number): Promise<string[]> {
    for (;;) {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
      if (Contents.length >= count) return Contents.map(({ Key = "" }) => Key);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The one record of a function, with its key. */
  async function record(functionName: string) {
    const [Key = ""] = await keys(RECORDS, `aws/lambda/async/${functionName}/`, 1);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: RECORDS, Key }));
    return { Key, record: JSON.parse((await Body?.transformToString()) ?? "") };
  }

  it("answers 202 with nothing in it, and the request's own id is the invocation's", async () => {
    const FunctionArn = await deploy(lambda, "fails", { "index.js": THROW });
    await tell("fails", { OnFailure: `arn:aws:s3:::${RECORDS}` });
    const answer = await invoke("fails", { n: 1 });
    assert.equal(answer.StatusCode, 202);
    assert.equal(answer.Payload?.length ?? 0, 0);
    const { Key, record: told } = await record("fails");
    assert.match(
      Key,
      /^aws\/lambda\/async\/fails\/(\d{4})\/(\d\d)\/(\d\d)\/\1-\2-\3T\d\d\.\d\d\.\d\d-[0-9a-f-]{36}$/,
    );
    const { timestamp, responsePayload, ...rest } = told;
    assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(responsePayload.errorMessage, '{"n":1}');
    assert.deepEqual(rest, {
      version: "1.0",
      requestContext: {
        requestId: answer.$metadata.requestId,
        functionArn: `${FunctionArn}:$LATEST`,
        condition: "RetriesExhausted",
        approximateInvokeCount: 1,
      },
      requestPayload: { n: 1 },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    });
  });

  it("tells a function what became of another", async () => {
    const listener = await deploy(lambda, "listener", { "index.js": THROW });
    await tell("listener", { OnFailure: `arn:aws:s3:::${RECORDS}` });
    await deploy(lambda, "succeeds", { "index.js": ECHO });
    await tell("succeeds", { OnSuccess: listener });
    await invoke("succeeds", { hello: "there" });
    const { record: told } = await record("listener");
    const { requestContext, requestPayload, responseContext, responsePayload } =
      told.requestPayload;
    assert.equal(requestContext.condition, "Success");
    assert.deepEqual([requestPayload, responsePayload], [{ hello: "there" }, { hello: "there" }]);
    assert.deepEqual(responseContext, { statusCode: 200, executedVersion: "$LATEST" });
  });

  it("runs nothing without concurrency, and tells so", async () => {
    await deploy(lambda, "stopped", { "index.js": ECHO });
    await tell("stopped", { OnFailure: `arn:aws:s3:::${RECORDS}` });
    await lambda.send(
      new PutFunctionConcurrencyCommand({
        FunctionName: "stopped",
        ReservedConcurrentExecutions: 0,
      }),
    );
    await invoke("stopped", {});
    const { record: told } = await record("stopped");
    const { condition, approximateInvokeCount } = told.requestContext;
    assert.deepEqual([condition, approximateInvokeCount], ["ZeroReservedConcurrency", 0]);
    assert.equal("responseContext" in told, false);
  });

  it("takes the deprecated InvokeAsync", async () => {
    await deploy(lambda, "old", { "index.js": THROW });
    await tell("old", { OnFailure: `arn:aws:s3:::${RECORDS}` });
    const { Status } = await lambda.send(
      new InvokeAsyncCommand({ FunctionName: "old", InvokeArgs: '{"way":"old"}' }),
    );
    assert.equal(Status, 202);
    assert.deepEqual((await record("old")).record.requestPayload, { way: "old" });
  });

  it("keeps a function's dead-letter queue, and takes queues and topics alone", async () => {
    const FunctionName = "dead";
    const TargetArn = "arn:aws:sqs:us-east-1:000000000000:dead";
    await deploy(lambda, FunctionName, { "index.js": ECHO }, { DeadLetterConfig: { TargetArn } });
    const described = () => lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    assert.deepEqual((await described()).DeadLetterConfig, { TargetArn });
    const update = (target: string) =>
      lambda.send(
        new UpdateFunctionConfigurationCommand({
          FunctionName,
          DeadLetterConfig: { TargetArn: target },
        }),
      );
    const invalid = { name: "InvalidParameterValueException" };
    await assert.rejects(update(`arn:aws:s3:::${RECORDS}`), invalid);
    await assert.rejects(
      create(
        lambda,
        "never",
        { "index.js": ECHO },
        { DeadLetterConfig: { TargetArn: "arn:aws:iam::000000000000:role/r" } },
      ),
      invalid,
    );
    assert.equal((await update("")).DeadLetterConfig, undefined);
  });

  it("stops a function that invokes itself after sixteen invocations", async () => {
    await deploy(lambda, "loop", { "index.js": CALLS_ITSELF }, { Timeout: 60 });
    const { Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: "loop", Payload: '{"depth":1}' }),
    );
    const { depth, name } = JSON.parse(Payload?.transformToString() ?? "");
    assert.deepEqual([depth, name], [16, "RecursiveInvocationException"]);
  });

  it("stops a loop through a bucket after sixteen invocations, and tells of the last", async () => {
    const arn = await deploy(lambda, "writer", { "index.js": WRITES_BACK }, { Timeout: 60 });
    await tell("writer", { OnFailure: `arn:aws:s3:::${RECORDS}` });
    await s3.send(new CreateBucketCommand({ Bucket: "loop" }));
    await lambda.send(
      new AddPermissionCommand({
        FunctionName: "writer",
        StatementId: "s3",
        Action: "lambda:InvokeFunction",
        Principal: "s3.amazonaws.com",
      }),
    );
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: "loop",
        NotificationConfiguration: {
          LambdaFunctionConfigurations: [
            { LambdaFunctionArn: arn, Events: ["s3:ObjectCreated:*"] },
          ],
        },
      }),
    );
    await s3.send(new PutObjectCommand({ Bucket: "loop", Key: "0", Body: "x" }));
    const { record: told } = await record("writer");
    assert.equal(told.requestPayload.Records[0].s3.object.key, "16");
    assert.equal((await keys("loop", "", 17)).length, 17);
  });

  it("counts what it does, for who holds the token", async () => {
    const ask = (headers = {}) => fetch(`${platform.origin}/_yunque/metrics`, { headers });
    assert.equal((await ask()).status, 401);
    const answer = await ask({ authorization: `Bearer ${TOKEN}` });
    assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    const of = (name: string) =>
      `{account="000000000000",region="us-east-1",function_name="${name}"}`;
    for (const line of [
      `yunque_async_events_received_total${of("fails")} 1`,
      `yunque_async_events_dropped_total${of("fails")} 1`,
      `yunque_async_event_age_count${of("succeeds")} 1`,
      `yunque_recursive_invocations_dropped_total${of("loop")} 1`,
    ])
      assert.ok(text.includes(`${line}\n`), `${line} is not in\n${text}`);
  });
});
