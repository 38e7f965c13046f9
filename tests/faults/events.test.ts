/** Power cuts while events are put on a bus: every acknowledged one reaches the queue that its rule names. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { clientSettings, startPlatform } from "../platform.ts";

/** 200 for a figure that is claimed. */
const ROUNDS = Number(process.env["FAULT_ROUNDS"] ?? 3);
const CALLERS = 8;
const ENTRIES = 10;

test(`${ROUNDS} rounds of kill -9 while events are put lose none that was acknowledged`, {
  timeout: 60_000 + ROUNDS * 20_000,
}, async (context) => {
  const dataDir = await mkdtemp(join(tmpdir(), "yunque-bus-"));
  context.after(() => rm(dataDir, { recursive: true, force: true }));
  const start = async () => {
    const platform = await startPlatform({ dataDir });
    context.after(() => platform.kill());
    const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
    return { platform, events: new EventBridgeClient(settings), sqs: new SQSClient(settings) };
  };
  const acknowledged = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const { platform, events, sqs } = await start();
    if (round === 0) await makeRule(events, sqs);
    const enough = acknowledged.size + 200 + round * 50;
    let alive = true;
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      for (let call = 0; alive; call += 1) {
        const Entries = Array.from({ length: ENTRIES }, (_, n) => ({
          Source: "cut",
          DetailType: "power",
          Detail: JSON.stringify({ name: `${round}-${caller}-${call}-${n}` }),
        }));
        await events.send(new PutEventsCommand({ Entries })).then(
          (answer) => {
            assert.equal(answer.FailedEntryCount, 0);
            for (const { EventId = "" } of answer.Entries ?? []) acknowledged.add(EventId);
          },
          () => (alive = false),
        );
      }
    });
    while (acknowledged.size < enough) await new Promise((resolve) => setImmediate(resolve));
    await platform.kill();
    alive = false;
    await Promise.all(callers);
    events.destroy();
    sqs.destroy();
  }

  const { platform, events, sqs } = await start();
  const received = await drain(sqs, acknowledged);
  assert.deepEqual(
    [...acknowledged].filter((id) => !received.has(id)),
    [],
  );
  context.diagnostic(`${acknowledged.size} events acknowledged, ${received.size} received`);
  events.destroy();
  sqs.destroy();
  await platform.stop();
});

async function makeRule(events: EventBridgeClient, sqs: SQSClient): Promise<void> {
  await sqs.send(new CreateQueueCommand({ QueueName: "cut" }));
  await events.send(new PutRuleCommand({ Name: "cut", EventPattern: '{"source":["cut"]}' }));
  const Arn = "arn:aws:sqs:us-east-1:000000000000:cut";
  await events.send(new PutTargetsCommand({ Rule: "cut", Targets: [{ Id: "1", Arn }] }));
}

/** Ids of the events in the queue, until all that are wanted came, or nothing comes any more. */
async function drain(sqs: SQSClient, wanted: ReadonlySet<string>): Promise<Set<string>> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "cut" }));
  const received = new Set<string>();
  const missing = () => [...wanted].some((id) => !received.has(id));
  for (let silent = 0; silent < 3 && missing(); ) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }),
    );
    silent = Messages.length === 0 ? silent + 1 : 0;
    for (const { Body = "" } of Messages) received.add(JSON.parse(Body).id);
    if (Messages.length === 0) continue;
    const Entries = Messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
  return received;
}
