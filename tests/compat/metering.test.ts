/** Real invocations, Lambda's metrics of them by AWS's client, and what they cost. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import {
  CreateAliasCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
} from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const FunctionName = "metered";
const TOKEN = "a-token-of-the-metering-test-0123456789";
const CODE = `export const handler = async (event) => {
  console.log(JSON.stringify({
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        { Namespace: "Shop", Dimensions: [["service"]], Metrics: [{ Name: "Sold", Unit: "Count" }] },
      ],
    },
    service: "orders",
    Sold: 7,
  }));
  if (event.fail) throw new Error("on purpose");
  return event;
};`;

for (const workers of [0, 2])
  describe(`metering with --workers ${workers}`, () => {
    let platform: TestPlatform;
    let lambda: LambdaClient;
    let cloudWatch: CloudWatchClient;
    const reports: number[] = [];

    before(async () => {
      platform = await startPlatform({
        flags: ["--workers", String(workers)],
        env: { YUNQUE_ADMIN_TOKEN: TOKEN },
      });
      const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
      lambda = new LambdaClient(settings);
      cloudWatch = new CloudWatchClient(settings);
      await deploy(lambda, FunctionName, { "index.mjs": CODE });
      await lambda.send(new PublishVersionCommand({ FunctionName }));
      await lambda.send(
        new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }),
      );
      for (let at = 0; at < 6; at++) {
        const { LogResult = "" } = await lambda.send(
          new InvokeCommand({
            FunctionName,
            LogType: "Tail",
            Payload: Buffer.from(JSON.stringify({ fail: at === 5 })),
            ...(at % 2 === 1 ? { Qualifier: "live" } : {}),
          }),
        );
        const log = Buffer.from(LogResult, "base64").toString();
        reports.push(Number(/Billed Duration: (\d+) ms/.exec(log)?.[1]));
      }
    });
    after(async () => {
      lambda.destroy();
      cloudWatch.destroy();
      await platform.stop();
    });

    async function sum(
      MetricName: string,
      dimensions: Record<string, string>,
      Namespace = "AWS/Lambda",
    ) {
      const { Datapoints = [] } = await cloudWatch.send(
        new GetMetricStatisticsCommand({
          Namespace,
          MetricName,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          StartTime: new Date(Date.now() - 600_000),
          EndTime: new Date(Date.now() + 60_000),
          Period: 60,
          Statistics: ["Sum"],
        }),
      );
      return Datapoints.reduce((all, { Sum = 0 }) => all + Sum, 0);
    }
    const ask = async (path: string) =>
      fetch(`${platform.origin}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });

    it("tells Lambda's metrics", { timeout: 20_000 }, async () => {
      while ((await sum("Invocations", { FunctionName })) < 6)
        await new Promise((resolve) => setTimeout(resolve, 100));
      const live = { FunctionName, Resource: `${FunctionName}:live` };
      assert.equal(await sum("Invocations", live), 3);
      assert.equal(await sum("Invocations", { ...live, ExecutedVersion: "1" }), 3);
      assert.equal(await sum("Errors", { FunctionName }), 1);
      assert.equal(await sum("Throttles", { FunctionName }), 0);
    });

    it("reads the metrics inside of log lines", { timeout: 20_000 }, async () => {
      while ((await sum("Sold", { service: "orders" }, "Shop")) < 42)
        await new Promise((resolve) => setTimeout(resolve, 100));
      assert.equal(await sum("Sold", { service: "orders" }, "Shop"), 42);
    });

    it("meters what the REPORT lines say", async () => {
      const { total, parts } = (await (await ask("/_yunque/cost?by=alias")).json()) as {
        total: { requests: number; gbSeconds: number };
        parts: { name: string }[];
      };
      const billed = reports.reduce((all, one) => all + one, 0);
      assert.equal(total.requests, 6);
      const memory = (total.gbSeconds * 1000 * 1024) / billed;
      assert.ok(Math.abs(memory - Math.round(memory)) < 1e-6, `${memory} MB`);
      assert.equal(Math.round(memory) % 64, 0);
      assert.deepEqual(parts.map(({ name }) => name).sort(), [
        FunctionName,
        `${FunctionName}:live`,
      ]);
    });

    it("/metrics has them, too, with the token", async () => {
      const text = await (await ask("/metrics")).text();
      assert.match(text, /yunque_invocations_total\{[^}]*function_name="metered"\} 6\n/);
      assert.equal((await fetch(`${platform.origin}/metrics`)).status, 401);
    });
  });
