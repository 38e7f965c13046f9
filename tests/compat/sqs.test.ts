/** SQS through AWS's own JavaScript client. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  AddPermissionCommand,
  CancelMessageMoveTaskCommand,
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  paginateListDeadLetterSourceQueues,
  paginateListQueues,
  type QueueAttributeName,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  RemovePermissionCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from "@aws-sdk/client-sqs";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

describe("SQS, by AWS's JavaScript client", () => {
  let dataDir: string;
  let platform: TestPlatform;
  let client: SQSClient;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "yunque-sqs-"));
    await start();
  });
  after(async () => {
    await stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    platform = await startPlatform({ dataDir });
    client = new SQSClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
  }
  async function stop(): Promise<void> {
    client.destroy();
    await platform.stop();
  }

  const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
  const receive = async (QueueUrl: string, more: Partial<ReceiveMessageCommandInput> = {}) =>
    (await client.send(new ReceiveMessageCommand({ QueueUrl, ...more }))).Messages ?? [];
  const send = (QueueUrl: string, MessageBody: string, more: object = {}) =>
    client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
  const attribute = async (QueueUrl: string, name: QueueAttributeName) => {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
    return (await client.send(command)).Attributes?.[name];
  };

  const create = async (QueueName: string, Attributes: Record<string, string> = {}) => {
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
    assert.ok(QueueUrl);
    return QueueUrl;
  };

  it("a message is sent, received, and gone once it is deleted", async () => {
    const QueueUrl = await create("first");
    assert.equal(QueueUrl, `${platform.origin}/000000000000/first`);
    const MessageAttributes = { a: { DataType: "String", StringValue: "b" } };
    await client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: "hello", MessageAttributes }),
    );
    const { Messages: [message] = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MessageAttributeNames: ["All"],
        AttributeNames: ["All"],
      }),
    );
    assert.equal(message?.Body, "hello");
    assert.deepEqual(message.MessageAttributes, MessageAttributes);
    assert.equal(message.Attributes?.["ApproximateReceiveCount"], "1");
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    const again = new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 });
    assert.equal((await client.send(again)).Messages, undefined);
  });

  it("batches fail entry by entry", async () => {
    const QueueUrl = await create("batches");
    const { Successful, Failed } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: "a", MessageBody: "a" },
          { Id: "b", MessageBody: "\u0001" },
          { Id: "c", MessageBody: "c" },
        ],
      }),
    );
    assert.deepEqual(
      [Successful?.map(({ Id }) => Id), Failed?.map(({ Id, Code }) => [Id, Code])],
      [["a", "c"], [["b", "InvalidMessageContents"]]],
    );
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }));
    const deleted = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    assert.deepEqual(deleted.Successful?.length, 2);
  });

  it("a receiver that waits is woken by a message", async () => {
    const QueueUrl = await create("waiting");
    const waiting = client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "now" }));
    assert.equal((await waiting).Messages?.[0]?.Body, "now");
  });

  it("queues are found by name, listed and deleted", async () => {
    const QueueUrl = await create("listed");
    const found = await client.send(new GetQueueUrlCommand({ QueueName: "listed" }));
    assert.equal(found.QueueUrl, QueueUrl);
    const { QueueUrls } = await client.send(new ListQueuesCommand({ QueueNamePrefix: "list" }));
    assert.deepEqual(QueueUrls, [QueueUrl]);
    await client.send(new DeleteQueueCommand({ QueueUrl }));
    await assert.rejects(client.send(new GetQueueUrlCommand({ QueueName: "listed" })), {
      name: "QueueDoesNotExist",
      message: "The specified queue does not exist.",
    });
  });

  it("pages of queues follow each other", async () => {
    for (const name of ["page-1", "page-2", "page-3"]) await create(name);
    const found: string[] = [];
    const input = { QueueNamePrefix: "page-" };
    for await (const page of paginateListQueues({ client, pageSize: 2 }, input))
      found.push(...(page.QueueUrls ?? []));
    assert.deepEqual(
      found.map((url) => url.slice(-6)),
      ["page-1", "page-2", "page-3"],
    );
  });

  it("attributes, tags and permissions are kept", async () => {
    const QueueUrl = await create("kept", { VisibilityTimeout: "5" });
    await client.send(
      new SetQueueAttributesCommand({ QueueUrl, Attributes: { DelaySeconds: "7" } }),
    );
    assert.deepEqual(
      [await attribute(QueueUrl, "VisibilityTimeout"), await attribute(QueueUrl, "DelaySeconds")],
      ["5", "7"],
    );
    await client.send(new TagQueueCommand({ QueueUrl, Tags: { a: "1", b: "2" } }));
    await client.send(new UntagQueueCommand({ QueueUrl, TagKeys: ["a"] }));
    const { Tags } = await client.send(new ListQueueTagsCommand({ QueueUrl }));
    assert.deepEqual(Tags, { b: "2" });
    const AWSAccountIds = ["111111111111"];
    const Actions = ["SendMessage", "ReceiveMessage"];
    await client.send(new AddPermissionCommand({ QueueUrl, Label: "l", AWSAccountIds, Actions }));
    const policy = JSON.parse((await attribute(QueueUrl, "Policy")) ?? "");
    assert.deepEqual(policy.Statement[0].Action, ["SQS:SendMessage", "SQS:ReceiveMessage"]);
    await client.send(new RemovePermissionCommand({ QueueUrl, Label: "l" }));
    assert.equal(await attribute(QueueUrl, "Policy"), undefined);
    await client.send(new PurgeQueueCommand({ QueueUrl }));
  });

  it("visibility is changed, one by one and in batches", async () => {
    const QueueUrl = await create("visibility");
    for (const body of ["a", "b"]) await send(QueueUrl, body);
    const [first, second] = await receive(QueueUrl, { MaxNumberOfMessages: 2 });
    assert.ok(first && second);
    const { ReceiptHandle } = first;
    await client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
    );
    assert.equal((await receive(QueueUrl))[0]?.MessageId, first.MessageId);
    const { Successful, Failed } = await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl,
        Entries: [
          { Id: "sound", ReceiptHandle: second.ReceiptHandle, VisibilityTimeout: 0 },
          { Id: "wrong", ReceiptHandle: "handle", VisibilityTimeout: 0 },
          { Id: "long", ReceiptHandle: second.ReceiptHandle, VisibilityTimeout: 43_201 },
        ],
      }),
    );
    assert.deepEqual(
      [Successful?.map(({ Id }) => Id), Failed?.map(({ Id, Code }) => [Id, Code])],
      [
        ["sound"],
        [
          ["wrong", "ReceiptHandleIsInvalid"],
          ["long", "InvalidParameterValue"],
        ],
      ],
    );
    assert.equal((await receive(QueueUrl))[0]?.MessageId, second.MessageId);
  });

  it("a poison message ends in the dead-letter queue, and is moved back", async () => {
    const dead = await create("dead");
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: 2 });
    const source = await create("source", { RedrivePolicy, VisibilityTimeout: "0" });
    const sources: string[] = [];
    for await (const page of paginateListDeadLetterSourceQueues({ client }, { QueueUrl: dead }))
      sources.push(...(page.queueUrls ?? []));
    assert.deepEqual(sources, [source]);
    await send(source, "poison");
    for (const count of ["1", "2"]) {
      const [message] = await receive(source, { MessageSystemAttributeNames: ["All"] });
      assert.equal(message?.Attributes?.["ApproximateReceiveCount"], count);
    }
    assert.deepEqual(await receive(source), []);
    const [message] = await receive(dead, { AttributeNames: ["All"], VisibilityTimeout: 0 });
    assert.equal(message?.Attributes?.["DeadLetterQueueSourceArn"], arn("source"));
    const start = new StartMessageMoveTaskCommand({ SourceArn: arn("dead") });
    const { TaskHandle } = await client.send(start);
    const [back] = await receive(source, { WaitTimeSeconds: 20 });
    assert.equal(back?.Body, "poison");
    const list = new ListMessageMoveTasksCommand({ SourceArn: arn("dead") });
    for (;;) {
      const { Results: [task] = [] } = await client.send(list);
      if (task?.Status === "COMPLETED") break;
    }
    await assert.rejects(client.send(new CancelMessageMoveTaskCommand({ TaskHandle })), {
      name: "UnsupportedOperation",
    });
  });

  it("a FIFO queue keeps the order of each group, and sends nothing twice, also after a restart", async () => {
    const QueueUrl = await create("order.fifo", {
      FifoQueue: "true",
      ContentBasedDeduplication: "true",
    });
    const bodies = ["a", "b", "c", "d"];
    const sent = [];
    for (const MessageBody of bodies)
      sent.push(await send(QueueUrl, MessageBody, { MessageGroupId: "g" }));
    const numbers = sent.map(({ SequenceNumber = "" }) => SequenceNumber);
    assert.deepEqual(numbers.toSorted(), numbers);
    const [held] = await receive(QueueUrl, { VisibilityTimeout: 43_200 });
    assert.equal(held?.Body, "a");
    await stop();
    await start();
    const url = `${platform.origin}/000000000000/order.fifo`;
    const again = await send(url, "a", { MessageGroupId: "g" });
    assert.equal(again.MessageId, sent[0]?.MessageId);
    const received = await receive(url, { MaxNumberOfMessages: 10 });
    assert.deepEqual(
      received.map(({ Body }) => Body),
      bodies,
    );
  });

  it("URLs of any form name their queue", async () => {
    await create("named");
    for (const QueueUrl of [
      "named",
      "http://localhost:4566/000000000000/named",
      "https://sqs.us-east-1.amazonaws.com/000000000000/named",
      "https://us-east-1.queue.amazonaws.com/000000000000/named",
      "http://sqs.us-east-1.localhost:4566/000000000000/named",
      "http://localhost:4566/queue/us-east-1/000000000000/named",
    ]) {
      const command = new SendMessageCommand({ QueueUrl, MessageBody: QueueUrl });
      const { MessageId } = await client.send(command);
      assert.ok(MessageId, QueueUrl);
    }
  });
});
