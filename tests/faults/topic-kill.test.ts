/** Power cuts while topics are published to: what was acknowledged reaches every queue whose filter takes it. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  CreateTopicCommand,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { clientSettings, startPlatform } from "../platform.ts";
import { seeded } from "../random.ts";

const ROUNDS = Number(process.env["FAULT_ROUNDS"] ?? 4);
const CALLERS = 8;
const ACCOUNT = "000000000000";
const topicArn = (name: string) => `arn:aws:sns:us-east-1:${ACCOUNT}:${name}`;
const queueArn = (name: string) => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`;

/** `kind` decides which queues get a message; `id`s of one caller grow. */
interface Sent {
  readonly id: string;
  readonly kind: "odd" | "even";
  readonly fifo: boolean;
}

test(`${ROUNDS} rounds of kill -9 while topics are published to lose no acknowledged message`, {
  timeout: 60_000 + ROUNDS * 20_000,
}, async (context) => {
  const dataDir = await mkdtemp(join(tmpdir(), "yunque-topics-"));
  context.after(() => rm(dataDir, { recursive: true, force: true }));
  const start = async () => {
    const platform = await startPlatform({ dataDir });
    context.after(() => platform.kill());
    const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
    return { platform, sns: new SNSClient(settings), sqs: new SQSClient(settings) };
  };
  const random = seeded(2027);
  const acknowledged: Sent[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { platform, sns, sqs } = await start();
    if (round === 0) await setUp(sns, sqs);
    const enough = acknowledged.length + 50 + Math.floor(random() * 300);
    let alive = true;
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      const fifo = caller % 2 === 0;
      for (let n = 0; alive; n++) {
        const messages = Array.from({ length: caller < 4 ? 1 : 3 }, (_, index): Sent => {
          const id = `${caller} ${round * 1_000_000 + n * 10 + index}`;
          return { id, kind: (n + index) % 2 === 0 ? "even" : "odd", fifo };
        });
        await publish(sns, messages, `g${caller}`).then(
          () => acknowledged.push(...messages),
          () => (alive = false),
        );
      }
    });
    while (alive && acknowledged.length < enough)
      await new Promise((resolve) => setTimeout(resolve, 2));
    await platform.kill();
    alive = false;
    await Promise.all(callers);
    sns.destroy();
    sqs.destroy();
  }

  const { platform, sns, sqs } = await start();
  const expected = (queue: string) =>
    acknowledged.filter(
      ({ kind, fifo }) => fifo === queue.endsWith(".fifo") && (queue !== "even" || kind === "even"),
    );
  for (const queue of ["all", "even", "all.fifo"]) {
    const wanted = new Set(expected(queue).map(({ id }) => id));
    const got = await drain(sqs, queue, wanted);
    const lost = [...wanted].filter((id) => !got.includes(id));
    assert.deepEqual(lost, [], `${queue} lost ${lost.length} of ${wanted.size}`);
    context.diagnostic(`${queue}: ${wanted.size} acknowledged, ${got.length} received`);
    if (!queue.endsWith(".fifo")) continue;
    for (let caller = 0; caller < CALLERS; caller += 2) {
      const own = got.filter((id) => id.startsWith(`${caller} `)).map((id) => id.split(" ")[1]);
      assert.deepEqual(
        own.map(Number),
        own.map(Number).toSorted((a, b) => a - b),
        `g${caller}`,
      );
      assert.equal(new Set(own).size, own.length, `g${caller} has a message twice`);
    }
  }
  sns.destroy();
  sqs.destroy();
  await platform.stop();
});

async function setUp(sns: SNSClient, sqs: SQSClient): Promise<void> {
  const fifo = { FifoTopic: "true", ContentBasedDeduplication: "true" };
  await sns.send(new CreateTopicCommand({ Name: "t" }));
  await sns.send(new CreateTopicCommand({ Name: "t.fifo", Attributes: fifo }));
  const queues: [name: string, topic: string, attributes: Record<string, string>][] = [
    ["all", "t", {}],
    ["even", "t", { FilterPolicy: '{"kind":["even"]}' }],
    ["all.fifo", "t.fifo", {}],
  ];
  for (const [name, topic, attributes] of queues) {
    const Attributes = name.endsWith(".fifo") ? { FifoQueue: "true" } : undefined;
    await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }));
    await sns.send(
      new SubscribeCommand({
        TopicArn: topicArn(topic),
        Protocol: "sqs",
        Endpoint: queueArn(name),
        Attributes: { RawMessageDelivery: "true", ...attributes },
      }),
    );
  }
}

async function publish(sns: SNSClient, messages: readonly Sent[], group: string): Promise<void> {
  const entries = messages.map(({ id, kind, fifo }, index) => ({
    Id: String(index),
    Message: id,
    MessageAttributes: { kind: { DataType: "String", StringValue: kind } },
    ...(fifo ? { MessageGroupId: group } : {}),
  }));
  const TopicArn = topicArn(messages[0]?.fifo === true ? "t.fifo" : "t");
  const [first] = entries;
  if (first !== undefined && entries.length === 1) {
    const { Id: _, ...message } = first;
    await sns.send(new PublishCommand({ TopicArn, ...message }));
    return;
  }
  const { Failed } = await sns.send(
    new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: entries }),
  );
  assert.deepEqual(Failed, []);
}

/** Every message of a queue, in the order in which they come, until all that are wanted are there and no more come. */
async function drain(sqs: SQSClient, name: string, wanted: ReadonlySet<string>): Promise<string[]> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
  const got: string[] = [];
  const left = new Set(wanted);
  for (let empty = 0; left.size > 0 ? empty < 10 : empty < 1; ) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: left.size > 0 ? 1 : 0,
      }),
    );
    empty = Messages.length === 0 ? empty + 1 : 0;
    for (const { Body = "" } of Messages) {
      got.push(Body);
      left.delete(Body);
    }
    if (Messages.length > 0)
      await sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl,
          Entries: Messages.map(({ ReceiptHandle }, index) => ({
            Id: String(index),
            ReceiptHandle,
          })),
        }),
      );
  }
  return got;
}
