/** A platform for the recordings of SNS, and answers of the JavaScript SDK in the form in which the recordings are. */
import { randomBytes } from "node:crypto";
import { LambdaClient } from "@aws-sdk/client-lambda";
import {
  CreateTopicCommand,
  type CreateTopicCommandInput,
  GetSubscriptionAttributesCommand,
  PublishCommand,
  type PublishCommandInput,
  SNSClient,
  SNSServiceException,
  SubscribeCommand,
  type SubscribeCommandInput,
} from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { clientSettings, startPlatform, type TestPlatform } from "../../../platform.ts";

export const ACCOUNT = "111111111111";
export type Answered = Record<string, unknown>;

export interface SnsFixture {
  readonly origin: string;
  readonly lambda: LambdaClient;
  /** What the platform answers to a command of SNS, as boto3 shows it. */
  send(command: object, region?: string): Promise<Answered>;
  sqs(command: object, region?: string): Promise<Answered>;
  /** ARN of a new topic. */
  topic(input?: Partial<CreateTopicCommandInput>): Promise<string>;
  queue(input?: NewQueue): Promise<Queue>;
  /** ARN of a new subscription of a queue. */
  subscribe(
    topicArn: string,
    queueArn: string,
    attributes?: SubscribeCommandInput["Attributes"],
  ): Promise<string>;
  publish(input: PublishCommandInput): Promise<Answered>;
  subscriptionAttributes(arn: string): Promise<Answered>;
  /** What a queue hands out, deleted afterwards: at least so many messages, however many calls that takes. */
  receive(
    url: string,
    count?: number,
    more?: Partial<ReceiveMessageCommandInput>,
    region?: string,
  ): Promise<Answered>;
  stop(): Promise<void>;
}

interface NewQueue {
  readonly name?: string;
  readonly region?: string;
  readonly attributes?: Record<string, string>;
}
export interface Queue {
  readonly url: string;
  readonly arn: string;
}

export async function openSns(): Promise<SnsFixture> {
  const platform: TestPlatform = await startPlatform({ flags: ["--account", ACCOUNT] });
  const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
  const clients = new Map<string, { readonly sns: SNSClient; readonly sqs: SQSClient }>();
  const of = (region = "us-east-1") => {
    const known = clients.get(region);
    if (known !== undefined) return known;
    // Queues are known by their URLs, which name no region here.
    const made = {
      sns: new SNSClient({ ...settings, region }),
      sqs: new SQSClient({ ...settings, region }),
    };
    clients.set(region, made);
    return made;
  };
  const lambda = new LambdaClient(settings);
  const fixture: SnsFixture = {
    origin: platform.origin,
    lambda,
    send: (command, region) => answer(of(region).sns.send(command as PublishCommand)),
    sqs: (command, region) => answer(of(region).sqs.send(command as ReceiveMessageCommand)),
    async topic(input) {
      const command = new CreateTopicCommand({ Name: newName(), ...input });
      return (await of().sns.send(command)).TopicArn ?? "";
    },
    async queue({ name = newName(), region = "us-east-1", attributes } = {}) {
      const command = new CreateQueueCommand({ QueueName: name, Attributes: attributes });
      const { QueueUrl = "" } = await of(region).sqs.send(command);
      return { url: QueueUrl, arn: `arn:aws:sqs:${region}:${ACCOUNT}:${name}` };
    },
    async subscribe(TopicArn, Endpoint, Attributes) {
      const command = new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint, Attributes });
      return (await of().sns.send(command)).SubscriptionArn ?? "";
    },
    publish: (input) => fixture.send(new PublishCommand(input)),
    subscriptionAttributes: (SubscriptionArn) =>
      fixture.send(new GetSubscriptionAttributesCommand({ SubscriptionArn })),
    async receive(QueueUrl, count = 1, more = {}, region = "us-east-1") {
      const all: object[] = [];
      let last: Answered = {};
      while (all.length < count || count === 0) {
        const command = new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: count === 0 ? 0 : 20,
          MessageAttributeNames: ["All"],
          ...more,
        });
        const { $metadata, Messages = [] } = await of(region).sqs.send(command);
        for (const { ReceiptHandle } of Messages)
          await of(region).sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        all.push(...(clean(Messages) as object[]));
        last = responseMetadata($metadata.httpStatusCode);
        if (count === 0) break;
      }
      return { ...(all.length > 0 ? { Messages: all } : {}), ...last };
    },
    async stop() {
      lambda.destroy();
      for (const { sns, sqs } of clients.values()) {
        sns.destroy();
        sqs.destroy();
      }
      await platform.stop();
    },
  };
  return fixture;
}

export const newName = (): string => `recordings-${randomBytes(8).toString("hex")}`;
export const fifoName = (): string => `${newName()}.fifo`;

/** Without what the recording did not keep of an answer that was put together of several. */
export const messagesOf = ({ Messages }: Answered): Answered => ({ Messages });

interface Answer {
  readonly $metadata: { readonly httpStatusCode?: number | undefined };
}

/** An answer or an error, as boto3 shows it. */
async function answer(work: Promise<Answer>): Promise<Answered> {
  try {
    const { $metadata, ...output } = await work;
    return { ...(clean(output) as Answered), ...responseMetadata($metadata.httpStatusCode) };
  } catch (error) {
    if (!(error instanceof SNSServiceException)) throw error;
    const { Error: sent } = error as unknown as { Error?: Answered };
    const { Type, Code, Message = error.message } = sent ?? {};
    return { Error: { Code, Message, Type }, ...responseMetadata(error.$metadata.httpStatusCode) };
  }
}

const responseMetadata = (status: number | undefined) => ({
  ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: status },
});

/** Texts that are JSON are shown as what they say; members that are there and undefined are not shown. */
const JSON_TEXTS = new Set([
  "Body",
  "Policy",
  "DeliveryPolicy",
  "EffectiveDeliveryPolicy",
  "FilterPolicy",
  "RedrivePolicy",
]);

function clean(value: unknown, name = ""): unknown {
  if (typeof value === "string")
    return JSON_TEXTS.has(name) && value.startsWith("{") ? JSON.parse(value) : value;
  if (Array.isArray(value)) return value.map((item) => clean(item));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, clean(item, key)]));
}
