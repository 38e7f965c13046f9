/**
 * Power cuts while events are put on a bus: every acknowledged one reaches both targets of its rule, the queue that gets
 * it before it is acknowledged, and the web server for which it waits in a queue of its own.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import {
  CreateApiDestinationCommand,
  CreateConnectionCommand,
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
  const web = await listen();
  context.after(async () => {
    web.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const start = async () => {
    const platform = await startPlatform({ dataDir });
    context.after(() => platform.kill());
    const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
    return { platform, events: new EventBridgeClient(settings), sqs: new SQSClient(settings) };
  };
  const acknowledged = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const { platform, events, sqs } = await start();
    if (round === 0) await makeRule(events, sqs, web.origin);
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
  while ([...acknowledged].some((id) => !web.received.has(id)))
    await new Promise((resolve) => setImmediate(resolve));
  context.diagnostic(`${acknowledged.size} events acknowledged, ${received.size} received`);
  events.destroy();
  sqs.destroy();
  await platform.stop();
});

async function makeRule(events: EventBridgeClient, sqs: SQSClient, origin: string): Promise<void> {
  await sqs.send(new CreateQueueCommand({ QueueName: "cut" }));
  await events.send(new PutRuleCommand({ Name: "cut", EventPattern: '{"source":["cut"]}' }));
  const { ConnectionArn } = await events.send(
    new CreateConnectionCommand({
      Name: "cut",
      AuthorizationType: "API_KEY",
      AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "k", ApiKeyValue: "v" } },
    }),
  );
  const { ApiDestinationArn } = await events.send(
    new CreateApiDestinationCommand({
      Name: "cut",
      ConnectionArn,
      InvocationEndpoint: origin,
      HttpMethod: "POST",
      InvocationRateLimitPerSecond: 100_000,
    }),
  );
  const Targets = ["arn:aws:sqs:us-east-1:000000000000:cut", ApiDestinationArn];
  await events.send(
    new PutTargetsCommand({
      Rule: "cut",
      Targets: Targets.map((Arn, n) => ({ Id: String(n), Arn })),
    }),
  );
}

/** A web server that remembers the ids of the events that it got. */
async function listen() {
  const received = new Set<string>();
  const server = createServer(async (request, response) => {
    try {
      received.add(JSON.parse(await text(request)).id);
    } catch {
      // a request that a power cut ended
    }
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    received: received as ReadonlySet<string>,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
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
