/** A platform for the recordings of EventBridge, spoken to as its wire is, and answers as boto3 shows them. */
import { randomBytes } from "node:crypto";
import { startPlatform } from "../../../platform.ts";

export const ACCOUNT = "111111111111";
export const REGION = "us-east-1";
export type Answered = Record<string, unknown>;

export interface EventsFixture {
  /** What the platform answers to an operation of EventBridge. */
  events(operation: string, input: object, region?: string): Promise<Answered>;
  sqs(operation: string, input: object, region?: string): Promise<Answered>;
  call(
    service: string,
    target: string,
    input: object,
    region?: string,
  ): Promise<{ readonly status: number; readonly body: Answered }>;
  readonly origin: string;
  bus(region?: string): Promise<string>;
  queue(region?: string): Promise<Queue>;
  /** A rule whose only target is a new queue. */
  ruleTo(
    rule: { readonly bus?: string; readonly pattern: object; readonly target?: object },
    queue?: Queue,
  ): Promise<{ readonly rule: string; readonly queue: Queue; readonly targetId: string }>;
  put(bus: string | undefined, entries: readonly object[]): Promise<Answered>;
  /** What a queue hands out, deleted afterwards: at least so many messages, bodies parsed where they are JSON. */
  receive(queue: Queue, count?: number, region?: string): Promise<Answered[]>;
  stop(): Promise<void>;
}

export interface Queue {
  readonly url: string;
  readonly arn: string;
}

export const DETAIL = {
  command: "update-account",
  payload: { acc_id: "0a787ecb-4015", sf_id: "baz" },
};
export const ENTRY = {
  Source: "core.update-account-command",
  DetailType: "core.update-account-command",
  Detail: JSON.stringify(DETAIL, null, 1),
};
export const PATTERN = {
  source: ["core.update-account-command"],
  "detail-type": ["core.update-account-command"],
  detail: { command: ["update-account"] },
};

export const newName = (): string => `t-${randomBytes(6).toString("hex")}`;

export async function openEvents(): Promise<EventsFixture> {
  const platform = await startPlatform({ flags: ["--account", ACCOUNT] });
  const call: EventsFixture["call"] = async (service, target, input, region = REGION) => {
    const response = await fetch(platform.origin, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": target,
        authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(input),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? {} : JSON.parse(text, revive) };
  };
  const answer = ({ status, body }: { readonly status: number; readonly body: Answered }) => {
    const metadata = { ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: status } };
    if (status < 400) return { ...body, ...metadata };
    const { __type, message, Message = message } = body;
    return { Error: { Code: String(__type).replace(/^.*#/, ""), Message }, ...metadata };
  };
  const fixture: EventsFixture = {
    origin: platform.origin,
    call,
    events: async (operation, input, region) =>
      answer(await call("events", `AWSEvents.${operation}`, input, region)),
    sqs: async (operation, input, region) =>
      answer(await call("sqs", `AmazonSQS.${operation}`, input, region)),
    async bus(region) {
      const Name = newName();
      await fixture.events("CreateEventBus", { Name }, region);
      return Name;
    },
    async queue(region = REGION) {
      const QueueName = newName();
      const { QueueUrl } = await fixture.sqs("CreateQueue", { QueueName }, region);
      return { url: String(QueueUrl), arn: `arn:aws:sqs:${region}:${ACCOUNT}:${QueueName}` };
    },
    async ruleTo({ bus, pattern, target }, given) {
      const rule = newName();
      const targetId = newName();
      const queue = given ?? (await fixture.queue());
      const EventPattern = JSON.stringify(pattern);
      await fixture.events("PutRule", { Name: rule, EventBusName: bus, EventPattern });
      const put = await fixture.events("PutTargets", {
        Rule: rule,
        EventBusName: bus,
        Targets: [{ Id: targetId, Arn: queue.arn, ...target }],
      });
      if (put["FailedEntryCount"] !== 0) throw new Error(JSON.stringify(put));
      return { rule, queue, targetId };
    },
    put: (bus, entries) =>
      fixture.events("PutEvents", {
        Entries: entries.map((entry) => ({ EventBusName: bus, ...entry })),
      }),
    async receive({ url }, count = 1, region) {
      const all: Answered[] = [];
      for (let calls = 0; all.length < count && calls < 50; calls += 1) {
        const { Messages = [] } = await fixture.sqs(
          "ReceiveMessage",
          { QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 },
          region,
        );
        for (const message of Messages as Answered[]) {
          const { ReceiptHandle } = message;
          await fixture.sqs("DeleteMessage", { QueueUrl: url, ReceiptHandle }, region);
          all.push({ ...message, Body: parsed(String(message["Body"])) });
        }
      }
      return all;
    },
    async stop() {
      await platform.stop();
    },
  };
  return fixture;
}

/** As the recordings show them: times as such, patterns and policies parsed. */
function revive(name: string, value: unknown): unknown {
  if (typeof value === "number" && name.endsWith("Time")) return new Date(value * 1000);
  if (typeof value === "string" && (name === "EventPattern" || name === "Policy"))
    return JSON.parse(value);
  return value;
}

/** A text stays one: recordings show objects parsed, and texts with their quotes. */
function parsed(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" ? value : body;
  } catch {
    return body;
  }
}
