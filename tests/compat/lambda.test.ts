/** Lambda through AWS's own JavaScript client, against a platform in a process of its own. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import {
  CreateAliasCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetLayerVersionCommand,
  InvokeAsyncCommand,
  InvokeCommand,
  type InvokeCommandInput,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  type LambdaServiceException,
  ListFunctionsCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  paginateListFunctions,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from "@aws-sdk/client-lambda";
import { create, type Settings } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { zipOf } from "../zip.ts";

describe("Lambda, by AWS's JavaScript client", () => {
  let platform: TestPlatform;
  let lambda: LambdaClient;

  before(async () => {
    platform = await startPlatform();
    lambda = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
  });
  after(async () => {
    lambda.destroy();
    await platform.stop();
  });

  /** Deploys a Node.js function. Whoever invokes or publishes it next need not wait until it is Active. */
  async function deploy(name: string, code: string, more: Settings = {}): Promise<void> {
    await create(lambda, name, { "index.mjs": code }, more);
  }

  const waiter = () => ({ client: lambda, maxWaitTime: 20, minDelay: 1, maxDelay: 1 });

  async function invoke(name: string, event: unknown = {}, more: Partial<InvokeCommandInput> = {}) {
    const answer = await lambda.send(
      new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event), ...more }),
    );
    const text = Buffer.from(answer.Payload ?? []).toString();
    return { ...answer, result: text === "" ? undefined : JSON.parse(text) };
  }

  /** What a call is refused with. */
  async function refusal(call: Promise<unknown>): Promise<LambdaServiceException> {
    try {
      await call;
    } catch (error) {
      return error as LambdaServiceException;
    }
    throw new assert.AssertionError({ message: "the call was not refused" });
  }

  test("a function is created, waited for, invoked, updated and deleted", async () => {
    await deploy("life", "export const handler = async (event) => ({ hello: event.name });");
    await waitUntilFunctionActiveV2(waiter(), { FunctionName: "life" });
    const first = await invoke("life", { name: "world" });
    assert.deepEqual([first.StatusCode, first.ExecutedVersion], [200, "$LATEST"]);
    assert.deepEqual(first.result, { hello: "world" });

    await lambda.send(
      new UpdateFunctionCodeCommand({
        FunctionName: "life",
        ZipFile: await zipOf({
          "index.mjs": "export const handler = async () => process.env.WHO;",
        }),
      }),
    );
    await waitUntilFunctionUpdatedV2(waiter(), { FunctionName: "life" });
    await lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: "life",
        Environment: { Variables: { WHO: "me" } },
      }),
    );
    await waitUntilFunctionUpdatedV2(waiter(), { FunctionName: "life" });
    assert.equal((await invoke("life")).result, "me");

    await lambda.send(new DeleteFunctionCommand({ FunctionName: "life" }));
    const gone = await refusal(invoke("life"));
    assert.deepEqual(
      [gone.name, gone.$metadata.httpStatusCode, gone.message],
      [
        "ResourceNotFoundException",
        404,
        "Function not found: arn:aws:lambda:us-east-1:000000000000:function:life:$LATEST",
      ],
    );
  });

  test("a link to the code gives back the very zip", async () => {
    await deploy("download", "export const handler = async () => 1;");
    const { Code, Configuration } = await lambda.send(
      new GetFunctionCommand({ FunctionName: "download" }),
    );
    const zip = Buffer.from(await (await fetch(Code?.Location ?? "")).arrayBuffer());
    assert.equal(createHash("sha256").update(zip).digest("base64"), Configuration?.CodeSha256);
    const forged = (Code?.Location ?? "").replace(/expires=\d/, "expires=9");
    assert.equal((await fetch(forged)).status, 403);
  });

  test("versions stay what they were, aliases lead to them", async () => {
    await deploy("shop", "export const handler = async (_, context) => context.functionVersion;");
    await lambda.send(new PublishVersionCommand({ FunctionName: "shop" }));
    await waitUntilPublishedVersionActive(waiter(), { FunctionName: "shop", Qualifier: "1" });
    await lambda.send(
      new CreateAliasCommand({ FunctionName: "shop", Name: "live", FunctionVersion: "1" }),
    );
    const byAlias = await invoke("shop", {}, { Qualifier: "live" });
    assert.deepEqual([byAlias.result, byAlias.ExecutedVersion], ["1", "1"]);
    const arn = "arn:aws:lambda:us-east-1:000000000000:function:shop:1";
    assert.equal((await invoke(arn)).result, "1");
    assert.equal((await invoke("shop")).result, "$LATEST");
  });

  test("LogType Tail brings the lines of the invocation, with START, END and REPORT", async () => {
    await deploy("talk", "export const handler = async () => { console.log('said'); };");
    const { LogResult, $metadata } = await invoke("talk", {}, { LogType: "Tail" });
    const lines = Buffer.from(LogResult ?? "", "base64").toString();
    assert.match(
      lines,
      new RegExp(`^START RequestId: ${$metadata.requestId} Version: \\$LATEST`, "m"),
    );
    assert.match(lines, /said/);
    assert.match(lines, new RegExp(`^END RequestId: ${$metadata.requestId}`, "m"));
    assert.match(lines, /^REPORT RequestId: .*Billed Duration: \d+ ms\tMemory Size: 128 MB/m);
  });

  test("a client context reaches the handler", async () => {
    await deploy(
      "context",
      "export const handler = async (_, { clientContext }) => clientContext;",
    );
    const context = { custom: { foo: "bar" } };
    const ClientContext = Buffer.from(JSON.stringify(context)).toString("base64");
    assert.deepEqual((await invoke("context", {}, { ClientContext })).result, context);
    const wrong = await refusal(invoke("context", {}, { ClientContext: "bm8ganNvbg==" }));
    assert.equal(wrong.name, "InvalidRequestContentException");
  });

  test("a function that throws is a result with its error", async () => {
    await deploy("throws", "export const handler = async () => { throw new TypeError('no'); };");
    const { FunctionError, StatusCode, result } = await invoke("throws");
    assert.deepEqual([StatusCode, FunctionError], [200, "Unhandled"]);
    assert.deepEqual([result.errorType, result.errorMessage], ["TypeError", "no"]);
  });

  test("no payload is an empty event, and what is no JSON is the caller's mistake", async () => {
    await deploy("echo", "export const handler = async (event) => event;");
    const nothing = await lambda.send(new InvokeCommand({ FunctionName: "echo" }));
    assert.equal(Buffer.from(nothing.Payload ?? []).toString(), "{}");
    for (const InvocationType of ["RequestResponse", "Event"] as const) {
      const Payload = Buffer.from("\xff{", "latin1");
      const wrong = await refusal(
        lambda.send(new InvokeCommand({ FunctionName: "echo", Payload, InvocationType })),
      );
      assert.deepEqual(
        [wrong.name, wrong.$metadata.httpStatusCode],
        ["InvalidRequestContentException", 400],
      );
    }
  });

  test("payloads end at 6 MB, those of events at 1 MB", async () => {
    await deploy("size", "export const handler = async (event) => event.length;");
    const text = (bytes: number) => "x".repeat(bytes - 2);
    assert.equal((await invoke("size", text(6_291_456))).result, 6_291_454);
    const large = await refusal(invoke("size", text(6_291_457)));
    assert.equal(large.$metadata.httpStatusCode, 413);
    assert.match(
      large.message,
      /^Request must be smaller than 6291456 bytes for the InvokeFunction/,
    );
    const event = await refusal(invoke("size", text(1_048_577), { InvocationType: "Event" }));
    assert.deepEqual(
      [event.name, event.message],
      [
        "RequestTooLargeException",
        "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
      ],
    );
  });

  test("a body that stops half way is never invoked, and the platform goes on", async () => {
    await deploy("half", "let calls = 0; export const handler = async () => (calls += 1);");
    assert.equal((await invoke("half")).result, 1);
    const { hostname, port } = new URL(platform.origin);
    const authorization =
      "AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00";
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.write(
      `POST /2015-03-31/functions/half/invocations HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Length: 10\r\n\r\n{"a`,
    );
    socket.resetAndDestroy();
    await once(socket, "close");
    assert.equal((await invoke("half")).result, 2);
  });

  test("a dry run and events answer without a payload", async () => {
    await deploy("later", "export const handler = async () => 1;");
    const dry = await invoke("later", {}, { InvocationType: "DryRun" });
    assert.deepEqual([dry.StatusCode, dry.result], [204, undefined]);
    const event = await invoke("later", {}, { InvocationType: "Event" });
    assert.deepEqual([event.StatusCode, event.result], [202, undefined]);
    const old = await lambda.send(
      new InvokeAsyncCommand({ FunctionName: "later", InvokeArgs: "{}" }),
    );
    assert.equal(old.Status, 202);
  });

  test("a streamed response comes in pieces, and says how it ended", async () => {
    await deploy(
      "stream",
      `export const handler = awslambda.streamifyResponse(async (event, stream) => {
         stream.write("one "); stream.write("two"); stream.end();
       });`,
    );
    const answer = await lambda.send(
      new InvokeWithResponseStreamCommand({ FunctionName: "stream" }),
    );
    let text = "";
    let complete = false;
    for await (const event of answer.EventStream ?? []) {
      text += Buffer.from(event.PayloadChunk?.Payload ?? []).toString();
      if (event.InvokeComplete) complete = event.InvokeComplete.ErrorCode === undefined;
    }
    assert.deepEqual([text, complete, answer.ExecutedVersion], ["one two", true, "$LATEST"]);
  });

  test("a function finds the modules of its layer", async () => {
    const layer = await lambda.send(
      new PublishLayerVersionCommand({
        LayerName: "data",
        Content: {
          ZipFile: await zipOf({
            "nodejs/node_modules/greeting/index.js": "module.exports = 'from the layer';",
          }),
        },
      }),
    );
    const ZipFile = await zipOf({
      "index.js": "exports.handler = async () => require('greeting');",
    });
    await deploy("layered", "", { Code: { ZipFile }, Layers: [layer.LayerVersionArn ?? ""] });
    const stored = await lambda.send(
      new GetLayerVersionCommand({ LayerName: "data", VersionNumber: 1 }),
    );
    assert.equal(stored.Content?.CodeSha256, layer.Content?.CodeSha256);
    assert.equal((await invoke("layered")).result, "from the layer");
  });

  test("a reservation of zero throttles with AWS's reason", async () => {
    await deploy("none", "export const handler = async () => 1;");
    await lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: "none", ReservedConcurrentExecutions: 0 }),
    );
    const throttled = await refusal(invoke("none"));
    assert.deepEqual(
      [throttled.name, throttled.$metadata.httpStatusCode, Reflect.get(throttled, "Reason")],
      ["TooManyRequestsException", 429, "ReservedFunctionConcurrentInvocationLimitExceeded"],
    );
  });

  test("a runtime that is not here is accepted, and named when it is needed", async () => {
    await deploy("absent", "", { Runtime: "dotnet6" });
    const missing = await refusal(invoke("absent"));
    assert.equal(missing.name, "InvalidRuntimeException");
    assert.match(missing.message, /^This machine cannot run dotnet6. It runs: nodejs/);
  });

  test("lists come in pages", async () => {
    await deploy("page-1", "");
    await deploy("page-2", "");
    const names: (string | undefined)[] = [];
    for await (const page of paginateListFunctions({ client: lambda, pageSize: 1 }, {}))
      names.push(...(page.Functions ?? []).map(({ FunctionName }) => FunctionName));
    const { Functions } = await lambda.send(new ListFunctionsCommand({}));
    assert.deepEqual(
      names,
      Functions?.map(({ FunctionName }) => FunctionName),
    );
    assert.ok(names.includes("page-1") && names.includes("page-2"));
  });
});
