/** A platform for the recordings of SQS, and its answers in the form in which the recordings are. */
import { randomBytes } from "node:crypto";
import * as sdk from "@aws-sdk/client-sqs";
import { clientSettings, startPlatform, type TestPlatform } from "../../../platform.ts";
import { errorOf, formOf, resultOf } from "./form.ts";

export const ACCOUNT = "111111111111";
export const REGION = "us-east-1";

export type Answered = Record<string, unknown>;
export type Input = Readonly<Record<string, unknown>>;

/** One client. */
export interface Sqs {
  /** What the platform answers to a call, as boto3 shows it. */
  call(action: Action, input: Input): Promise<Answered>;
  /** URL of a new queue. Attributes of FIFO queues are completed. */
  queue(attributes?: Record<string, string>): Promise<string>;
  send(QueueUrl: string, MessageBody: string, more?: Input): Promise<Answered>;
  receive(QueueUrl: string, more?: Input): Promise<Answered>;
  /** Deletes what was received. */
  drop(QueueUrl: string, received: Answered): Promise<void>;
  attributes(QueueUrl: string): Promise<Answered>;
  /** Waits until so many messages of the queue are in flight. */
  inFlight(QueueUrl: string, count: number): Promise<void>;
}

export type Action = "SendMessage" | (string & {});
export type Protocol = "sqs" | "sqs_query";

export interface SqsFixture extends Record<Protocol, Sqs> {
  readonly origin: string;
  stop(): Promise<void>;
}

export async function openSqs(): Promise<SqsFixture> {
  const platform: TestPlatform = await startPlatform({ flags: ["--account", ACCOUNT] });
  const client = new sdk.SQSClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
  return {
    origin: platform.origin,
    sqs: clientOf((action, input) => sdkCall(client, action, input)),
    sqs_query: clientOf((action, input) => queryCall(platform.origin, action, input)),
    async stop() {
      client.destroy();
      await platform.stop();
    },
  };
}

export const newName = (): string => `recordings-${randomBytes(8).toString("hex")}`;

export const arnOf = (url: string): string =>
  `arn:aws:sqs:${REGION}:${ACCOUNT}:${url.slice(url.lastIndexOf("/") + 1)}`;

function clientOf(call: Sqs["call"]): Sqs {
  const attributes = (QueueUrl: string) =>
    call("GetQueueAttributes", { QueueUrl, AttributeNames: ["All"] });
  return {
    call,
    attributes,
    async queue(given = {}) {
      const QueueName = `${newName()}${given["FifoQueue"] === "true" ? ".fifo" : ""}`;
      const { QueueUrl } = await call("CreateQueue", { QueueName, Attributes: given });
      if (typeof QueueUrl !== "string") throw new Error(`no queue with ${JSON.stringify(given)}`);
      return QueueUrl;
    },
    send: (QueueUrl, MessageBody, more) => call("SendMessage", { QueueUrl, MessageBody, ...more }),
    receive: (QueueUrl, more) => call("ReceiveMessage", { QueueUrl, ...more }),
    async drop(QueueUrl, received) {
      for (const { ReceiptHandle } of messagesOf(received))
        await call("DeleteMessage", { QueueUrl, ReceiptHandle });
    },
    async inFlight(QueueUrl, count) {
      for (;;) {
        const { Attributes } = (await attributes(QueueUrl)) as {
          Attributes: Record<string, string>;
        };
        if (Attributes["ApproximateNumberOfMessagesNotVisible"] === String(count)) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

export const messagesOf = (received: Answered): Record<string, string>[] =>
  (received["Messages"] as Record<string, string>[] | undefined) ?? [];

type AnyCommand = new (input: Input) => sdk.SendMessageCommand;

/** Errors whose names clients know: boto3 shows their members, too. */
const MODELLED = new Set([
  "InvalidAttributeName",
  "InvalidAttributeValue",
  "ResourceNotFoundException",
]);

async function sdkCall(client: sdk.SQSClient, action: string, input: Input): Promise<Answered> {
  const Command = (sdk as unknown as Record<string, AnyCommand>)[`${action}Command`];
  if (Command === undefined) throw new Error(`no ${action}`);
  try {
    const { $metadata, ...output } = await client.send(new Command(input));
    return { ...clean(output), ...responseMetadata($metadata.httpStatusCode) };
  } catch (error) {
    if (!(error instanceof sdk.SQSServiceException)) throw error;
    const sent = error as { Code?: string; Type?: string; __type?: string };
    const { Code = error.name, Type, __type = error.name } = sent;
    const QueryErrorCode = __type.slice(__type.indexOf("#") + 1);
    return {
      Error: { Code, Message: error.message, QueryErrorCode, Type },
      ...(MODELLED.has(error.name) ? { message: error.message } : {}),
      ...responseMetadata(error.$metadata.httpStatusCode),
    };
  }
}

async function queryCall(origin: string, action: string, input: Input): Promise<Answered> {
  const { QueueUrl, ...others } = input;
  const answer = await fetch(typeof QueueUrl === "string" ? QueueUrl : origin, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/sqs/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: formOf(action, others).toString(),
  });
  const text = await answer.text();
  if (answer.ok) return { ...resultOf(action, text), ...responseMetadata(answer.status) };
  return { Error: errorOf(text), ...responseMetadata(answer.status) };
}

function clean(value: object): Answered {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== undefined),
  ) as Answered;
}

export const responseMetadata = (status: number | undefined) => ({
  ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: status },
});

/** Older recordings do not show the empty element for details. */
export function withoutDetail(answered: Answered): Answered {
  const { Detail: _, ...error } = answered["Error"] as Answered;
  return { ...answered, Error: error };
}

/** JSON that is text in an answer, read as recordings show it. */
export function readJson(answered: Answered, list: string, member: string): Answered {
  const read = (item: Answered): Answered =>
    typeof item[member] === "string" ? { ...item, [member]: JSON.parse(item[member]) } : item;
  const value = answered[list];
  if (value === undefined) return answered;
  const items = Array.isArray(value) ? value.map(read) : read(value as Answered);
  return { ...answered, [list]: items };
}
