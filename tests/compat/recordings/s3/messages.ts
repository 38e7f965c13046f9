/** What queues, topics and buses hear of buckets: on a platform of its own, whose account is that of the recordings. */
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  type Event,
  type NotificationConfiguration,
  type NotificationConfigurationFilter,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  RestoreObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { clientSettings, startPlatform, type TestPlatform } from "../../../platform.ts";
import type { Recordings } from "../harness.ts";
import { answer, newName } from "./fixture.ts";

const ACCOUNT = "111111111111";
const TEST_EVENT = "s3:TestEvent";

export interface MessagesFixture {
  readonly s3: S3Client;
  readonly bucket: (
    configuration?: (queueArn: string) => NotificationConfiguration,
  ) => Promise<string>;
  /** A queue, and all that comes to it besides test messages: so many, or more. */
  queue(): Promise<{ readonly arn: string; heard(count: number): Promise<Heard[]> }>;
  /** A topic that a queue subscribes to. */
  topic(queueArn: string): Promise<string>;
  /** Lets the events of a bucket that the default bus gets go to a queue. */
  listen(bucket: string, queueArn: string): Promise<void>;
  stop(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: messages of three services, compared as they are
type Heard = any;

export async function openMessages(): Promise<MessagesFixture> {
  const platform: TestPlatform = await startPlatform({ flags: ["--account", ACCOUNT] });
  const settings = clientSettings(platform.origin);
  const s3 = new S3Client(settings);
  const [sqs, sns] = [new SQSClient(settings), new SNSClient(settings)];
  const events = new EventBridgeClient(settings);
  return {
    s3,
    async bucket() {
      const Bucket = newName();
      await s3.send(new CreateBucketCommand({ Bucket }));
      return Bucket;
    },
    async queue() {
      const QueueName = newName();
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
      return {
        arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${QueueName}`,
        async heard(count) {
          const all: Heard[] = [];
          while (all.length < count) {
            const { Messages = [] } = await sqs.send(
              new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MaxNumberOfMessages: 10 }),
            );
            for (const { Body = "", ReceiptHandle } of Messages) {
              const body = JSON.parse(Body);
              if (body.Event !== TEST_EVENT && !String(body.Message).includes(TEST_EVENT))
                all.push(body);
              await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
            }
          }
          return all;
        },
      };
    },
    async topic(queueArn) {
      const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: newName() }));
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: queueArn }));
      return String(TopicArn);
    },
    async listen(bucket, queueArn) {
      const Name = newName();
      const EventPattern = JSON.stringify({
        source: ["aws.s3"],
        detail: { bucket: { name: [bucket] } },
      });
      await events.send(new PutRuleCommand({ Name, EventPattern }));
      await events.send(
        new PutTargetsCommand({ Rule: Name, Targets: [{ Id: "1", Arn: queueArn }] }),
      );
    },
    async stop() {
      for (const client of [s3, sqs, sns, events]) client.destroy();
      await platform.stop();
    },
  };
}

const BETWEEN_RUNS = ["amz-id", "amz-request-id", "sequencer", "<signature>"];
const CREATED: Event[] = ["s3:ObjectCreated:*"];

export function playMessages({ play }: Recordings, opened: () => MessagesFixture): void {
  const configure = (Bucket: string, NotificationConfiguration: NotificationConfiguration) =>
    opened().s3.send(
      new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }),
    );
  const put = (Bucket: string, Key: string, Body: string, more: object = {}) =>
    answer(opened().s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more })));
  const remove = (Bucket: string, Key: string, VersionId?: string) =>
    answer(opened().s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId })));
  const published = async (Filter?: NotificationConfigurationFilter) => {
    const [bucket, queue] = [await opened().bucket(), await opened().queue()];
    const TopicArn = await opened().topic(queue.arn);
    await configure(bucket, { TopicConfigurations: [{ TopicArn, Events: CREATED, Filter }] });
    const heard = async (count: number) =>
      (await queue.heard(count)).map((each) => ({ ...each, Message: JSON.parse(each.Message) }));
    return { bucket, heard };
  };

  play(
    "TestS3NotificationsToSns::test_object_created_put",
    async (answers) => {
      const { bucket, heard } = await published();
      await put(bucket, "bucket-key", "first event");
      await put(bucket, "bucket-key", "second event");
      const messages = await heard(2);
      const size = (each: Heard) => each.Message.Records[0].s3.object.size;
      answers.equal("receive_messages", { messages: messages.sort((a, b) => size(a) - size(b)) });
    },
    { anything: BETWEEN_RUNS },
  );

  play(
    "TestS3NotificationsToSns::test_bucket_notifications_with_filter",
    async (answers) => {
      const FilterRules = [
        { Name: "prefix" as const, Value: "testupload/" },
        { Name: "suffix" as const, Value: "testfile.txt" },
      ];
      const { bucket, heard } = await published({ Key: { FilterRules } });
      await put(bucket, "other/testfile.txt", "x");
      await put(bucket, "testupload/dir1/testfile.txt", "a".repeat(35));
      const [message] = await heard(1);
      answers.equal("message", message);
    },
    { anything: BETWEEN_RUNS, words: ["f5260f0f41af2722d9fe17a57dfa9da5"] },
  );

  play(
    "TestS3NotificationsToSQS::test_restore_object",
    async (answers) => {
      const [Bucket, queue] = [await opened().bucket(), await opened().queue()];
      const Events: Event[] = ["s3:ObjectRestore:*"];
      await configure(Bucket, { QueueConfigurations: [{ QueueArn: queue.arn, Events }] });
      const Key = "my_key_restore";
      await put(Bucket, Key, "something", { StorageClass: "GLACIER" });
      const RestoreRequest = { Days: 1, GlacierJobParameters: { Tier: "Expedited" as const } };
      await opened().s3.send(new RestoreObjectCommand({ Bucket, Key, RestoreRequest }));
      const messages = (await queue.heard(2)).flatMap(({ Records }) => Records);
      const order = (each: Heard) => (each.eventName.endsWith("Post") ? 0 : 1);
      answers.equal("receive_messages", {
        messages: messages.sort((a, b) => order(a) - order(b)),
      });
    },
    { anything: BETWEEN_RUNS },
  );

  const bussed = async () => {
    const [bucket, queue] = [await opened().bucket(), await opened().queue()];
    await opened().listen(bucket, queue.arn);
    await configure(bucket, { EventBridgeConfiguration: {} });
    return { bucket, heard: queue.heard };
  };
  const byTime = (messages: Heard[]) =>
    messages.sort((a, b) => (a["detail-type"] < b["detail-type"] ? -1 : 1));
  const BUS = { anything: ["object-sequencer", "request-id", "<requester>"] };

  play(
    "TestS3NotificationsToEventBridge::test_object_created_put",
    async (answers) => {
      const { bucket, heard } = await bussed();
      const key = newName();
      await put(bucket, key, "data");
      await remove(bucket, key);
      const [created, deleted] = byTime(await heard(2));
      answers.equal("object_deleted", deleted);
      answers.equal("object_created", created);
    },
    BUS,
  );

  play(
    "TestS3NotificationsToEventBridge::test_object_created_put_versioned",
    async (answers) => {
      const { bucket, heard } = await bussed();
      const key = newName();
      const keep = (Status: "Enabled" | "Suspended") =>
        opened().s3.send(
          new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }),
        );
      await keep("Enabled");
      const one = await put(bucket, key, "data");
      answers.equal("obj-ver1", one);
      answers.equal("obj-ver2", await put(bucket, key, "data-version2"));
      const marker = await remove(bucket, key);
      answers.equal("delete-marker", marker);
      answers.equal("delete-version", await remove(bucket, key, String(one["VersionId"])));
      await heard(4);
      await keep("Suspended");
      answers.equal("add-null-version", await put(bucket, key, "data-version3"));
      const gone = await remove(bucket, key, String(marker["VersionId"]));
      answers.equal("del-delete-marker", gone);
      // The recording has the second list under both names.
      const messages = byTime(await heard(2));
      answers.equal("message-versioning-active", messages);
      answers.equal("message-versioning-suspended", messages);
    },
    BUS,
  );
}
