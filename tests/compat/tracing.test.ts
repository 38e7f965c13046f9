/** Traces of real functions: what the platform tells by itself, and what AWS's X-Ray SDK adds from inside of a function. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateEventSourceMappingCommand,
  CreateFunctionUrlConfigCommand,
  InvokeCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  CreateTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import {
  BatchGetTracesCommand,
  CreateSamplingRuleCommand,
  GetServiceGraphCommand,
  GetTraceSummariesCommand,
  XRayClient,
} from "@aws-sdk/client-xray";
import { build } from "esbuild";
import { deploy, letEverybodyCall } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

interface Told {
  readonly id: string;
  readonly parent_id?: string;
  readonly name: string;
  readonly origin?: string;
  readonly fault?: boolean;
  readonly annotations?: object;
  readonly subsegments?: readonly Told[];
}

const ROOT = "1-58406520-a006649127e371903a2de979";
const header = (root: string, sampled: number) => `Root=${root};Sampled=${sampled}`;

for (const flags of [[], ["--workers", "2"]])
  describe(`tracing ${flags.join(" ")}`, () => {
    let platform: TestPlatform;
    let lambda: LambdaClient;
    let xray: XRayClient;

    before(async () => {
      platform = await startPlatform({ flags });
      const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
      lambda = new LambdaClient(settings);
      xray = new XRayClient(settings);
    });
    after(async () => {
      lambda.destroy();
      xray.destroy();
      await platform.stop();
    });

    /** Asks until the trace has what is waited for. */
    async function traceOf(
      root: string,
      whole: (all: readonly Told[]) => boolean,
    ): Promise<Told[]> {
      for (const end = Date.now() + 15_000; ; ) {
        const { Traces = [] } = await xray.send(new BatchGetTracesCommand({ TraceIds: [root] }));
        const all = (Traces[0]?.Segments ?? []).map(({ Document = "" }) => JSON.parse(Document));
        if (whole(all)) return all;
        assert.ok(Date.now() < end, `the trace stays ${JSON.stringify(all, null, 1)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }

    /** Invokes with these headers, and answers the trace header that the handler saw. */
    async function invoke(name: string, headers: Record<string, string>) {
      const command = new InvokeCommand({ FunctionName: name });
      command.middlewareStack.add(
        (next) => (args) => {
          Object.assign((args.request as { headers: object }).headers, headers);
          return next(args);
        },
        { step: "build" },
      );
      const { Payload, FunctionError } = await lambda.send(command);
      return { body: Payload && JSON.parse(Payload.transformToString()), FunctionError };
    }
    const ECHO = "export const handler = async () => process.env._X_AMZN_TRACE_ID;";

    it("tells of a sampled invocation: Lambda, its function, and a cold start in steps", async () => {
      await deploy(lambda, "echo", { "index.mjs": ECHO });
      const { body } = await invoke("echo", { "x-amzn-trace-id": header(ROOT, 1) });
      const [service, work] = (await traceOf(ROOT, (all) => all.length === 2)).sort((a) =>
        a.origin === "AWS::Lambda" ? -1 : 1,
      );
      assert.equal(service?.origin, "AWS::Lambda");
      assert.equal(work?.origin, "AWS::Lambda::Function");
      assert.equal(work?.parent_id, service?.id);
      assert.match(body, new RegExp(`^Root=${ROOT};Parent=${work?.id};Sampled=1;Lineage=`));
      assert.deepEqual(
        work?.subsegments?.map(({ name, subsegments = [] }) => [name, subsegments.length]),
        [
          ["Initialization", 3],
          ["Invocation", 0],
          ["Overhead", 0],
        ],
      );
    });

    it("tells nothing of what is not sampled, and samples nothing that nobody asked for", async () => {
      const { body } = await invoke("echo", { "x-amzn-trace-id": header(other(1), 0) });
      assert.match(body, /Sampled=0/);
      assert.match((await invoke("echo", {})).body, /Sampled=0/);
      await invoke("echo", { "x-amzn-trace-id": header(other(2), 1) });
      await traceOf(other(2), (all) => all.length === 2); // everything before it is written, too
      const none = await xray.send(new BatchGetTracesCommand({ TraceIds: [other(1)] }));
      assert.deepEqual(none.Traces, []);
    });

    it("goes on with W3C's traceparent", async () => {
      const traceparent = `00-${other(3).replace(/^1-|-/g, "")}-00f067aa0ba902b7-01`;
      await invoke("echo", { traceparent });
      const all = await traceOf(other(3), (all) => all.length === 2);
      assert.ok(all.some(({ parent_id }) => parent_id === "00f067aa0ba902b7"));
    });

    it("takes what AWS's X-Ray SDK sends from inside of a function", async () => {
      const code = await bundled(`
      const xray = require("aws-xray-sdk-core");
      exports.handler = async () => {
        const segment = xray.getSegment();
        await xray.captureAsyncFunc("work", async (sub) => {
          sub.addAnnotation("kind", "official");
          sub.close();
        }, segment);
        throw new RangeError("broken");
      };`);
      await deploy(
        lambda,
        "official",
        { "index.js": code },
        { TracingConfig: { Mode: "Active" }, Timeout: 30 },
      );
      const { FunctionError } = await invoke("official", {
        "x-amzn-trace-id": header(other(4), 1),
      });
      assert.equal(FunctionError, "Unhandled");
      const all = await traceOf(other(4), (all) => all.length === 3);
      const work = all.find(({ origin }) => origin === "AWS::Lambda::Function");
      assert.equal(work?.fault, true);
      const own = all.find(({ name }) => name === "work");
      assert.equal(own?.parent_id, work?.id);
      assert.deepEqual(own?.annotations, { kind: "official" });
      const { TraceSummaries } = await xray.send(
        new GetTraceSummariesCommand({
          StartTime: new Date(Date.now() - 3600_000),
          EndTime: new Date(Date.now() + 3600_000),
          FilterExpression:
            'annotation.kind = "official" AND service(id(name: "official", type: "AWS::Lambda::Function")) { fault }',
        }),
      );
      assert.deepEqual(
        TraceSummaries?.map(({ Id }) => Id),
        [other(4)],
      );
    });

    it("takes what Powertools' tracer sends", async () => {
      const code = await bundled(`
      const { Tracer } = require("@aws-lambda-powertools/tracer");
      const tracer = new Tracer({ serviceName: "powerful" });
      exports.handler = async () => {
        const parent = tracer.getSegment();
        const own = parent.addNewSubsegment("## handler");
        tracer.setSegment(own);
        tracer.annotateColdStart();
        tracer.addServiceNameAnnotation();
        tracer.putMetadata("order", { id: 1 });
        own.close();
        tracer.setSegment(parent);
        return tracer.getRootXrayTraceId();
      };`);
      await deploy(lambda, "powerful", { "index.js": code }, { Timeout: 30 });
      const { body } = await invoke("powerful", { "x-amzn-trace-id": header(other(6), 1) });
      assert.equal(body, other(6));
      const all = await traceOf(other(6), (all) => all.length === 3);
      const own = all.find(({ name }) => name === "## handler");
      assert.deepEqual(own?.annotations, { ColdStart: true, Service: "powerful" });
      const work = all.find(({ origin }) => origin === "AWS::Lambda::Function");
      assert.equal(own?.parent_id, work?.id);
    });

    it("is one trace over URL, function, queue, function, bucket and function", async () => {
      const settings = clientSettings(platform.origin);
      const sqs = new SQSClient(settings);
      const s3 = new S3Client({ ...settings, forcePathStyle: true });
      const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "orders" }));
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
      );
      const active = { TracingConfig: { Mode: "Active" }, Timeout: 30 } as const;
      await deploy(
        lambda,
        "first",
        {
          "index.mjs": `import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
          const sqs = new SQSClient({});
          export const handler = async () => {
            await sqs.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE, MessageBody: "x" }));
            return process.env._X_AMZN_TRACE_ID;
          };`,
        },
        { ...active, Environment: { Variables: { QUEUE: QueueUrl } } },
      );
      await deploy(lambda, "second", {
        "index.mjs": `import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
        const s3 = new S3Client({ forcePathStyle: true });
        export const handler = () =>
          s3.send(new PutObjectCommand({ Bucket: "orders-bucket", Key: "k", Body: "x" }));`,
      });
      const third = await deploy(lambda, "third", { "index.mjs": ECHO });
      await lambda.send(
        new CreateEventSourceMappingCommand({
          FunctionName: "second",
          EventSourceArn: Attributes?.["QueueArn"],
        }),
      );
      await s3.send(new CreateBucketCommand({ Bucket: "orders-bucket" }));
      await s3.send(
        new PutBucketNotificationConfigurationCommand({
          Bucket: "orders-bucket",
          NotificationConfiguration: {
            LambdaFunctionConfigurations: [
              { LambdaFunctionArn: third, Events: ["s3:ObjectCreated:*"] },
            ],
          },
        }),
      );
      const { FunctionUrl = "" } = await lambda.send(
        new CreateFunctionUrlConfigCommand({ FunctionName: "first", AuthType: "NONE" }),
      );
      await letEverybodyCall(lambda, "first");
      await xray.send(
        new CreateSamplingRuleCommand({
          SamplingRule: {
            RuleName: "first",
            ResourceARN: "*",
            Priority: 1,
            FixedRate: 1,
            ReservoirSize: 1,
            ServiceName: "first",
            ServiceType: "AWS::Lambda::Function",
            Host: "*",
            HTTPMethod: "*",
            URLPath: "*",
            Version: 1,
          },
        }),
      );
      const path = `/_url/${new URL(FunctionUrl).hostname.split(".")[0]}`;
      const answer = await fetch(platform.origin + path);
      const text = await answer.text();
      const root = /Root=([^;]*)/.exec(text)?.[1] ?? "";
      const all = await traceOf(root, (all) => all.length === 8);
      assert.deepEqual(all.map(({ origin, name }) => `${origin} ${name}`).sort(), [
        "AWS::Lambda first",
        "AWS::Lambda second",
        "AWS::Lambda third",
        "AWS::Lambda::Function first",
        "AWS::Lambda::Function second",
        "AWS::Lambda::Function third",
        "AWS::S3::Bucket orders-bucket",
        "AWS::SQS::Queue orders",
      ]);
      const way: string[] = [];
      let at = all.find(
        ({ name, origin }) => name === "third" && origin === "AWS::Lambda::Function",
      );
      const has = (told: Told, id: string | undefined): boolean =>
        told.id === id || (told.subsegments ?? []).some((each) => each.id === id);
      for (; at !== undefined; at = all.find((each) => has(each, at?.parent_id)))
        way.push(`${at.origin?.split("::").at(-1)} ${at.name}`);
      assert.deepEqual(way.reverse(), [
        "Lambda first",
        "Function first",
        "Queue orders",
        "Lambda second",
        "Function second",
        "Bucket orders-bucket",
        "Lambda third",
        "Function third",
      ]);
      const { Services = [] } = await xray.send(
        new GetServiceGraphCommand({
          StartTime: new Date(Date.now() - 3600_000),
          EndTime: new Date(Date.now() + 60_000),
        }),
      );
      const queue = Services.find(({ Type }) => Type === "AWS::SQS::Queue");
      const next = Services.find(
        ({ ReferenceId }) => ReferenceId === queue?.Edges?.[0]?.ReferenceId,
      );
      assert.deepEqual([next?.Name, next?.Type], ["second", "AWS::Lambda"]);
      sqs.destroy();
      s3.destroy();
    });

    it("goes on over topics and rules", async () => {
      const Endpoint = await deploy(lambda, "told", { "index.mjs": ECHO });
      const settings = clientSettings(platform.origin);
      const sns = new SNSClient(settings);
      sns.middlewareStack.add(
        (next) => (args) => {
          const { headers } = args.request as { headers: Record<string, string> };
          headers["x-amzn-trace-id"] = header(other(7), 1);
          return next(args);
        },
        { step: "build" },
      );
      const { TopicArn } = await sns.send(
        new CreateTopicCommand({ Name: "news", Attributes: { TracingConfig: "Active" } }),
      );
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: "lambda", Endpoint }));
      await sns.send(new PublishCommand({ TopicArn, Message: "x" }));
      const events = new EventBridgeClient(settings);
      const EventPattern = JSON.stringify({ source: ["traced"] });
      await events.send(new PutRuleCommand({ Name: "rule", EventPattern }));
      await events.send(
        new PutTargetsCommand({ Rule: "rule", Targets: [{ Id: "t", Arn: Endpoint }] }),
      );
      const entry = { Source: "traced", DetailType: "d", Detail: "{}" };
      const TraceHeader = header(other(8), 1);
      await events.send(new PutEventsCommand({ Entries: [{ ...entry, TraceHeader }] }));
      for (const [root, origin, name] of [
        [other(7), "AWS::SNS::Topic", "news"],
        [other(8), "AWS::Events::Rule", "rule"],
      ] as const) {
        const all = await traceOf(root, (all) => all.length === 3);
        const hop = all.find((each) => each.origin === origin);
        assert.equal(hop?.name, name);
        assert.ok(all.some((each) => each.origin === "AWS::Lambda" && each.parent_id === hop?.id));
      }
      sns.destroy();
      events.destroy();
    });

    it("puts up with datagrams that are nothing, and answers about sampling over TCP", async () => {
      const { body } = await (async () => {
        await deploy(lambda, "where", {
          "index.mjs": "export const handler = async () => process.env.AWS_XRAY_DAEMON_ADDRESS;",
        });
        return await invoke("where", {});
      })();
      const [host = "", port = ""] = String(body).split(":");
      const socket = createSocket("udp4");
      const send = (text: string) =>
        new Promise((resolve) => socket.send(text, Number(port), host, resolve));
      for (const text of ["", "{}", "\n", '{"format":"json","version":1}\n{', "x".repeat(9_000)])
        await send(text);
      const segment = {
        trace_id: other(5),
        id: "00000000000000aa",
        name: "datagram",
        start_time: 1,
        end_time: 2,
      };
      await send(`{"format": "json", "version": 1}\n${JSON.stringify(segment)}`);
      await traceOf(other(5), (all) => all.length === 1);
      socket.close();
      const rules = await fetch(`http://${body}/GetSamplingRules`, { method: "POST", body: "{}" });
      const { SamplingRuleRecords } = (await rules.json()) as { SamplingRuleRecords: object[] };
      assert.equal(SamplingRuleRecords.length, 2);
      assert.equal((await fetch(`http://${body}/TraceSummaries`, { method: "POST" })).status, 501);
    });
  });

const other = (n: number) => ROOT.slice(0, -1) + n.toString(16);

/** As a deployment package has it: one file with its dependencies. */
async function bundled(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: join(import.meta.dirname, "../..") },
    bundle: true,
    platform: "node",
    format: "cjs",
    write: false,
    external: ["@aws-sdk/*"],
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
