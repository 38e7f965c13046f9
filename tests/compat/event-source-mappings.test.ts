/** Event source mappings through AWS's JavaScript clients: queues that invoke functions. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

/** Sends what it is invoked with to the queue that its environment names. */
const ECHO = `
const { SQSClient, SendMessageCommand } = require("@aws-sdk/client-sqs");
const client = new SQSClient({});
exports.handler = async (event) => {
  await client.send(new SendMessageCommand({ QueueUrl: process.env.OUT, MessageBody: JSON.stringify(event) }));
  if (event.Records.some(({ body }) => body.startsWith("fail"))) throw new Error("asked to fail");
};`;

/** Says of messages that begin with "fail" that they failed. */
const PARTIAL = `
exports.handler = async ({ Records }) => ({
  batchItemFailures: Records.filter(({ body }) => body.startsWith("fail")).map(({ messageId }) => ({ itemIdentifier: messageId })),
});`;

/** Counts on in the queue that it gets its number from. */
const LOOP = `
const { SQSClient, SendMessageCommand } = require("@aws-sdk/client-sqs");
const client = new SQSClient({});
exports.handler = async ({ Records: [{ body }] }) => {
  await client.send(new SendMessageCommand({ QueueUrl: process.env.OUT, MessageBody: String(Number(body) + 1) }));
};`;

describe("event source mappings of queues, by AWS's JavaScript clients", () => {
  let platform: TestPlatform;
  let lambda: LambdaClient;
  let sqs: SQSClient;

  before(async () => {
    platform = await startPlatform();
    const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
    lambda = new LambdaClient(settings);
    sqs = new SQSClient(settings);
  });
  after(async () => {
    lambda.destroy();
    sqs.destroy();
    await platform.stop();
  });

  async function queue(QueueName: string, Attributes: Record<string, string> = {}) {
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    return { url: QueueUrl, arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
  }

  async function map(input: CreateEventSourceMappingCommandInput): Promise<string> {
    const { UUID = "" } = await lambda.send(new CreateEventSourceMappingCommand(input));
    await state(UUID, "Enabled");
    return UUID;
  }

  async function state(UUID: string, wanted: string): Promise<void> {
    await eventually(async () => {
      const { State } = await lambda.send(new GetEventSourceMappingCommand({ UUID }));
      return State === wanted;
    });
  }

  async function eventually<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
    for (;;) {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function received(url: string): Promise<unknown> {
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 10 }),
    );
    return JSON.parse(Messages?.[0]?.Body ?? "null");
  }

  async function left(url: string): Promise<string> {
    const AttributeNames = [
      "ApproximateNumberOfMessages",
      "ApproximateNumberOfMessagesNotVisible",
    ] as const;
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...AttributeNames] }),
    );
    return AttributeNames.map((name) => Attributes[name]).join("+");
  }

  it("invokes the function with what was sent, and deletes it", { timeout: 60_000 }, async () => {
    const out = await queue("echo-out");
    const source = await queue("echo-in");
    const FunctionName = "echo";
    await deploy(
      lambda,
      FunctionName,
      { "index.js": ECHO },
      { Environment: { Variables: { OUT: out.url } } },
    );
    await map({ FunctionName, EventSourceArn: source.arn });
    const { MessageId } = await sqs.send(
      new SendMessageCommand({
        QueueUrl: source.url,
        MessageBody: "hello",
        MessageAttributes: {
          colour: { DataType: "String", StringValue: "green" },
          bytes: { DataType: "Binary", BinaryValue: Buffer.from("x") },
        },
      }),
    );
    const event = (await received(out.url)) as { Records: Record<string, unknown>[] };
    const [record] = event.Records;
    assert.equal(record?.["messageId"], MessageId);
    assert.equal(record?.["body"], "hello");
    assert.equal(record?.["eventSourceARN"], source.arn);
    assert.deepEqual(record?.["messageAttributes"], {
      colour: {
        stringValue: "green",
        stringListValues: [],
        binaryListValues: [],
        dataType: "String",
      },
      bytes: {
        binaryValue: "eA==",
        stringListValues: [],
        binaryListValues: [],
        dataType: "Binary",
      },
    });
    await eventually(async () => (await left(source.url)) === "0+0");
  });

  it("leaves what failed, and its dead-letter queue gets it", { timeout: 60_000 }, async () => {
    const dead = await queue("partial-dead");
    const source = await queue("partial-in", {
      VisibilityTimeout: "1",
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 }),
    });
    const FunctionName = "partial";
    await deploy(lambda, FunctionName, { "index.js": PARTIAL }, { Timeout: 1 });
    await map({
      FunctionName,
      EventSourceArn: source.arn,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
    const Entries = ["a", "fail-b", "c", "d"].map((MessageBody, Id) => ({
      Id: String(Id),
      MessageBody,
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: source.url, Entries }));
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: dead.url,
        WaitTimeSeconds: 20,
        MessageSystemAttributeNames: ["ApproximateReceiveCount"],
      }),
    );
    assert.deepEqual(
      Messages?.map(({ Body }) => Body),
      ["fail-b"],
    );
    assert.equal(await left(source.url), "0+0");
  });

  it("stops a function that feeds its own queue after 16 rounds", { timeout: 60_000 }, async () => {
    const dead = await queue("loop-dead");
    const source = await queue("loop-in", {
      VisibilityTimeout: "3",
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 }),
    });
    const FunctionName = "loop";
    const Environment = { Variables: { OUT: source.url } };
    await deploy(lambda, FunctionName, { "index.js": LOOP }, { Environment });
    await map({ FunctionName, EventSourceArn: source.arn });
    await sqs.send(new SendMessageCommand({ QueueUrl: source.url, MessageBody: "0" }));
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: dead.url, WaitTimeSeconds: 20 }),
    );
    const runs = Number(Messages?.[0]?.Body);
    assert.ok(runs >= 16 && runs <= 17, `${runs} runs`);
  });

  it("is changed, disabled, enabled and deleted", { timeout: 60_000 }, async () => {
    const source = await queue("life-in");
    const FunctionName = "life";
    await deploy(lambda, FunctionName, { "index.js": PARTIAL });
    const UUID = await map({ FunctionName, EventSourceArn: source.arn });
    const update = await lambda.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 5 }));
    assert.equal(update.State, "Updating");
    await assert.rejects(lambda.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 6 })), {
      name: "ResourceInUseException",
    });
    await state(UUID, "Enabled");
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    await state(UUID, "Disabled");
    await sqs.send(new SendMessageCommand({ QueueUrl: source.url, MessageBody: "later" }));
    assert.equal(await left(source.url), "1+0");
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
    await eventually(async () => (await left(source.url)) === "0+0");
    await state(UUID, "Enabled");
    const listed = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName }));
    assert.deepEqual(
      listed.EventSourceMappings?.map((one) => one.UUID),
      [UUID],
    );
    const gone = await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
    assert.equal(gone.State, "Deleting");
    await eventually(async () => {
      const { EventSourceMappings } = await lambda.send(new ListEventSourceMappingsCommand({}));
      return EventSourceMappings?.every((one) => one.UUID !== UUID);
    });
  });
});
