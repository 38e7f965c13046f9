/** SQS through AWS's own JavaScript client. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

describe("SQS, by AWS's JavaScript client", () => {
  let platform: TestPlatform;
  let client: SQSClient;
  before(async () => {
    platform = await startPlatform();
    client = new SQSClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
  });
  after(async () => {
    client.destroy();
    await platform.stop();
  });

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
});
