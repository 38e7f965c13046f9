/** A platform for the recordings of CloudWatch, and its answers in the form in which the recordings are. */
import { randomBytes } from "node:crypto";
import * as sdk from "@aws-sdk/client-cloudwatch";
import {
  CreateTopicCommand,
  GetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { clientSettings, startPlatform } from "../../../platform.ts";
import { type ProtocolName, protocolOf } from "./protocols.ts";

export const ACCOUNT = "111111111111";
export const REGION = "us-east-1";

export type Answered = Record<string, unknown>;
export type Input = Readonly<Record<string, unknown>>;
export type Call = (action: string, input?: Input) => Promise<Answered>;

export interface CloudWatchFixture {
  readonly origin: string;
  /** A client that speaks this protocol. */
  speaking(protocol: ProtocolName): Call;
  /** A topic whose messages arrive in a queue. */
  topic(): Promise<{ readonly arn: string; next(): Promise<Answered> }>;
  readonly sqs: SQSClient;
  stop(): Promise<void>;
}

export async function openCloudWatch(): Promise<CloudWatchFixture> {
  const platform = await startPlatform({ flags: ["--account", ACCOUNT] });
  const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
  const clients = new Map<ProtocolName, sdk.CloudWatchClient>();
  const sqs = new SQSClient(settings);
  const sns = new SNSClient(settings);
  return {
    origin: platform.origin,
    sqs,
    speaking(name) {
      const protocol = protocolOf(name);
      const client = clients.get(name) ?? new sdk.CloudWatchClient({ ...settings, ...protocol });
      clients.set(name, client);
      return (action, input = {}) => call(client, action, input);
    },
    async topic() {
      const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: newName() }));
      await sns.send(new GetTopicAttributesCommand({ TopicArn }));
      const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: newName() }));
      const Endpoint = `arn:aws:sqs:${REGION}:${ACCOUNT}:${QueueUrl.slice(QueueUrl.lastIndexOf("/") + 1)}`;
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint }));
      return {
        arn: TopicArn,
        async next() {
          for (;;) {
            const { Messages = [] } = await sqs.send(
              new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }),
            );
            const [message] = Messages;
            if (message?.Body === undefined) continue;
            const { ReceiptHandle } = message;
            await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
            return JSON.parse((JSON.parse(message.Body) as { Message: string }).Message);
          }
        },
      };
    },
    async stop() {
      for (const client of clients.values()) client.destroy();
      sqs.destroy();
      sns.destroy();
      await platform.stop();
    },
  };
}

export const newName = (): string => `recordings-${randomBytes(8).toString("hex")}`;

type AnyCommand = new (input: Input) => sdk.ListMetricsCommand;

async function call(client: sdk.CloudWatchClient, action: string, input: Input): Promise<Answered> {
  const Command = (sdk as unknown as Record<string, AnyCommand>)[`${action}Command`];
  if (Command === undefined) throw new Error(`no ${action}`);
  try {
    const { $metadata, ...output } = await client.send(new Command(input));
    return { ...shown(output), ...metadata($metadata.httpStatusCode) };
  } catch (error) {
    if (!(error instanceof sdk.CloudWatchServiceException)) throw error;
    const sent = error as { Code?: string; Type?: string };
    const { Code = error.name, Type } = sent;
    // What the client says where the service says nothing.
    const Message = error.message === "UnknownError" ? "" : error.message;
    return {
      Error: { Code, Message, QueryErrorCode: error.name, Type },
      ...(error.name.startsWith("InvalidParameter") ? { message: error.message } : {}),
      ...metadata(error.$metadata.httpStatusCode),
    };
  }
}

const metadata = (status: number | undefined) => ({
  ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: status },
});

/** As the recordings show it: times as a word, JSON inside of texts read. */
function shown(value: object): Answered {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, shownMember(key, item)]),
  );
}

function shownMember(key: string, value: unknown): unknown {
  if (key === "Timestamps") return "timestamp";
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "string" && /^(StateReasonData|HistoryData|DashboardBody)$/.test(key))
    return JSON.parse(value);
  if (Array.isArray(value))
    return value.map((item) => (typeof item === "object" && item !== null ? shown(item) : item));
  return typeof value === "object" && value !== null ? shown(value) : value;
}
