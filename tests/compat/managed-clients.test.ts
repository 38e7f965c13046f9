/** AWS's own runtime client for Go, with several invocations at once, and functions of two worker processes. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  CreateCapacityProviderCommand,
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import { clientSettings, startPlatform } from "../platform.ts";
import { zipOf } from "../zip.ts";
import type { Client } from "./custom-runtimes/client.ts";
import { goConcurrent } from "./custom-runtimes/go-concurrent.ts";

const ROLE = "arn:aws:iam::000000000000:role/r";
const EXECUTABLE = 0o100755;
const root = await mkdtemp(join(tmpdir(), "yunque-go-"));
process.once("exit", () => rmSync(root, { recursive: true, force: true }));
const go = await goConcurrent(root);

describe("AWS's client for Go, behind two workers", {
  skip: "skip" in go ? go.skip : false,
}, () => {
  it("runs as many at once as its function says, each with its own answer and log", async () => {
    await using platform = await started();
    const { lambda } = platform;
    const { CapacityProvider } = await lambda.send(
      new CreateCapacityProviderCommand({
        CapacityProviderName: "shared",
        VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [] },
        PermissionsConfig: { CapacityProviderOperatorRoleArn: ROLE },
      }),
    );
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: "gopher",
        Role: ROLE,
        Runtime: "provided.al2023",
        Handler: "bootstrap",
        Timeout: 20,
        Code: {
          ZipFile: await zipOf((go as Client).code as Record<string, Uint8Array>, EXECUTABLE),
        },
        CapacityProviderConfig: {
          LambdaManagedInstancesCapacityProviderConfig: {
            CapacityProviderArn: CapacityProvider?.CapacityProviderArn,
            PerExecutionEnvironmentMaxConcurrency: 6,
          },
        },
        PublishTo: "LATEST_PUBLISHED",
      }),
    );
    const told = await Promise.all(
      Array.from({ length: 12 }, (_, n) => invoke(lambda, { N: n, Ms: 200, Fail: n === 11 })),
    );
    const failed = told.pop();
    assert.equal(failed?.error, "Unhandled");
    assert.match(JSON.stringify(failed?.value), /refused/);
    for (const [n, { value, log }] of told.entries()) {
      assert.equal(value.n, n);
      assert.ok(value.most <= 6);
      assert.ok(log.includes(`"event ${n}"`), log);
      assert.ok(!log.includes(`"event ${n + 1}"`));
    }
    assert.ok(Math.max(...told.map(({ value }) => value.most)) > 1);
    assert.ok(new Set(told.map(({ value }) => value.instance)).size <= 2);
  });
});

async function started() {
  const platform = await startPlatform({ flags: ["--workers", "2"] });
  const lambda = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
  return {
    lambda,
    async [Symbol.asyncDispose]() {
      lambda.destroy();
      await platform.stop();
    },
  };
}

async function invoke(lambda: LambdaClient, event: object) {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: "gopher", LogType: "Tail", Payload: JSON.stringify(event) }),
  );
  return {
    error: answer.FunctionError,
    value: JSON.parse(answer.Payload?.transformToString() ?? ""),
    log: Buffer.from(answer.LogResult ?? "", "base64").toString(),
  };
}
