import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  LambdaClient,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { CreateQueueCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import { createEventSources } from "../../packages/server/src/links/event-sources.ts";
import { queueSource } from "../../packages/server/src/links/queues.ts";
import { systemClock as clock } from "../../packages/server/src/ports/clock.ts";
import { createPollers } from "../../packages/server/src/services/pollers/index.ts";
import { createMessageQueues } from "../../packages/server/src/services/queues/index.ts";
import { deploy } from "../../tests/deploy.ts";
import { clientSettings, startPlatform } from "../../tests/platform.ts";
import {
  type BenchOptions,
  type Figure,
  type Measurement,
  quantile,
  UNLIMITED,
} from "../figure.ts";

const TOKEN = "a-token-of-the-bench";
const SENDERS = 16;
const BATCH = 10;
/** About 200 bytes, as a small event is. */
const BODY = JSON.stringify({ name: "skylark", pad: "x".repeat(160) });
const HANDLER = "exports.handler = async ({ Records }) => Records.length;";
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:bench";

/** Messages that wait in a queue, until all of them were processed, beside the same without a function. */
export const figure: Figure = {
  name: "esm",
  describe: "SQS to Lambda by a mapping, batches of 10; floor: receive and delete without invoking",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const messages = quick ? 1000 : 40_000;
    const rounds = quick ? 1 : 3;
    const platform = await startPlatform({
      flags: UNLIMITED,
      env: { YUNQUE_ADMIN_TOKEN: TOKEN },
    });
    const settings = clientSettings(platform.origin);
    const lambda = new LambdaClient(settings);
    const sqs = new SQSClient(settings);
    try {
      const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "bench" }));
      await deploy(lambda, "bench", { "index.js": HANDLER }, { MemorySize: 1_769 });
      const { UUID = "" } = await lambda.send(
        new CreateEventSourceMappingCommand({
          FunctionName: "bench",
          EventSourceArn: QUEUE,
          BatchSize: BATCH,
          Enabled: false,
        }),
      );
      const rates: number[] = [];
      const floors: number[] = [];
      for (let round = 1; round <= rounds; round++) {
        progress(`round ${round} of ${rounds}`);
        floors.push(await withoutFunction(messages));
        await fill(sqs, QueueUrl, messages);
        rates.push(await drain(lambda, platform.origin, UUID, messages));
      }
      const value = quantile(rates, 0.5);
      return [
        {
          name: `${messages} messages that wait`,
          value,
          unit: "messages/s",
          floor: quantile(floors, 0.5),
          floorName: "the same poller, receiving and deleting without a function",
          target: ">= 5,000",
          met: value >= 5000,
        },
      ];
    } finally {
      lambda.destroy();
      sqs.destroy();
      await platform.stop();
    }
  },
};

async function fill(sqs: SQSClient, QueueUrl: string, messages: number): Promise<void> {
  let left = messages;
  const sender = async () => {
    while (left > 0) {
      left -= BATCH;
      const Entries = Array.from({ length: BATCH }, (_, n) => ({
        Id: String(n),
        MessageBody: BODY,
      }));
      await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

/** Messages per second from the moment at which the mapping is enabled to the last one's deletion. */
async function drain(
  lambda: LambdaClient,
  origin: string,
  UUID: string,
  messages: number,
): Promise<number> {
  const before = await deleted(origin);
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
  const started = performance.now();
  while ((await deleted(origin)) < before + messages)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const rate = (messages * 1000) / (performance.now() - started);
  await state(lambda, UUID, "Enabled");
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  await state(lambda, UUID, "Disabled");
  return rate;
}

async function state(lambda: LambdaClient, UUID: string, wanted: string): Promise<void> {
  while ((await lambda.send(new GetEventSourceMappingCommand({ UUID }))).State !== wanted)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

async function deleted(origin: string): Promise<number> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const text = await (await fetch(`${origin}/_yunque/metrics`, { headers })).text();
  return Number(/^yunque_deleted_event_count_total\{.*\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** The same poller on a queue of its own, whose messages are done as soon as they come. */
async function withoutFunction(messages: number): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "yunque-bench-esm-"));
  const engine = await openEmbeddedEngine({ directory });
  const onDefect = (error: unknown) => console.error(error);
  const queues = createMessageQueues({ ...engine, clock, onDefect });
  const ref = { account: "000000000000", region: "us-east-1", name: "bench" };
  await queues.create(ref, { attributes: {}, tags: {} });
  const batch = Array.from({ length: BATCH }, () => ({ body: BODY }));
  let left = messages;
  const sender = async () => {
    while (left > 0) {
      left -= BATCH;
      await queues.send(ref, batch, { senderId: "bench", batch: true });
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  const sources = createEventSources({ queues: { sqs: () => queueSource(queues) }, streams: {} });
  const started = performance.now();
  await new Promise<void>((resolve) => {
    let count = 0;
    const poller = createPollers({ clock, ...sources }).queue({
      queueArn: QUEUE,
      batchSize: BATCH,
      windowMs: 0,
      concurrency: { first: 5, most: 1000, shrinks: true },
      prepare: ({ body }) => JSON.stringify({ body }),
      process: async () => ({ kind: "done", failed: new Set() }),
      polled() {},
      deleted(some) {
        count += some;
        if (count >= messages) void poller.close(0).then(() => resolve());
      },
      trouble: onDefect,
      gone() {},
    });
  });
  const rate = (messages * 1000) / (performance.now() - started);
  await queues.close();
  await engine.close();
  await rm(directory, { recursive: true, force: true });
  return rate;
}
