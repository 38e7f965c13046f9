/** Capacity providers, and functions that run several invocations in one instance, through AWS's own JavaScript client. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  CreateAliasCommand,
  CreateCapacityProviderCommand,
  type CreateCapacityProviderCommandInput,
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteCapacityProviderCommand,
  DeleteFunctionCommand,
  GetCapacityProviderCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  type LambdaServiceException,
  ListCapacityProvidersCommand,
  ListFunctionVersionsByCapacityProviderCommand,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  paginateListCapacityProviders,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateCapacityProviderCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";

import { lacksPython } from "../../packages/server/src/runtimes/languages/python/python.fixture.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { zipOf } from "../zip.ts";

const ROLE = "arn:aws:iam::000000000000:role/r";
const ARN = "arn:aws:lambda:us-east-1:000000000000:capacity-provider:";
const CODE = `
  const instance = process.env.AWS_LAMBDA_LOG_STREAM_NAME;
  const seen = [];
  let running = 0, most = 0;
  export const handler = async ({ ms = 0, n }, context) => {
    most = Math.max(most, ++running);
    console.log("event", n);
    seen.push(n);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running--;
    return { n, instance, most, seen, version: context.functionVersion };
  };
`;

/** A runtime with a thread for each invocation that there may be. */
const BOOTSTRAP = `#!/usr/bin/python3
import http.client, json, os, threading, time
API = "/2018-06-01/runtime/invocation/"
def loop():
    client = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        client.request("GET", API + "next")
        got = client.getresponse()
        event = json.loads(got.read())
        time.sleep(event["ms"] / 1000)
        instance = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        body = json.dumps({"n": event["n"], "instance": instance})
        client.request("POST", API + got.headers["Lambda-Runtime-Aws-Request-Id"] + "/response", body)
        client.getresponse().read()
for _ in range(int(os.environ["AWS_LAMBDA_MAX_CONCURRENCY"])):
    threading.Thread(target=loop).start()
`;

interface Answer {
  readonly n: number;
  /** Its log stream. */
  readonly instance: string;
  readonly most: number;
  readonly seen: readonly number[];
  readonly version: string;
}

describe("Lambda managed instances, by AWS's JavaScript client", () => {
  let dataDir: string;
  let platform: TestPlatform;
  let lambda: LambdaClient;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "yunque-managed-"));
    platform = await startPlatform({ dataDir });
    lambda = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    await createProvider("shared");
  });
  after(async () => {
    lambda.destroy();
    await platform.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const createProvider = (
    CapacityProviderName: string,
    more: Partial<CreateCapacityProviderCommandInput> = {},
  ) =>
    lambda.send(
      new CreateCapacityProviderCommand({
        CapacityProviderName,
        VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] },
        PermissionsConfig: { CapacityProviderOperatorRoleArn: ROLE },
        ...more,
      }),
    );

  const stateOf = async (name: string): Promise<string | undefined> =>
    (await lambda.send(new GetCapacityProviderCommand({ CapacityProviderName: name })))
      .CapacityProvider?.State;

  async function active(name: string): Promise<void> {
    while ((await stateOf(name)) !== "Active") await new Promise((r) => setTimeout(r, 20));
  }

  const create = async (
    FunctionName: string,
    more: Partial<CreateFunctionCommandInput> = {},
    concurrency?: number,
  ) =>
    lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Role: ROLE,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Code: { ZipFile: await zipOf({ "index.mjs": CODE }) },
        CapacityProviderConfig: {
          LambdaManagedInstancesCapacityProviderConfig: {
            CapacityProviderArn: `${ARN}shared`,
            ...(concurrency && { PerExecutionEnvironmentMaxConcurrency: concurrency }),
          },
        },
        PublishTo: "LATEST_PUBLISHED",
        ...more,
      }),
    );

  async function invoke(name: string, event: object, Qualifier?: string): Promise<Answer> {
    const { Payload, FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: name, Qualifier, Payload: JSON.stringify(event) }),
    );
    assert.equal(FunctionError, undefined, String(Payload?.transformToString()));
    return JSON.parse(Payload?.transformToString() ?? "");
  }

  const refused = (name: string, message: RegExp) => (error: LambdaServiceException) => {
    assert.equal(error.name, name);
    assert.match(error.message, message);
    return true;
  };

  it("a provider comes, changes and goes", async () => {
    const { CapacityProvider: made } = await createProvider("own", {
      InstanceRequirements: { Architectures: ["arm64"], AllowedInstanceTypes: ["m7g.large"] },
      CapacityProviderScalingConfig: {
        MaxVCpuCount: 12,
        ScalingMode: "Manual",
        ScalingPolicies: [
          { PredefinedMetricType: "LambdaCapacityProviderAverageCPUUtilization", TargetValue: 60 },
        ],
      },
      KmsKeyArn: "arn:aws:kms:us-east-1:000000000000:key/k",
      Tags: { team: "blue" },
    });
    assert.equal(made?.State, "Pending");
    await active("own");
    const { CapacityProvider: got } = await lambda.send(
      new GetCapacityProviderCommand({ CapacityProviderName: `${ARN}own` }),
    );
    const { LastModified, ...rest } = got ?? {};
    assert.match(String(LastModified), /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(rest, {
      CapacityProviderArn: `${ARN}own`,
      State: "Active",
      VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] },
      PermissionsConfig: { CapacityProviderOperatorRoleArn: ROLE },
      InstanceRequirements: { Architectures: ["arm64"], AllowedInstanceTypes: ["m7g.large"] },
      CapacityProviderScalingConfig: {
        MaxVCpuCount: 12,
        ScalingMode: "Manual",
        ScalingPolicies: [
          { PredefinedMetricType: "LambdaCapacityProviderAverageCPUUtilization", TargetValue: 60 },
        ],
      },
      KmsKeyArn: "arn:aws:kms:us-east-1:000000000000:key/k",
    });
    const updated = await lambda.send(
      new UpdateCapacityProviderCommand({
        CapacityProviderName: "own",
        CapacityProviderScalingConfig: { ScalingMode: "Auto", MaxVCpuCount: 30 },
      }),
    );
    assert.deepEqual(updated.CapacityProvider?.CapacityProviderScalingConfig, {
      MaxVCpuCount: 30,
      ScalingMode: "Auto",
    });
    const Resource = `${ARN}own`;
    await lambda.send(new TagResourceCommand({ Resource, Tags: { stage: "live" } }));
    await lambda.send(new UntagResourceCommand({ Resource, TagKeys: ["team"] }));
    assert.deepEqual((await lambda.send(new ListTagsCommand({ Resource }))).Tags, {
      stage: "live",
    });

    const listed = await lambda.send(new ListCapacityProvidersCommand({ State: "Active" }));
    assert.deepEqual(
      listed.CapacityProviders?.map((one) => one.CapacityProviderArn),
      [`${ARN}own`, `${ARN}shared`],
    );
    const pages = [];
    for await (const page of paginateListCapacityProviders({ client: lambda, pageSize: 1 }, {}))
      pages.push(page.CapacityProviders?.length);
    assert.deepEqual(pages, [1, 1]);

    const gone = await lambda.send(
      new DeleteCapacityProviderCommand({ CapacityProviderName: "own" }),
    );
    assert.equal(gone.CapacityProvider?.State, "Deleting");
    await assert.rejects(
      async () => {
        for (;;) await stateOf("own");
      },
      refused("ResourceNotFoundException", /Capacity provider not found: arn:aws:lambda:us-east-1/),
    );
    await createProvider("own");
  });

  it("a provider is refused what it cannot be", async () => {
    await assert.rejects(createProvider("shared"), refused("ResourceConflictException", /already/));
    await assert.rejects(
      createProvider("odd", {
        InstanceRequirements: { AllowedInstanceTypes: ["a1.x"], ExcludedInstanceTypes: ["b1.x"] },
      }),
      refused("InvalidParameterValueException", /together/),
    );
    await assert.rejects(
      createProvider("odd", { CapacityProviderScalingConfig: { ScalingMode: "Manual" } }),
      refused("InvalidParameterValueException", /ScalingPolicies/),
    );
    await assert.rejects(
      createProvider("odd", { CapacityProviderScalingConfig: { MaxVCpuCount: 1 } }),
      refused("ValidationException", /greater than or equal to 2/),
    );
    await assert.rejects(
      createProvider("odd/odd"),
      refused("ValidationException", /regular expression pattern/),
    );
  });

  it("fifty invocations of a function with ten at once run in few instances, each with its own log", async () => {
    await create("ten", { Timeout: 10 }, 10);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => invoke("ten", { n, ms: 100 })),
    );
    assert.deepEqual(
      answers.map(({ n }) => n),
      Array.from({ length: 50 }, (_, n) => n),
    );
    assert.ok(answers.every(({ most }) => most <= 10));
    assert.ok(new Set(answers.map(({ instance }) => instance)).size <= 5);
    assert.ok(answers.every(({ version }) => version === "$LATEST.PUBLISHED"));
    const { LogResult = "" } = await lambda.send(
      new InvokeCommand({ FunctionName: "ten", LogType: "Tail", Payload: '{"n":99}' }),
    );
    const lines = Buffer.from(LogResult, "base64").toString().trim().split("\n");
    const events = lines.map((line) => JSON.parse(line));
    assert.deepEqual(
      events.map(({ type, level }) => type ?? level),
      ["platform.start", "INFO", "platform.report"],
    );
  });

  it("Python runs each in a process of its own", { skip: lacksPython }, async () => {
    const code = `
import time
def handler(event, context):
    print("event", event["n"])
    time.sleep(event.get("ms", 0) / 1000)
    return {"n": event["n"], "instance": context.log_stream_name}
`;
    await create(
      "snake",
      {
        Runtime: "python3.13",
        Handler: "app.handler",
        Timeout: 20,
        Code: { ZipFile: await zipOf({ "app.py": code }) },
      },
      5,
    );
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, n) => invoke("snake", { n, ms: 300 })),
    );
    assert.deepEqual(
      answers.map(({ n }) => n),
      [0, 1, 2, 3, 4],
    );
    assert.equal(new Set(answers.map(({ instance }) => instance)).size, 1);
  });

  it("a custom runtime asks for as many as it may have", { skip: lacksPython }, async () => {
    await create(
      "own-runtime",
      {
        Runtime: "provided.al2023",
        Timeout: 20,
        Code: { ZipFile: await zipOf({ bootstrap: BOOTSTRAP }, 0o100755) },
      },
      4,
    );
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, n) => invoke("own-runtime", { n, ms: 300 })),
    );
    assert.deepEqual(
      answers.map(({ n }) => n),
      [0, 1, 2, 3],
    );
    assert.equal(new Set(answers.map(({ instance }) => instance)).size, 1);
  });

  it("a provider is a share of the machine: its functions have so many processors together", async () => {
    await createProvider("small", { CapacityProviderScalingConfig: { MaxVCpuCount: 2 } });
    const on = (more = {}) => ({
      CapacityProviderConfig: {
        LambdaManagedInstancesCapacityProviderConfig: {
          CapacityProviderArn: `${ARN}small`,
          PerExecutionEnvironmentMaxConcurrency: 2,
          ...more,
        },
      },
    });
    await create("small-a", { ...on(), Timeout: 10 });
    await create("small-b", { ...on(), Timeout: 10 });
    await assert.rejects(
      create("small-c", { ...on(), MemorySize: 6_144 }),
      refused("InvalidParameterValueException", /needs 3 vCPUs/),
    );
    const eight = (name: string) =>
      Promise.all(Array.from({ length: 8 }, (_, n) => invoke(name, { n, ms: 50 })));
    const first = await eight("small-a");
    assert.ok(new Set(first.map(({ instance }) => instance)).size <= 2);
    // The idle ones of the other function make room.
    const second = await eight("small-b");
    assert.ok(new Set(second.map(({ instance }) => instance)).size <= 2);
    await active("small");
    await lambda.send(
      new UpdateCapacityProviderCommand({
        CapacityProviderName: "small",
        CapacityProviderScalingConfig: { MaxVCpuCount: 4 },
      }),
    );
    const third = await eight("small-a");
    assert.ok(new Set(third.map(({ instance }) => instance)).size <= 4);
  });

  it("an event that is invoked asynchronously runs what was published", async () => {
    await create("later", {}, 3);
    const { StatusCode } = await lambda.send(
      new InvokeCommand({ FunctionName: "later", InvocationType: "Event", Payload: '{"n":7}' }),
    );
    assert.equal(StatusCode, 202);
    // The same process, once it has run the event.
    for (let seen: readonly number[] = []; !seen.includes(7); ) {
      const answer = await invoke("later", { n: 8 });
      assert.equal(answer.version, "$LATEST.PUBLISHED");
      seen = answer.seen;
    }
  });

  it("a function says what it is, with its defaults", async () => {
    const made = await create("plain");
    assert.equal(made.Version, "$LATEST.PUBLISHED");
    const latest = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: "plain" }),
    );
    assert.equal(latest.MemorySize, 2048);
    assert.equal(latest.LoggingConfig?.LogFormat, "JSON");
    assert.deepEqual(latest.CapacityProviderConfig, {
      LambdaManagedInstancesCapacityProviderConfig: {
        CapacityProviderArn: `${ARN}shared`,
        PerExecutionEnvironmentMaxConcurrency: 64,
        ExecutionEnvironmentMemoryGiBPerVCpu: 2,
      },
    });
    await waitUntilFunctionActiveV2(
      { client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.2 },
      { FunctionName: "plain", Qualifier: "$LATEST.PUBLISHED" },
    );
    await lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: "plain", MemorySize: 20_480 }),
    );
    await waitUntilFunctionUpdatedV2(
      { client: lambda, maxWaitTime: 10 },
      { FunctionName: "plain" },
    );
    const larger = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: "plain" }),
    );
    const config = larger.CapacityProviderConfig?.LambdaManagedInstancesCapacityProviderConfig;
    assert.equal(config?.PerExecutionEnvironmentMaxConcurrency, 640);
    assert.equal(larger.State, "ActiveNonInvocable");
  });

  it("only what was published is invoked", async () => {
    await create("staged", { PublishTo: undefined }, 4);
    await assert.rejects(
      invoke("staged", {}),
      refused("ResourceNotFoundException", /function:staged:\$LATEST\.PUBLISHED/),
    );
    await assert.rejects(
      invoke("staged", {}, "$LATEST"),
      refused("ResourceConflictException", /ActiveNonInvocable/),
    );
    const asLatest = { FunctionName: "staged", PublishTo: "LATEST_PUBLISHED" } as const;
    const published = await lambda.send(new PublishVersionCommand(asLatest));
    assert.match(published.FunctionArn ?? "", /:staged:\$LATEST\.PUBLISHED$/);
    assert.equal((await invoke("staged", {})).version, "$LATEST.PUBLISHED");
    const first = await lambda.send(new PublishVersionCommand({ FunctionName: "staged" }));
    assert.equal(first.Version, "1");
    assert.equal((await invoke("staged", {}, "1")).version, "1");
    await lambda.send(
      new CreateAliasCommand({
        FunctionName: "staged",
        Name: "live",
        FunctionVersion: "$LATEST.PUBLISHED",
      }),
    );
    assert.equal((await invoke("staged", {}, "live")).version, "$LATEST.PUBLISHED");

    // New code: what was published last goes on until it is published again.
    const newer = await zipOf({ "index.mjs": "export const handler = async () => ({ n: 2 });" });
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "staged", ZipFile: newer }));
    assert.equal((await invoke("staged", { n: 1 })).n, 1);
    await lambda.send(new PublishVersionCommand(asLatest));
    assert.equal((await invoke("staged", { n: 1 })).n, 2);

    const { Versions = [] } = await lambda.send(
      new ListVersionsByFunctionCommand({ FunctionName: "staged" }),
    );
    assert.deepEqual(
      Versions.map(({ Version }) => Version),
      ["$LATEST", "$LATEST.PUBLISHED", "1"],
    );
    const on = await lambda.send(
      new ListFunctionVersionsByCapacityProviderCommand({ CapacityProviderName: "shared" }),
    );
    assert.equal(on.CapacityProviderArn, `${ARN}shared`);
    assert.deepEqual(
      on.FunctionVersions?.filter(({ FunctionArn }) => FunctionArn?.includes(":staged:")).map(
        ({ FunctionArn, State }) => [FunctionArn?.split(":staged:")[1], State],
      ),
      [
        ["$LATEST", "ActiveNonInvocable"],
        ["$LATEST.PUBLISHED", "Active"],
        ["1", "Active"],
      ],
    );
    await assert.rejects(
      lambda.send(new DeleteCapacityProviderCommand({ CapacityProviderName: "shared" })),
      refused("ResourceConflictException", /cannot be deleted/),
    );
  });

  it("a reservation counts invocations, not instances", async () => {
    await create("limited", {}, 20);
    await invoke("limited", {});
    await lambda.send(
      new PutFunctionConcurrencyCommand({
        FunctionName: "limited",
        ReservedConcurrentExecutions: 3,
      }),
    );
    const told = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) => invoke("limited", { n, ms: 300 })),
    );
    const refusals = told.filter(({ status }) => status === "rejected");
    assert.equal(refusals.length, 5);
    for (const one of refusals)
      assert.equal((one as PromiseRejectedResult).reason.name, "TooManyRequestsException");
  });

  it("what does not go together is refused", async () => {
    const bad = "InvalidParameterValueException";
    await assert.rejects(create("no", { MemorySize: 1024 }), refused(bad, /at least 2048/));
    await assert.rejects(create("no", { Runtime: "nodejs20.x" }), refused(bad, /nodejs20.x/));
    await assert.rejects(
      create("no", { Runtime: "python3.13", SnapStart: { ApplyOn: "PublishedVersions" } }),
      refused(bad, /SnapStart/),
    );
    await assert.rejects(
      create("no", { LoggingConfig: { LogFormat: "Text" } }),
      refused(bad, /LogFormat/),
    );
    await assert.rejects(create("no", { Architectures: ["arm64"] }), refused(bad, /arm64/));
    const arn = (CapacityProviderArn: string, more = {}) => ({
      CapacityProviderConfig: {
        LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn, ...more },
      },
    });
    await assert.rejects(
      create("no", arn(`${ARN}nobody`)),
      refused("ResourceNotFoundException", /Capacity provider not found/),
    );
    await assert.rejects(
      create("no", arn(`${ARN}shared`, { ExecutionEnvironmentMemoryGiBPerVCpu: 8 })),
      refused(bad, /less than one vCPU/),
    );
    for (const PerExecutionEnvironmentMaxConcurrency of [-1, 1_601])
      await assert.rejects(
        create("no", arn(`${ARN}shared`, { PerExecutionEnvironmentMaxConcurrency })),
        refused("ValidationException", /perExecutionEnvironmentMaxConcurrency/i),
      );
    await assert.rejects(
      create("no", { CapacityProviderConfig: undefined }),
      refused(bad, /PublishTo/),
    );
    await create("set", {}, 2);
    await lambda.send(new PublishVersionCommand({ FunctionName: "set" }));
    await assert.rejects(
      lambda.send(
        new PutProvisionedConcurrencyConfigCommand({
          FunctionName: "set",
          Qualifier: "1",
          ProvisionedConcurrentExecutions: 1,
        }),
      ),
      refused(bad, /Provisioned Concurrency is not supported/),
    );
    await lambda.send(
      new DeleteFunctionCommand({ FunctionName: "set", Qualifier: "$LATEST.PUBLISHED" }),
    );
    await assert.rejects(invoke("set", {}), refused("ResourceNotFoundException", /PUBLISHED/));
  });
});
