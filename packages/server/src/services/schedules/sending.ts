/** What a run of a schedule sends to its target, and what a dead letter says of it. */
import { createHash } from "node:crypto";
import type { Scope } from "../../domain/scope.ts";
import type { MessageAttribute, TargetMessage } from "../../ports/targets.ts";
import type { Delivery, DeliveryEnd } from "../deliverer/index.ts";
import type { Schedule } from "./model.ts";
import { scheduleArn } from "./spaces.ts";

export interface Run {
  readonly scope: Scope;
  readonly schedule: Schedule;
  /** The time that it is for, in milliseconds since the epoch. */
  readonly due: number;
  /** The same for the same run, after a crash, too. */
  readonly key: string;
}

const ATTEMPT = "<aws.scheduler.attempt-number>";

/** What is to be delivered for a run. */
export function deliveryOf(run: Run): Delivery {
  const { scope, schedule, due } = run;
  const { target, group, name } = schedule;
  const arn = scheduleArn(scope, group, name);
  const execution = executionId(run);
  const body = Buffer.from(bodyOf(run, arn, execution), "utf8");
  return {
    message: {
      target: target.arn,
      body,
      sender: { service: "scheduler.amazonaws.com", arn },
      // A FIFO queue takes the same run once, also where it is sent again after a crash.
      ...(target.sqs?.groupId === undefined
        ? {}
        : { groupId: target.sqs.groupId, deduplicationId: execution }),
      ...(target.kinesis === undefined ? {} : { partitionKey: target.kinesis.partitionKey }),
      ...(target.events === undefined ? {} : { event: { ...target.events, resources: [arn] } }),
    },
    maxAttempts: target.maxRetries + 1,
    maxAgeMs: target.maxAgeSeconds * 1000,
    ...(target.deadLetter === undefined
      ? {}
      : {
          deadLetter: {
            target: target.deadLetter,
            labels: { schedule: arn, execution, due: timeText(due) },
          },
        }),
  };
}

/** The message of an attempt, which is told its number (1 for the first) where it asks for it. */
export function attemptOf(message: TargetMessage, attempt: number): TargetMessage {
  const body = Buffer.from(message.body);
  if (!body.includes(ATTEMPT)) return message;
  const text = body.toString("utf8").replaceAll(ATTEMPT, String(attempt));
  return { ...message, body: Buffer.from(text, "utf8") };
}

/** The attributes of a schedule's dead letter. Scheduler: "Configuring a dead-letter queue". */
export function deadLetterAttributes(
  { deadLetter, message }: Delivery,
  { code, message: why, retries, exhausted }: DeliveryEnd,
): Readonly<Record<string, MessageAttribute>> {
  const { schedule = "", execution = "", due = "" } = deadLetter?.labels ?? {};
  const texts: Readonly<Record<string, string | undefined>> = {
    ERROR_CODE: code,
    ERROR_MESSAGE: why,
    EXECUTION_ID: execution,
    EXHAUSTED_RETRY_CONDITION: exhausted,
    IS_PAYLOAD_TRUNCATED: "false",
    RETRY_ATTEMPTS: String(retries),
    SCHEDULED_TIME: due,
    SCHEDULE_ARN: schedule,
    TARGET_ARN: message.target,
  };
  return Object.fromEntries(
    Object.entries(texts).flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, { type: "String", value }]],
    ),
  );
}

/** Scheduler: sixteen hexadecimal digits. */
const executionId = ({ key, schedule }: Run): string =>
  createHash("sha256").update(`${key} ${schedule.created}`).digest("hex").slice(0, 16);

/** Scheduler: "Adding context attributes". A target without an input gets an event that says what happened. */
function bodyOf({ scope, schedule, due }: Run, arn: string, execution: string): string {
  const { input, events } = schedule.target;
  if (input !== undefined)
    return input
      .replaceAll("<aws.scheduler.schedule-arn>", arn)
      .replaceAll("<aws.scheduler.scheduled-time>", timeText(due))
      .replaceAll("<aws.scheduler.execution-id>", execution);
  if (events !== undefined) return "{}";
  return JSON.stringify({
    version: "0",
    id: uuidOf(execution),
    "detail-type": "Scheduled Event",
    source: "aws.scheduler",
    account: scope.account,
    time: timeText(due),
    region: scope.region,
    resources: [arn],
    detail: "{}",
  });
}

/** `2022-03-22T18:59:43Z` */
const timeText = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, "Z");

/** A UUID of version 4's form that belongs to a run. */
function uuidOf(execution: string): string {
  const hex = createHash("sha256").update(execution).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
