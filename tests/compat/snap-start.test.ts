/** SnapStart: published versions are initialised ahead of time, and restored when they are needed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, it, type TestContext } from "node:test";
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  LambdaServiceException,
  PublishVersionCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const HANDLER = `
import os, time
from snapshot_restore_py import register_before_snapshot, register_after_restore

seen = []
made_at = time.time()

@register_before_snapshot
def before():
    seen.append("before")

@register_after_restore
def after():
    if os.environ.get("FAIL") == "restore":
        raise ValueError("no connection")
    seen.append("after")

if os.environ.get("FAIL") == "init":
    raise ValueError("no configuration")

def handler(event, context):
    return {"seen": seen, "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], "madeAt": made_at}
`;

const missing =
  spawnSync("python3", ["--version"]).status === 0 ? undefined : "python3 is not installed";

interface Answer {
  readonly seen: readonly string[];
  readonly type: string;
  readonly madeAt: number;
}

for (const isolation of ["none", "auto"])
  describe(`SnapStart, isolation ${isolation}`, { timeout: 120_000 }, () => {
    let platform: TestPlatform;
    let client: LambdaClient;
    before(async () => {
      platform = await startPlatform({ flags: ["--isolation", isolation] });
      client = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    });
    after(async () => {
      client.destroy();
      await platform.stop();
    });

    const within = (name: string, behaviour: (t: TestContext) => Promise<void>) =>
      it(name, (t) => (missing === undefined ? behaviour(t) : t.skip(missing)));
    const create = (name: string, FAIL = "") =>
      deploy(
        client,
        name,
        { "app.py": HANDLER },
        {
          Runtime: "python3.13",
          Handler: "app.handler",
          MemorySize: 512,
          Environment: { Variables: { FAIL } },
          SnapStart: { ApplyOn: "PublishedVersions" },
        },
      );
    const publish = async (FunctionName: string) =>
      client.send(new PublishVersionCommand({ FunctionName }));
    const settled = async (FunctionName: string) => {
      for (;;) {
        const Qualifier = "1";
        const command = new GetFunctionConfigurationCommand({ FunctionName, Qualifier });
        const configuration = await client.send(command);
        if (configuration.State !== "Pending") return configuration;
      }
    };
    const invoke = async (FunctionName: string, Qualifier?: string) => {
      const { Payload, LogResult = "" } = await client.send(
        new InvokeCommand({ FunctionName, Qualifier, LogType: "Tail" }),
      );
      const value = JSON.parse(Buffer.from(Payload ?? "").toString()) as Answer;
      return { value, log: Buffer.from(LogResult, "base64").toString() };
    };

    within(
      "a published version waits, initialised, and is restored by its first invocation",
      async () => {
        await create("snap");
        const published = await publish("snap");
        assert.equal(published.State, "Pending");
        const times = { client, maxWaitTime: 30, minDelay: 0.05, maxDelay: 0.2 };
        await waitUntilFunctionActiveV2(times, { FunctionName: "snap", Qualifier: "1" });
        const active = await settled("snap");
        assert.deepEqual(active.SnapStart, {
          ApplyOn: "PublishedVersions",
          OptimizationStatus: "On",
        });
        const before = Date.now() / 1_000;
        const { value, log } = await invoke("snap", "1");
        assert.deepEqual(value.seen, ["before", "after"]);
        assert.equal(value.type, "snap-start");
        assert.ok(value.madeAt <= before, "it was initialised before it was invoked");
        assert.match(log, /Restore Duration: [\d.]+ ms\tBilled Restore Duration: \d+ ms\t/);
        assert.doesNotMatch(log, /Init Duration/);
        const again = await invoke("snap", "1");
        assert.deepEqual(again.value, value);
        assert.doesNotMatch(again.log, /Restore/);
      },
    );

    within("$LATEST has no SnapStart", async () => {
      await create("latest");
      const { value, log } = await invoke("latest");
      assert.deepEqual(value.seen, []);
      assert.equal(value.type, "on-demand");
      assert.match(log, /Init Duration/);
    });

    within("a version whose init fails is Failed, and says why", async () => {
      await create("broken", "init");
      await publish("broken");
      const failed = await settled("broken");
      assert.equal(failed.State, "Failed");
      assert.equal(failed.StateReason, "no configuration");
      assert.equal(failed.StateReasonCode, "FunctionError");
      assert.equal(failed.SnapStart?.OptimizationStatus, "Off");
      await assert.rejects(invoke("broken", "1"), { name: "ResourceConflictException" });
    });

    within("a restore whose hook fails is told as Lambda tells it", async () => {
      await create("hook", "restore");
      await publish("hook");
      assert.equal((await settled("hook")).State, "Active");
      await assert.rejects(invoke("hook", "1"), (error) => {
        assert.ok(error instanceof LambdaServiceException);
        assert.equal(error.name, "SnapStartException");
        assert.equal(error.$metadata.httpStatusCode, 400);
        assert.match(error.message, /afterRestore/);
        return true;
      });
    });

    within("several at once are restored, or initialised when too few wait", async () => {
      await create("many");
      await publish("many");
      await settled("many");
      const all = await Promise.all(Array.from({ length: 4 }, () => invoke("many", "1")));
      for (const { value } of all) assert.deepEqual(value.seen, ["before", "after"]);
    });
  });
