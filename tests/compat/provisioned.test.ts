/** Concurrency through AWS's own JavaScript client: provisioned, reserved, the account's, and what throttling looks like. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  CreateAliasCommand,
  CreateFunctionUrlConfigCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetAccountSettingsCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  type LambdaServiceException,
  ListProvisionedConcurrencyConfigsCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  type TooManyRequestsException,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { create, deploy, letEverybodyCall } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { zipOf } from "../zip.ts";

const WORKER = (text: string) => `
  exports.handler = async ({ gate }) => {
    if (gate) await (await fetch(gate)).text();
    return { text: ${JSON.stringify(text)}, type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE };
  };`;

describe("concurrency, by AWS's JavaScript client", () => {
  let directory: string;
  let platform: TestPlatform;
  let lambda: LambdaClient;
  const open = () => new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-concurrency-"));
    platform = await startPlatform({ dataDir: join(directory, "data") });
    lambda = open();
  });
  after(async () => {
    lambda.destroy();
    await platform.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const deployed = (name: string) =>
    deploy(lambda, name, { "index.js": WORKER("one") }, { Timeout: 60 });
  const put = (FunctionName: string, Qualifier: string, ProvisionedConcurrentExecutions: number) =>
    lambda.send(
      new PutProvisionedConcurrencyConfigCommand({
        ...{ FunctionName, Qualifier, ProvisionedConcurrentExecutions },
      }),
    );
  const get = (FunctionName: string, Qualifier: string) =>
    lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
  const publish = async (FunctionName: string): Promise<string> =>
    (await lambda.send(new PublishVersionCommand({ FunctionName }))).Version ?? "";
  async function settled(name: string, qualifier: string) {
    for (;;) {
      const config = await get(name, qualifier);
      if (config.Status !== "IN_PROGRESS") return config;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  async function invoke(FunctionName: string, Qualifier?: string, event: object = {}) {
    const answer = await lambda.send(
      new InvokeCommand({ FunctionName, Qualifier, Payload: JSON.stringify(event) }),
    );
    return JSON.parse(Buffer.from(answer.Payload ?? []).toString()) as {
      readonly text: string;
      readonly type: string;
    };
  }
  async function refusal(call: Promise<unknown>): Promise<[string, number | undefined, string]> {
    try {
      await call;
    } catch (error) {
      const { name, $metadata, message } = error as LambdaServiceException;
      return [name, $metadata.httpStatusCode, message];
    }
    throw new assert.AssertionError({ message: "the call was not refused" });
  }
  async function throttling(call: Promise<unknown>) {
    try {
      await call;
    } catch (error) {
      const { name, $metadata, Reason, Type, message, retryAfterSeconds } =
        error as TooManyRequestsException;
      assert.deepEqual([name, $metadata.httpStatusCode], ["TooManyRequestsException", 429]);
      return { Reason, Type, message, retryAfterSeconds };
    }
    throw new assert.AssertionError({ message: "the call was not refused" });
  }
  /** An invocation that runs, and what ends it: it waits for an answer of ours. */
  async function running(name: string, qualifier?: string) {
    const gate = createServer();
    await once(gate.listen(0, "127.0.0.1"), "listening");
    const { port } = gate.address() as AddressInfo;
    const result = invoke(name, qualifier, { gate: `http://127.0.0.1:${port}` });
    const [, response] = (await once(gate, "request")) as [unknown, ServerResponse];
    return {
      end: async () => {
        response.end();
        gate.close();
        return await result;
      },
    };
  }

  test("an alias's instances are initialised, used, moved with it, listed and given back", async () => {
    await deployed("moving");
    const one = await publish("moving");
    const alias = { FunctionName: "moving", Name: "live" };
    await lambda.send(new CreateAliasCommand({ ...alias, FunctionVersion: one }));
    const { $metadata, LastModified, ...asked } = await put("moving", "live", 2);
    assert.equal($metadata.httpStatusCode, 202);
    assert.match(LastModified ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
    assert.deepEqual(asked, {
      AllocatedProvisionedConcurrentExecutions: 0,
      AvailableProvisionedConcurrentExecutions: 0,
      RequestedProvisionedConcurrentExecutions: 2,
      Status: "IN_PROGRESS",
    });
    const ready = await settled("moving", "live");
    assert.deepEqual(
      [ready.Status, ready.AvailableProvisionedConcurrentExecutions, ready.StatusReason],
      ["READY", 2, undefined],
    );
    const provisioned = { text: "one", type: "provisioned-concurrency" };
    assert.deepEqual(await invoke("moving", "live"), provisioned);
    assert.deepEqual(await invoke("moving", one), { text: "one", type: "on-demand" });

    const ZipFile = await zipOf({ "index.js": WORKER("two") });
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "moving", ZipFile }));
    const two = await publish("moving");
    await lambda.send(new UpdateAliasCommand({ ...alias, FunctionVersion: two }));
    await settled("moving", "live");
    while ((await invoke("moving", "live")).type !== "provisioned-concurrency");
    assert.deepEqual(await invoke("moving", "live"), { ...provisioned, text: "two" });
    // The configuration is the alias's alone.
    assert.deepEqual(await refusal(get("moving", two)), [
      "ProvisionedConcurrencyConfigNotFoundException",
      404,
      "No Provisioned Concurrency Config found for this function",
    ]);

    const { ProvisionedConcurrencyConfigs = [] } = await lambda.send(
      new ListProvisionedConcurrencyConfigsCommand({ FunctionName: "moving" }),
    );
    assert.deepEqual(
      ProvisionedConcurrencyConfigs.map((config) => [config.FunctionArn, config.Status]),
      [["arn:aws:lambda:us-east-1:000000000000:function:moving:live", "READY"]],
    );
    const target = { FunctionName: "moving", Qualifier: "live" };
    const gone = await lambda.send(new DeleteProvisionedConcurrencyConfigCommand(target));
    assert.equal(gone.$metadata.httpStatusCode, 204);
    await lambda.send(new DeleteProvisionedConcurrencyConfigCommand(target));
    assert.equal(
      (await refusal(get("moving", "live")))[0],
      "ProvisionedConcurrencyConfigNotFoundException",
    );
    assert.equal((await invoke("moving", "live")).type, "on-demand");
  });

  test("what cannot be provisioned is refused in AWS's words", async () => {
    await deployed("rules");
    const version = await publish("rules");
    const invalid = (message: string) => ["InvalidParameterValueException", 400, message];
    const conflict = (message: string) => ["ResourceConflictException", 409, message];
    assert.deepEqual(
      await refusal(put("rules", "$LATEST", 1)),
      invalid(
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
      ),
    );
    assert.deepEqual(
      await refusal(get("rules", "$LATEST")),
      invalid("The function resource provided must be an alias or a published version."),
    );
    const arn = "arn:aws:lambda:us-east-1:000000000000:function:rules";
    assert.deepEqual(await refusal(put("rules", "none", 1)), [
      ...["ResourceNotFoundException", 404, `Cannot find alias arn: ${arn}:none`],
    ]);
    assert.deepEqual(await refusal(get("rules", "9")), [
      ...["ResourceNotFoundException", 404, `Function not found: ${arn}:9`],
    ]);
    assert.equal((await refusal(put("rules", version, 0)))[1], 400);
    assert.deepEqual(
      await refusal(put("rules", version, 1_001)),
      invalid(
        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000].",
      ),
    );
    assert.deepEqual(
      await refusal(put("rules", version, 950)),
      invalid(
        "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
      ),
    );
    const reserve = (ReservedConcurrentExecutions: number) =>
      lambda.send(
        new PutFunctionConcurrencyCommand({ FunctionName: "rules", ReservedConcurrentExecutions }),
      );
    await reserve(1);
    assert.deepEqual(
      await refusal(put("rules", version, 2)),
      invalid(
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
      ),
    );
    await put("rules", version, 1);
    assert.deepEqual(
      await refusal(reserve(0)),
      invalid(
        " ReservedConcurrentExecutions  0 should not be lower than function's total provisioned concurrency [1].",
      ),
    );
    const FunctionName = "rules";
    await lambda.send(
      new CreateAliasCommand({ FunctionName, Name: "a", FunctionVersion: version }),
    );
    assert.deepEqual(
      await refusal(put("rules", "a", 1)),
      // The reservation is looked at first.
      invalid(
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
      ),
    );
    await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
    assert.deepEqual(
      await refusal(put("rules", "a", 1)),
      conflict(
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
      ),
    );
    await lambda.send(
      new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: version }),
    );
    await put("rules", "a", 1);
    assert.deepEqual(
      await refusal(put("rules", version, 1)),
      conflict("Version is pointed by a Provisioned Concurrency alias"),
    );
    await lambda.send(new DeleteAliasCommand({ FunctionName, Name: "a" }));
    await put("rules", version, 1);
    await lambda.send(new DeleteFunctionCommand({ FunctionName }));
  });

  test("a version whose handler cannot be loaded has FAILED, with AWS's reason", async () => {
    await create(lambda, "broken", { "index.js": "throw new Error('broken');" });
    const version = await publish("broken");
    await put("broken", version, 1);
    const { Status, StatusReason } = await settled("broken", version);
    assert.deepEqual([Status, StatusReason], ["FAILED", "FUNCTION_ERROR_INIT_FAILURE"]);
  });

  test("the account's settings say what functions have for themselves", async () => {
    const unreserved = async () =>
      (await lambda.send(new GetAccountSettingsCommand({}))).AccountLimit
        ?.UnreservedConcurrentExecutions ?? 0;
    await deployed("counted");
    const before = await unreserved();
    const version = await publish("counted");
    await put("counted", version, 2);
    assert.equal(await unreserved(), before - 2);
    const FunctionName = "counted";
    await lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 5 }),
    );
    assert.equal(await unreserved(), before - 5);
    await lambda.send(new DeleteFunctionCommand({ FunctionName }));
    assert.equal(await unreserved(), before);
  });

  test("provisioned concurrency spills over, and a reservation ends it", async () => {
    await deployed("busy");
    const version = await publish("busy");
    await put("busy", version, 1);
    await settled("busy", version);
    const first = await running("busy", version);
    const second = await running("busy", version);
    const FunctionName = "busy";
    await lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 2 }),
    );
    const throttled = {
      Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
      Type: "User",
      message: "Rate Exceeded.",
      retryAfterSeconds: undefined,
    };
    assert.deepEqual(await throttling(invoke("busy", version)), throttled);
    assert.deepEqual(await throttling(invoke("busy")), throttled);
    assert.deepEqual(
      await throttling(lambda.send(new InvokeWithResponseStreamCommand({ FunctionName }))),
      throttled,
    );
    assert.equal((await first.end()).type, "provisioned-concurrency");
    assert.equal((await second.end()).type, "on-demand");
    assert.equal((await invoke("busy", version)).type, "provisioned-concurrency");
  });

  test("requests beyond the rate of what is reserved are told when to come again", async () => {
    // One per second instead of ten, so that two calls that follow one another are too many on any machine.
    const slow = await startPlatform({ flags: ["--limits-request-rate", "1"] });
    const lambda = new LambdaClient({ ...clientSettings(slow.origin), maxAttempts: 1 });
    try {
      await rush(slow.origin, lambda);
    } finally {
      lambda.destroy();
      await slow.stop();
    }
  });

  async function rush(origin: string, lambda: LambdaClient): Promise<void> {
    await deploy(lambda, "rushed", { "index.js": WORKER("one") });
    const FunctionName = "rushed";
    const url = { FunctionName, AuthType: "NONE" } as const;
    const { FunctionUrl = "" } = await lambda.send(new CreateFunctionUrlConfigCommand(url));
    const { hostname } = new URL(FunctionUrl);
    await letEverybodyCall(lambda, FunctionName);
    const call = () => lambda.send(new InvokeCommand({ FunctionName }));
    await call();
    await lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 1 }),
    );
    // One after another, so that its concurrency is never the reason.
    const limited = async () => {
      for (;;) {
        try {
          await call();
        } catch (error) {
          return error as TooManyRequestsException;
        }
      }
    };
    const error = await limited();
    assert.deepEqual(
      [error.Reason, error.retryAfterSeconds, error.$metadata.httpStatusCode],
      ["ReservedFunctionInvocationRateLimitExceeded", "1", 429],
    );
    for (;;) {
      const answer = await fetch(`${origin}/_url/${hostname.split(".")[0]}/`);
      if (answer.status !== 429) {
        assert.equal(answer.status, 200);
        await answer.arrayBuffer();
        continue;
      }
      assert.equal(answer.headers.get("retry-after"), "1");
      assert.deepEqual(await answer.json(), { Message: "Rate Exceeded." });
      return;
    }
  }

  test("what was provisioned is there again after a restart, before anybody calls", async () => {
    await deployed("lasting");
    const version = await publish("lasting");
    await put("lasting", version, 1);
    await settled("lasting", version);
    lambda.destroy();
    await platform.kill();
    platform = await startPlatform({ dataDir: join(directory, "data") });
    lambda = open();
    const { Status, RequestedProvisionedConcurrentExecutions: requested } = await settled(
      "lasting",
      version,
    );
    assert.deepEqual([Status, requested], ["READY", 1]);
    assert.equal((await invoke("lasting", version)).type, "provisioned-concurrency");
  });
});
