/** EventBridge Pipes through AWS's JavaScript client. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { CreateStreamCommand, KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { LambdaClient } from "@aws-sdk/client-lambda";
import {
  CreatePipeCommand,
  type CreatePipeCommandInput,
  DeletePipeCommand,
  DescribePipeCommand,
  ListPipesCommand,
  ListTagsForResourceCommand,
  PipesClient,
  StartPipeCommand,
  StopPipeCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePipeCommand,
} from "@aws-sdk/client-pipes";
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const RoleArn = "arn:aws:iam::000000000000:role/any";
const ENRICH = `exports.handler = async (events) => events.map(({ body }) => ({ shout: body.toUpperCase() }));`;

describe("Pipes, by AWS's JavaScript client", () => {
  let platform: TestPlatform;
  let pipes: PipesClient;
  let sqs: SQSClient;
  let lambda: LambdaClient;
  let kinesis: KinesisClient;

  before(async () => {
    platform = await startPlatform();
    const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
    pipes = new PipesClient(settings);
    sqs = new SQSClient(settings);
    lambda = new LambdaClient(settings);
    kinesis = new KinesisClient(settings);
  });
  after(async () => {
    for (const client of [pipes, sqs, lambda, kinesis]) client.destroy();
    await platform.stop();
  });

  async function queue(QueueName: string) {
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName }));
    return { url: QueueUrl, arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
  }
  const send = (QueueUrl: string, MessageBody: string) =>
    sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  async function received(QueueUrl: string): Promise<string | undefined> {
    const input = { QueueUrl, WaitTimeSeconds: 10 };
    const { Messages } = await sqs.send(new ReceiveMessageCommand(input));
    return Messages?.[0]?.Body;
  }
  async function state(Name: string, wanted: string): Promise<void> {
    for (;;) {
      const { CurrentState } = await pipes.send(new DescribePipeCommand({ Name }));
      if (CurrentState === wanted) return;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
  async function pipe(input: Omit<CreatePipeCommandInput, "RoleArn">) {
    const created = await pipes.send(new CreatePipeCommand({ RoleArn, ...input }));
    assert.equal(created.CurrentState, "CREATING");
    await state(input.Name ?? "", "RUNNING");
    return created;
  }

  it("takes messages from a queue through an enrichment to another queue", {
    timeout: 60_000,
  }, async () => {
    const [from, to] = [await queue("from"), await queue("to")];
    const Enrichment = await deploy(lambda, "enrich", { "index.js": ENRICH });
    await pipe({
      Name: "enriched",
      Source: from.arn,
      SourceParameters: { FilterCriteria: { Filters: [{ Pattern: '{"body":[{"prefix":"h"}]}' }] } },
      Enrichment,
      Target: to.arn,
      TargetParameters: { InputTemplate: '{"said": <$.shout>}' },
    });
    await send(from.url, "bye");
    await send(from.url, "hello");
    assert.equal(await received(to.url), '{"said": "HELLO"}');
  });

  it("takes records from a stream to a queue", { timeout: 60_000 }, async () => {
    const to = await queue("records");
    await kinesis.send(new CreateStreamCommand({ StreamName: "source", ShardCount: 1 }));
    await pipe({
      Name: "streamed",
      Source: "arn:aws:kinesis:us-east-1:000000000000:stream/source",
      SourceParameters: {
        KinesisStreamParameters: { StartingPosition: "TRIM_HORIZON", BatchSize: 5 },
      },
      Target: to.arn,
      TargetParameters: { InputTemplate: '{"n": <$.data.n>, "key": "<$.partitionKey>"}' },
    });
    const Data = Buffer.from('{"n":7}');
    await kinesis.send(new PutRecordCommand({ StreamName: "source", PartitionKey: "k", Data }));
    assert.equal(await received(to.url), '{"n": 7, "key": "k"}');
  });

  it("takes messages from a queue onto a bus, whose rule takes them on", {
    timeout: 60_000,
  }, async () => {
    const [from, to] = [await queue("bus-from"), await queue("bus-to")];
    const events = new EventBridgeClient(clientSettings(platform.origin));
    const { EventBusArn = "" } = await events.send(new CreateEventBusCommand({ Name: "shop" }));
    const rule = { EventBusName: "shop", EventPattern: '{"detail-type":["order"]}' };
    await events.send(new PutRuleCommand({ Name: "orders", ...rule }));
    await events.send(
      new PutTargetsCommand({
        EventBusName: "shop",
        Rule: "orders",
        Targets: [{ Id: "to", Arn: to.arn }],
      }),
    );
    events.destroy();
    await pipe({
      Name: "onto-bus",
      Source: from.arn,
      Target: EventBusArn,
      TargetParameters: {
        InputTemplate: '{"id": <$.body.id>}',
        EventBridgeEventBusParameters: { DetailType: "$.body.kind" },
      },
    });
    await send(from.url, '{"kind":"order","id":1}');
    const event = JSON.parse((await received(to.url)) ?? "{}") as Record<string, unknown>;
    assert.deepEqual(
      [event["source"], event["detail-type"], event["detail"]],
      ["Pipe onto-bus", "order", { id: 1 }],
    );
  });

  it("is described, changed, listed, tagged, stopped, started and deleted", {
    timeout: 60_000,
  }, async () => {
    const [from, to] = [await queue("life-from"), await queue("life-to")];
    const { Arn = "" } = await pipe({
      Name: "life",
      Description: "first",
      Source: from.arn,
      Target: to.arn,
      TargetParameters: { InputTemplate: "<$.body>" },
      Tags: { a: "1" },
    });
    const { $metadata, CreationTime, LastModifiedTime, ...described } = await pipes.send(
      new DescribePipeCommand({ Name: "life" }),
    );
    assert.ok(CreationTime && LastModifiedTime && $metadata.httpStatusCode === 200);
    assert.deepEqual(described, {
      Arn: "arn:aws:pipes:us-east-1:000000000000:pipe/life",
      Name: "life",
      Description: "first",
      DesiredState: "RUNNING",
      CurrentState: "RUNNING",
      Source: from.arn,
      SourceParameters: { SqsQueueParameters: { BatchSize: 10 } },
      Target: to.arn,
      TargetParameters: { InputTemplate: "<$.body>" },
      RoleArn,
      Tags: { a: "1" },
    });
    await assert.rejects(
      pipes.send(
        new CreatePipeCommand({ Name: "life", RoleArn, Source: from.arn, Target: to.arn }),
      ),
      { name: "ConflictException", resourceId: "life" },
    );
    const updated = await pipes.send(
      new UpdatePipeCommand({
        Name: "life",
        RoleArn,
        Description: "second",
        DesiredState: "STOPPED",
      }),
    );
    assert.equal(updated.CurrentState, "UPDATING");
    await state("life", "STOPPED");
    const started = await pipes.send(new StartPipeCommand({ Name: "life" }));
    assert.equal(started.CurrentState, "STARTING");
    await state("life", "RUNNING");
    await send(from.url, "through");
    assert.equal(await received(to.url), "through");
    const listed = await pipes.send(new ListPipesCommand({ NamePrefix: "li", Limit: 1 }));
    assert.deepEqual(
      listed.Pipes?.map(({ Name, Source }) => [Name, Source]),
      [["life", from.arn]],
    );

    await pipes.send(new TagResourceCommand({ resourceArn: Arn, tags: { b: "2" } }));
    await pipes.send(new UntagResourceCommand({ resourceArn: Arn, tagKeys: ["a"] }));
    const { tags } = await pipes.send(new ListTagsForResourceCommand({ resourceArn: Arn }));
    assert.deepEqual(tags, { b: "2" });

    const stopped = await pipes.send(new StopPipeCommand({ Name: "life" }));
    assert.deepEqual([stopped.CurrentState, stopped.DesiredState], ["STOPPING", "STOPPED"]);
    await state("life", "STOPPED");
    const gone = await pipes.send(new DeletePipeCommand({ Name: "life" }));
    assert.deepEqual([gone.CurrentState, gone.DesiredState], ["DELETING", "DELETED"]);
    await assert.rejects(state("life", "never"), { name: "NotFoundException" });
  });

  it("refuses what does not go together", async () => {
    const from = await queue("refused-from");
    const create = (more: Partial<CreatePipeCommandInput>) =>
      pipes.send(
        new CreatePipeCommand({ Name: "no", RoleArn, Source: from.arn, Target: from.arn, ...more }),
      );
    for (const more of [
      { Source: "arn:aws:s3:::bucket" },
      { Target: "arn:aws:logs:us-east-1:000000000000:log-group:g" },
      { SourceParameters: { SqsQueueParameters: { BatchSize: 11 } } },
      { SourceParameters: { FilterCriteria: { Filters: [{ Pattern: "no" }] } } },
      { TargetParameters: { CloudWatchLogsParameters: {} } },
    ])
      await assert.rejects(create(more), { name: "ValidationException" });
    await assert.rejects(pipes.send(new DescribePipeCommand({ Name: "none" })), {
      name: "NotFoundException",
    });
  });
});
