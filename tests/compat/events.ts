/** What the suites of EventBridge share: a platform, its clients, and queues that tell what arrived. */
import {
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
  PutRuleCommand,
  PutTargetsCommand,
  type Target,
} from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

export const ACCOUNT = "000000000000";
export const busArn = (name: string) => `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/${name}`;

export interface EventsPlatform {
  readonly platform: TestPlatform;
  readonly client: EventBridgeClient;
  queue(name: string): Promise<TestQueue>;
  /** A rule for events of this source, and its target. */
  rule(
    name: string,
    source: string,
    target: Partial<Target> & { readonly Arn: string },
    bus?: string,
  ): Promise<string>;
  put(...entries: Partial<PutEventsRequestEntry>[]): ReturnType<typeof putEvents>;
  stop(): Promise<void>;
}

export interface TestQueue {
  readonly url: string;
  readonly arn: string;
  /** The next message, deleted. */
  next(): Promise<Message>;
}

const putEvents = (client: EventBridgeClient, entries: Partial<PutEventsRequestEntry>[]) =>
  client.send(
    new PutEventsCommand({
      Entries: entries.map((entry) => ({
        Source: "shop",
        DetailType: "order",
        Detail: '{"id": 1}',
        ...entry,
      })),
    }),
  );

export async function openEventsPlatform(
  options?: Parameters<typeof startPlatform>[0],
): Promise<EventsPlatform> {
  const platform = await startPlatform(options);
  const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
  const client = new EventBridgeClient(settings);
  const sqs = new SQSClient(settings);
  return {
    platform,
    client,
    async queue(QueueName) {
      const { QueueUrl: url = "" } = await sqs.send(new CreateQueueCommand({ QueueName }));
      const next = async (): Promise<Message> => {
        for (;;) {
          const { Messages: [message] = [] } = await sqs.send(
            new ReceiveMessageCommand({
              QueueUrl: url,
              WaitTimeSeconds: 20,
              MessageAttributeNames: ["All"],
            }),
          );
          if (message === undefined) continue;
          const { ReceiptHandle } = message;
          await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
          return message;
        }
      };
      return { url, arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${QueueName}`, next };
    },
    async rule(Name, source, target, EventBusName) {
      const EventPattern = JSON.stringify({ source: [source] });
      const { RuleArn = "" } = await client.send(
        new PutRuleCommand({ Name, EventBusName, EventPattern }),
      );
      const Targets = [{ Id: "target", ...target }];
      await client.send(new PutTargetsCommand({ Rule: Name, EventBusName, Targets }));
      return RuleArn;
    },
    put: (...entries) => putEvents(client, entries),
    async stop() {
      client.destroy();
      sqs.destroy();
      await platform.stop();
    },
  };
}
