/** Power cuts in the middle of messages on their way to functions: all are processed, in order where there is one. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { CreateEventSourceMappingCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform } from "../platform.ts";
import { seeded } from "../random.ts";

const ROUNDS = Number(process.env["FAULT_ROUNDS"] ?? 3);
const GROUPS = 4;
/** Tells the watcher what it has processed; what is poisonous fails. */
const HANDLER = `
const http = require("node:http");
const agent = new http.Agent({ keepAlive: true });
const tell = (what) =>
  new Promise((resolve, reject) => {
    http.get(process.env.WATCHER + what, { agent }, (answer) => answer.resume().once("end", resolve)).once("error", reject);
  });
exports.handler = async ({ Records }) => {
  const batchItemFailures = [];
  for (const { messageId, kinesis, body = Buffer.from(kinesis.data, "base64").toString() } of Records)
    if (body.startsWith("poison")) batchItemFailures.push({ itemIdentifier: messageId });
    else await tell("/" + body);
  return { batchItemFailures };
};`;

test(`${ROUNDS} rounds of kill -9 between queues and functions lose no message`, {
  timeout: 90_000 + ROUNDS * 20_000,
}, async (context) => {
  const dataDir = await mkdtemp(join(tmpdir(), "yunque-mappings-"));
  const ended: string[] = [];
  const server = createServer((request, response) => {
    ended.push(request.url?.slice(1) ?? "");
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const WATCHER = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  context.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const start = async () => {
    const platform = await startPlatform({ dataDir });
    context.after(() => platform.kill());
    return platform;
  };
  const random = seeded(2026);
  const acknowledged = new Set<string>();
  let platform = await start();
  const urls = await prepare(platform.origin, WATCHER);
  const urlOf = (url: string) => url.replace(/^https?:\/\/[^/]+/, platform.origin);
  let next = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const sqs = new SQSClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    let alive = true;
    const send = async (url: string, fifo: boolean) => {
      while (alive) {
        const first = next;
        next += 10;
        const Entries = Array.from({ length: 10 }, (_, n) => {
          const poison = !fifo && random() < 0.02;
          const body = `${poison ? "poison" : fifo ? "fifo" : "fine"}-${first + n}`;
          const more = {
            MessageGroupId: `g${(first + n) % GROUPS}`,
            MessageDeduplicationId: body,
          };
          return { Id: String(n), MessageBody: body, ...(fifo ? more : {}) };
        });
        await sqs.send(new SendMessageBatchCommand({ QueueUrl: urlOf(url), Entries })).then(
          ({ Successful = [] }) => {
            for (const { Id } of Successful)
              acknowledged.add(Entries[Number(Id)]?.MessageBody ?? "");
          },
          () => {},
        );
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const kinesis = new KinesisClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    const put = async () => {
      while (alive) {
        const first = next;
        next += 10;
        const bodies = Array.from({ length: 10 }, (_, n) => `stream-${first + n}`);
        const Records = bodies.map((body, n) => ({
          PartitionKey: `g${(first + n) % GROUPS}`,
          Data: Buffer.from(body),
        }));
        await kinesis.send(new PutRecordsCommand({ StreamName: "stream", Records })).then(
          (answer) => {
            for (const [n, { ErrorCode }] of (answer.Records ?? []).entries())
              if (ErrorCode === undefined) acknowledged.add(bodies[n] ?? "");
          },
          () => {},
        );
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    const senders = [send(urls.standard, false), send(urls.fifo, true), put()];
    const enough = ended.length + 20 + Math.floor(random() * 150);
    await condition("processed messages", () => ended.length >= enough);
    await platform.kill();
    alive = false;
    await Promise.all(senders);
    sqs.destroy();
    kinesis.destroy();
    platform = await start();
  }
  const fine = [...acknowledged].filter((body) => !body.startsWith("poison"));
  const poison = [...acknowledged].filter((body) => body.startsWith("poison"));
  await condition("all messages", () => {
    const seen = new Set(ended);
    return fine.every((body) => seen.has(body));
  });
  const sqs = new SQSClient(clientSettings(platform.origin));
  context.after(() => sqs.destroy());
  const depth = async (url: string) => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: urlOf(url), AttributeNames: ["All"] }),
    );
    return Number(Attributes["ApproximateNumberOfMessages"]);
  };
  // A batch may have been added whose acknowledgement died with the platform: its poison is there, too.
  while ((await depth(urls.dead)) < poison.length)
    await new Promise((resolve) => setTimeout(resolve, 50));
  for (const kind of ["fifo", "stream"])
    for (let group = 0; group < GROUPS; group += 1) {
      const numbers = [...new Set(ended.filter((body) => body.startsWith(kind)))]
        .map((body) => Number(body.split("-")[1]))
        .filter((number) => number % GROUPS === group);
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      );
    }
  assert.ok(ended.every((body) => !body.startsWith("poison")));
  context.diagnostic(
    `${acknowledged.size} messages acknowledged, ${new Set(ended).size} processed, ${ended.length - new Set(ended).size} of them again, ${poison.length} poisonous`,
  );
});

async function prepare(origin: string, WATCHER: string) {
  const lambda = new LambdaClient(clientSettings(origin));
  const sqs = new SQSClient(clientSettings(origin));
  const queue = async (QueueName: string, Attributes: Record<string, string> = {}) => {
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    return QueueUrl;
  };
  const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
  const dead = await queue("dead");
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: arn("dead"),
    maxReceiveCount: ROUNDS + 4,
  });
  const VisibilityTimeout = "1";
  const standard = await queue("standard", { RedrivePolicy, VisibilityTimeout });
  const fifo = await queue("ordered.fifo", { FifoQueue: "true", VisibilityTimeout: "30" });
  const Environment = { Variables: { WATCHER } };
  const FunctionName = "f";
  await deploy(lambda, FunctionName, { "index.js": HANDLER }, { Timeout: 1, Environment });
  for (const EventSourceArn of [arn("standard"), arn("ordered.fifo")])
    await lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName,
        EventSourceArn,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
      }),
    );
  const kinesis = new KinesisClient(clientSettings(origin));
  await kinesis.send(new CreateStreamCommand({ StreamName: "stream", ShardCount: 1 }));
  for (;;) {
    const { StreamDescriptionSummary: summary } = await kinesis.send(
      new DescribeStreamSummaryCommand({ StreamName: "stream" }),
    );
    if (summary?.StreamStatus === "ACTIVE") break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await lambda.send(
    new CreateEventSourceMappingCommand({
      FunctionName,
      EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/stream",
      StartingPosition: "TRIM_HORIZON",
      BatchSize: 10,
      ParallelizationFactor: 2,
    }),
  );
  kinesis.destroy();
  lambda.destroy();
  sqs.destroy();
  return { dead, standard, fifo };
}

async function condition(what: string, holds: () => boolean): Promise<void> {
  const until = performance.now() + 90_000;
  while (!holds()) {
    if (performance.now() > until) throw new Error(`no progress: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
