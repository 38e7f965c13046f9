/** Events of buckets on their way to queues, topics and the default bus, by the official SDKs. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  type Event,
  GetBucketNotificationConfigurationCommand,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

// biome-ignore lint/suspicious/noExplicitAny: messages of several services
type Message = any;

describe("events of buckets", () => {
  let platform: TestPlatform;
  let s3: S3Client;
  let sqs: SQSClient;
  let sns: SNSClient;
  let events: EventBridgeClient;
  let count = 0;

  before(async () => {
    platform = await startPlatform();
    const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
    [s3, sqs] = [new S3Client(settings), new SQSClient(settings)];
    [sns, events] = [new SNSClient(settings), new EventBridgeClient(settings)];
  });
  after(async () => {
    for (const client of [s3, sqs, sns, events]) client.destroy();
    await platform.stop();
  });

  const bucket = async () => {
    const Bucket = `events-${++count}`;
    await s3.send(new CreateBucketCommand({ Bucket }));
    return Bucket;
  };
  const queue = async (more: object = {}, suffix = "") => {
    const QueueName = `events-${++count}${suffix}`;
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, ...more }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
    );
    return {
      arn: String(Attributes?.["QueueArn"]),
      async heard(wanted: number): Promise<Message[]> {
        const all: Message[] = [];
        while (all.length < wanted) {
          const { Messages = [] } = await sqs.send(
            new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MaxNumberOfMessages: 10 }),
          );
          for (const { Body = "", ReceiptHandle } of Messages) {
            all.push(JSON.parse(Body));
            await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
          }
        }
        return all;
      },
    };
  };
  const configure = (Bucket: string, configuration: NotificationConfiguration, more: object = {}) =>
    s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket,
        NotificationConfiguration: configuration,
        ...more,
      }),
    );
  const ALL: Event[] = [
    "s3:ObjectCreated:*",
    "s3:ObjectRemoved:*",
    "s3:ObjectTagging:*",
    "s3:ObjectAcl:Put",
  ];

  it("are announced to queues by a test message", async () => {
    const [Bucket, { arn, heard }] = [await bucket(), await queue()];
    await configure(Bucket, { QueueConfigurations: [{ QueueArn: arn, Events: ALL }] });
    const [test] = await heard(1);
    assert.deepEqual(Object.keys(test), [
      "Service",
      "Event",
      "Time",
      "Bucket",
      "RequestId",
      "HostId",
    ]);
    assert.deepEqual(
      [test.Service, test.Event, test.Bucket],
      ["Amazon S3", "s3:TestEvent", Bucket],
    );
    await s3.send(new PutObjectCommand({ Bucket, Key: "a b", Body: "x" }));
    const [put] = await heard(1);
    assert.equal(put.Records[0].s3.object.key, "a+b");
  });

  it("say which version they are about", async () => {
    const [Bucket, { arn, heard }] = [await bucket(), await queue()];
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    const OwnershipControls = { Rules: [{ ObjectOwnership: "ObjectWriter" as const }] };
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
    await configure(Bucket, { QueueConfigurations: [{ QueueArn: arn, Events: ALL }] });
    const name = { Bucket, Key: "k" };
    const { VersionId } = await s3.send(new PutObjectCommand({ ...name, Body: "x" }));
    const TagSet = [{ Key: "a", Value: "b" }];
    await s3.send(new PutObjectTaggingCommand({ ...name, Tagging: { TagSet } }));
    await s3.send(new PutObjectAclCommand({ ...name, ACL: "private" }));
    const marker = await s3.send(new DeleteObjectCommand(name));
    await s3.send(new DeleteObjectCommand({ ...name, VersionId }));
    const messages = (await heard(6)).flatMap(({ Records = [] }) => Records);
    const about = Object.fromEntries(
      messages.map((record: Message) => [record.eventName, record.s3.object.versionId]),
    );
    assert.deepEqual(about, {
      "ObjectCreated:Put": VersionId,
      "ObjectTagging:Put": VersionId,
      "ObjectAcl:Put": VersionId,
      "ObjectRemoved:DeleteMarkerCreated": marker.VersionId,
      "ObjectRemoved:Delete": VersionId,
    });
  });

  it("go to topics under a subject", async () => {
    const [Bucket, { arn, heard }] = [await bucket(), await queue()];
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `topic-${++count}` }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: arn }));
    await configure(Bucket, {
      TopicConfigurations: [{ TopicArn, Events: ["s3:ObjectCreated:*"] }],
    });
    await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
    const messages = await heard(2);
    assert.deepEqual(
      messages.map(({ Subject }) => Subject),
      ["Amazon S3 Notification", "Amazon S3 Notification"],
    );
  });

  it("go to the default bus, whatever they are", async () => {
    const [Bucket, { arn, heard }] = [await bucket(), await queue()];
    const Name = `rule-${++count}`;
    const EventPattern = JSON.stringify({
      source: ["aws.s3"],
      detail: { bucket: { name: [Bucket] } },
    });
    await events.send(new PutRuleCommand({ Name, EventPattern }));
    await events.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: "1", Arn: arn }] }));
    await configure(Bucket, { EventBridgeConfiguration: {} });
    const got = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
    assert.deepEqual(got.EventBridgeConfiguration, {});
    const name = { Bucket, Key: "a b" };
    await s3.send(new PutObjectCommand({ ...name, Body: "x" }));
    const TagSet = [{ Key: "a", Value: "b" }];
    await s3.send(new PutObjectTaggingCommand({ ...name, Tagging: { TagSet } }));
    await s3.send(new DeleteObjectCommand(name));
    const messages = await heard(3);
    assert.deepEqual(messages.map((message) => message["detail-type"]).toSorted(), [
      "Object Created",
      "Object Deleted",
      "Object Tags Added",
    ]);
    for (const { detail, resources } of messages) {
      assert.equal(detail.object.key, "a b"); // not encoded, as in messages of queues
      assert.deepEqual(resources, [`arn:aws:s3:::${Bucket}`]);
    }
    await configure(Bucket, {});
    const none = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
    assert.equal(none.EventBridgeConfiguration, undefined);
  });

  it("need destinations that take them", async () => {
    const Bucket = await bucket();
    const refuses = (QueueArn: string) =>
      assert.rejects(
        configure(Bucket, { QueueConfigurations: [{ QueueArn, Events: ALL }] }),
        (error: Error) => error.name === "InvalidArgument",
      );
    await refuses("arn:aws:sqs:us-east-1:000000000000:nowhere");
    await refuses("nonsense");
    const fifo = await queue({ Attributes: { FifoQueue: "true" } }, ".fifo");
    await refuses(fifo.arn);
    const QueueArn = "arn:aws:sqs:us-east-1:000000000000:nowhere";
    const skip = { SkipDestinationValidation: true };
    await configure(Bucket, { QueueConfigurations: [{ QueueArn, Events: ALL }] }, skip);
  });
});
