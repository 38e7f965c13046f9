/** Schedules and `kill -9`: what was due while the platform was down runs once, and what was running is not lost. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  SchedulerClient,
} from "@aws-sdk/client-scheduler";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const Arn = "arn:aws:sqs:us-east-1:000000000000:runs";
const RoleArn = "arn:aws:iam::000000000000:role/any";

/** A platform whose data outlive it. */
async function opened(context: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), "yunque-schedules-"));
  let platform: TestPlatform | undefined;
  let clients: readonly { destroy(): void }[] = [];
  async function end(how: "stop" | "kill") {
    for (const client of clients) client.destroy();
    await platform?.[how]();
    platform = undefined;
  }
  context.after(async () => {
    await end("stop");
    await rm(dataDir, { recursive: true, force: true });
  });
  return {
    end,
    async begin() {
      platform = await startPlatform({ dataDir });
      const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
      const scheduler = new SchedulerClient(settings);
      const sqs = new SQSClient(settings);
      clients = [scheduler, sqs];
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "runs" }));
      return {
        schedule: (Name: string, input: Partial<CreateScheduleCommandInput>) =>
          scheduler.send(
            new CreateScheduleCommand({
              Name,
              ScheduleExpression: undefined,
              FlexibleTimeWindow: { Mode: "OFF" },
              Target: { Arn, RoleArn, Input: `${Name} <aws.scheduler.execution-id>` },
              ...input,
            }),
          ),
        /** What is in the queue now, or within `seconds` where nothing is; it is taken out. */
        async runs(seconds = 0): Promise<string[]> {
          const { Messages = [] } = await sqs.send(
            new ReceiveMessageCommand({
              QueueUrl,
              MaxNumberOfMessages: 10,
              WaitTimeSeconds: seconds,
            }),
          );
          if (Messages.length > 0)
            await sqs.send(
              new DeleteMessageBatchCommand({
                QueueUrl,
                Entries: Messages.map(({ ReceiptHandle }, index) => ({
                  Id: `${index}`,
                  ReceiptHandle,
                })),
              }),
            );
          return Messages.map(({ Body = "" }) => Body);
        },
      };
    },
  };
}

const at = (time: number) => `at(${new Date(time).toISOString().slice(0, 19)})`;
const wholeSecond = (time: number) => Math.ceil(time / 1000) * 1000;

async function passed(time: number): Promise<void> {
  while (Date.now() <= time) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("what was due while the platform was down runs exactly once when it is back", {
  timeout: 60_000,
}, async (context) => {
  const { begin, end } = await opened(context);
  const { schedule } = await begin();
  const due = wholeSecond(Date.now() + 2_500);
  const names = Array.from({ length: 25 }, (_, n) => `s${n}`);
  for (const [n, name] of names.entries())
    await schedule(
      name,
      n % 2 === 0
        ? { ScheduleExpression: at(due), ActionAfterCompletion: "DELETE" }
        : { ScheduleExpression: "rate(1 hour)", StartDate: new Date(due) },
    );
  assert.ok(Date.now() < due, "this machine is too slow for the test");
  await end("kill");
  await passed(due);

  const seen: string[] = [];
  const second = await begin();
  while (seen.length < names.length) seen.push(...(await second.runs(20)));
  await end("kill");
  const third = await begin();
  seen.push(...(await third.runs(1)));
  assert.deepEqual(seen.map((body) => body.split(" ")[0]).sort(), names.sort());
});

test("what runs as the platform is killed is not lost, and what runs again has its execution id", {
  timeout: 120_000,
}, async (context) => {
  const { begin, end } = await opened(context);
  const ids = new Map<string, Set<string>>();
  const note = (bodies: readonly string[]) => {
    for (const body of bodies) {
      const [name = "", id = ""] = body.split(" ");
      ids.set(name, (ids.get(name) ?? new Set()).add(id));
    }
  };
  for (let round = 0; round < 3; round++) {
    const { schedule, runs } = await begin();
    const due = wholeSecond(Date.now() + 1_500);
    const names = Array.from({ length: 60 }, (_, n) => `r${round}-${n}`);
    await Promise.all(names.map((name) => schedule(name, { ScheduleExpression: at(due) })));
    note(await runs(5)); // some have run, others are about to
    await end("kill");
    const next = await begin();
    while (!names.every((name) => ids.has(name))) note(await next.runs(20));
    await end("kill");
  }
  const last = await begin();
  note(await last.runs(1));
  assert.equal(ids.size, 180);
  for (const [name, set] of ids) assert.equal(set.size, 1, name);
});
