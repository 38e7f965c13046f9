/** Tells topics, functions and the default bus of an alarm's change, at least once. */
import { createHash } from "node:crypto";
import { partitionOf } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import type { Deliverer } from "../deliverer/index.ts";
import { type Alarm, type AlarmChange, alarmArn } from "./alarm-model.ts";
import { alarmData, topicMessage, zoned } from "./alarm-words.ts";

const SERVICE = "cloudwatch.amazonaws.com";
const ATTEMPTS = 5;
const AGE_MS = 3_600_000;

/** Hands the actions of a change over; resolves once they are taken, or wait durably. Answers what was told to whom. */
export async function act(
  deliverer: Pick<Deliverer, "deliver">,
  scope: Scope,
  alarm: Alarm,
  change: AlarmChange,
): Promise<string[]> {
  const name = createHash("sha256").update(alarm.name).digest("hex").slice(0, 32);
  const send = (message: TargetMessage) =>
    deliverer.deliver(scope, name, { message, maxAttempts: ATTEMPTS, maxAgeMs: AGE_MS });
  await send(eventOf(scope, alarm, change));
  if (!alarm.actionsEnabled) return [];
  const told: string[] = [];
  for (const arn of alarm.actions[change.to.value]) {
    const message = messageFor(scope, alarm, change, arn);
    if (message === undefined) continue;
    await send(message);
    told.push(arn);
  }
  return told;
}

function messageFor(
  scope: Scope,
  alarm: Alarm,
  change: AlarmChange,
  target: string,
): TargetMessage | undefined {
  const sender = { service: SERVICE, arn: alarmArn(scope, alarm.name) };
  const service = target.split(":")[2];
  if (service === "sns") {
    const body = JSON.stringify(topicMessage(scope, alarm, change));
    // CloudWatch: ALARM: "name" in US East (N. Virginia)
    const where = topicMessage(scope, alarm, change).Region;
    const subject = `${change.to.value}: "${alarm.name}" in ${where}`;
    return { target, body: Buffer.from(body), sender, subject: printable(subject) };
  }
  if (service !== "lambda") return undefined; // machines of EC2 and the like: there are none
  const event = {
    source: "aws.cloudwatch",
    alarmArn: sender.arn,
    accountId: scope.account,
    time: zoned(change.to.updated),
    region: scope.region,
    alarmData: alarmData(alarm, change),
  };
  return { target, body: Buffer.from(JSON.stringify(event)), sender };
}

/** SNS: a subject is printable ASCII of less than 100 characters. */
const printable = (subject: string): string => subject.replace(/[^ -~]/g, "?").slice(0, 99);

function eventOf({ account, region }: Scope, alarm: Alarm, change: AlarmChange): TargetMessage {
  const arn = alarmArn({ account, region }, alarm.name);
  return {
    target: `arn:${partitionOf(region)}:events:${region}:${account}:event-bus/default`,
    body: Buffer.from(JSON.stringify(alarmData(alarm, change))),
    sender: { service: SERVICE, arn },
    event: {
      source: "aws.cloudwatch",
      detailType: "CloudWatch Alarm State Change",
      resources: [arn],
      time: change.to.updated,
    },
  };
}
