/** EventBridge Scheduler through AWS's own JavaScript client: every operation, and real runs against real targets. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { LambdaClient, PutFunctionEventInvokeConfigCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, GetObjectCommand, NoSuchKey, S3Client } from "@aws-sdk/client-s3";
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListTagsForResourceCommand,
  paginateListScheduleGroups,
  paginateListSchedules,
  ResourceNotFoundException,
  SchedulerClient,
  type SchedulerServiceException,
  TagResourceCommand,
  type Target,
  UntagResourceCommand,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ListQueuesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const ARN = "us-east-1:000000000000";
const RoleArn = "arn:aws:iam::000000000000:role/scheduler";
/** A time that has passed: such a schedule runs at once. */
const PAST = "at(2020-02-29T12:30:00)";
const OFF = { FlexibleTimeWindow: { Mode: "OFF" } } as const;

interface Created extends Omit<Partial<CreateScheduleCommandInput>, "Target"> {
  readonly Target: Partial<Target>;
}

describe("EventBridge Scheduler, by AWS's JavaScript client", { timeout: 60_000 }, () => {
  let platform: TestPlatform;
  let client: SchedulerClient;
  let sqs: SQSClient;
  let s3: S3Client;
  let lambda: LambdaClient;
  let sns: SNSClient;
  let events: EventBridgeClient;
  let kinesis: KinesisClient;
  let names = 0;

  before(async () => {
    platform = await startPlatform();
    const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
    client = new SchedulerClient(settings);
    sqs = new SQSClient(settings);
    s3 = new S3Client({ ...settings, forcePathStyle: true });
    lambda = new LambdaClient(settings);
    sns = new SNSClient(settings);
    events = new EventBridgeClient(settings);
    kinesis = new KinesisClient({ ...settings, maxAttempts: 10 }); // five reads of a shard a second
  });
  after(async () => {
    for (const each of [client, sqs, s3, lambda, sns, events, kinesis]) each.destroy();
    await platform.stop();
  });

  const newName = (): string => `s-${++names}`;

  const create = (input: Created) =>
    client.send(
      new CreateScheduleCommand({
        Name: newName(),
        ScheduleExpression: PAST,
        ...OFF,
        ...input,
      } as CreateScheduleCommandInput),
    );

  async function queue(name = newName(), Attributes = {}) {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }));
    return { QueueUrl, arn: `arn:aws:sqs:${ARN}:${name}` };
  }

  /** The next message of a queue, which is taken out. */
  async function next(QueueUrl: string | undefined): Promise<Message> {
    for (;;) {
      const { Messages } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          WaitTimeSeconds: 20,
          MessageAttributeNames: ["All"],
          MessageSystemAttributeNames: ["All"],
        }),
      );
      const [message] = Messages ?? [];
      if (message === undefined) continue;
      const { ReceiptHandle } = message;
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      return message;
    }
  }

  /** The queues of this name, once there is one. */
  async function listed(QueueNamePrefix: string) {
    for (;;) {
      const found = await sqs.send(new ListQueuesCommand({ QueueNamePrefix }));
      if ((found.QueueUrls?.length ?? 0) > 0) return found;
    }
  }

  async function goneAfterwards(look: () => Promise<unknown>): Promise<void> {
    for (;;)
      try {
        await look();
      } catch (error) {
        assert.ok(error instanceof ResourceNotFoundException);
        return;
      }
  }

  describe("schedules", () => {
    it("are created, read, replaced and deleted", async () => {
      const Name = newName();
      const StartDate = new Date(Date.now() + 3600_000);
      const Target = {
        Arn: `arn:aws:sqs:${ARN}:any`,
        RoleArn,
        Input: "hello",
        DeadLetterConfig: { Arn: `arn:aws:sqs:${ARN}:letters` },
        RetryPolicy: { MaximumRetryAttempts: 3 },
      };
      const { ScheduleArn } = await create({
        Name,
        Description: "first",
        ScheduleExpression: "rate(5 minutes)",
        ScheduleExpressionTimezone: "Europe/Madrid",
        StartDate,
        FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 },
        Target,
      });
      assert.equal(ScheduleArn, `arn:aws:scheduler:${ARN}:schedule/default/${Name}`);
      const { $metadata, CreationDate, LastModificationDate, ...made } = await client.send(
        new GetScheduleCommand({ Name }),
      );
      assert.deepEqual(CreationDate, LastModificationDate);
      assert.deepEqual(made, {
        ActionAfterCompletion: "NONE",
        Arn: ScheduleArn,
        Description: "first",
        FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 },
        GroupName: "default",
        Name,
        ScheduleExpression: "rate(5 minutes)",
        ScheduleExpressionTimezone: "Europe/Madrid",
        StartDate,
        State: "ENABLED",
        Target: {
          ...Target,
          RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 86_400 },
        },
      });

      const changed = await client.send(
        new UpdateScheduleCommand({
          Name,
          ScheduleExpression: "cron(0 9 ? * MON-FRI *)",
          State: "DISABLED",
          ActionAfterCompletion: "DELETE",
          ...OFF,
          Target: { Arn: `arn:aws:sns:${ARN}:topic`, RoleArn },
        }),
      );
      assert.equal(changed.ScheduleArn, ScheduleArn);
      const replaced = await client.send(new GetScheduleCommand({ Name, GroupName: "default" }));
      assert.deepEqual(replaced.CreationDate, CreationDate);
      assert.equal(replaced.Description, undefined);
      assert.equal(replaced.StartDate, undefined);
      assert.equal(replaced.ScheduleExpressionTimezone, "UTC");
      assert.deepEqual(
        [replaced.State, replaced.ActionAfterCompletion, replaced.FlexibleTimeWindow],
        ["DISABLED", "DELETE", { Mode: "OFF" }],
      );

      await client.send(new DeleteScheduleCommand({ Name }));
      for (const command of [new GetScheduleCommand({ Name }), new DeleteScheduleCommand({ Name })])
        await assert.rejects(client.send(command as GetScheduleCommand), {
          name: "ResourceNotFoundException",
          message: `Schedule ${Name} does not exist.`,
        });
    });

    it("are listed by group, name and state, page by page, without their targets' details", async () => {
      const GroupName = newName();
      await client.send(new CreateScheduleGroupCommand({ Name: GroupName }));
      const Target = { Arn: `arn:aws:sqs:${ARN}:any`, RoleArn, Input: "x" };
      const ScheduleExpression = "cron(0 0 1 1 ? 2190)";
      for (const Name of ["a1", "a2", "a3", "b1"])
        await create({
          Name,
          GroupName,
          ScheduleExpression,
          Target,
          State: Name === "a2" ? "DISABLED" : "ENABLED",
        });
      const found = [];
      const settings = { client, pageSize: 1 };
      const filter = { GroupName, NamePrefix: "a", State: "ENABLED" } as const;
      for await (const page of paginateListSchedules(settings, filter))
        found.push(...(page.Schedules ?? []));
      assert.deepEqual(
        found.map(({ Name }) => Name),
        ["a1", "a3"],
      );
      const { CreationDate, LastModificationDate, ...summary } = found[0] ?? {};
      assert.ok(CreationDate instanceof Date && LastModificationDate instanceof Date);
      assert.deepEqual(summary, {
        Arn: `arn:aws:scheduler:${ARN}:schedule/${GroupName}/a1`,
        GroupName,
        Name: "a1",
        State: "ENABLED",
        Target: { Arn: Target.Arn },
      });
    });

    it("of the same token are made once, and of another one are in conflict", async () => {
      const Target = { Arn: `arn:aws:sqs:${ARN}:any`, RoleArn };
      const ScheduleExpression = "rate(1 day)";
      const first = { Name: newName(), ScheduleExpression, Target, ClientToken: "token-1" };
      const { ScheduleArn } = await create(first);
      assert.equal((await create(first)).ScheduleArn, ScheduleArn);
      await assert.rejects(create({ ...first, ClientToken: "token-2" }), {
        name: "ConflictException",
        message: `Schedule ${first.Name} already exists.`,
      });
    });
  });

  describe("groups", () => {
    it("are created, tagged, listed, and deleted with their schedules", async () => {
      const Name = newName();
      const { ScheduleGroupArn: ResourceArn } = await client.send(
        new CreateScheduleGroupCommand({ Name, Tags: [{ Key: "a", Value: "1" }] }),
      );
      assert.equal(ResourceArn, `arn:aws:scheduler:${ARN}:schedule-group/${Name}`);
      await client.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "b", Value: "2" }] }));
      await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["a"] }));
      const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceArn }));
      assert.deepEqual(Tags, [{ Key: "b", Value: "2" }]);
      const { State, Arn } = await client.send(new GetScheduleGroupCommand({ Name }));
      assert.deepEqual([State, Arn], ["ACTIVE", ResourceArn]);
      const groups = [];
      for await (const page of paginateListScheduleGroups({ client, pageSize: 1 }, {}))
        groups.push(...(page.ScheduleGroups ?? []).map((group) => group.Name));
      assert.ok(groups.includes("default") && groups.includes(Name));
      const { ScheduleGroups } = await client.send(
        new ListScheduleGroupsCommand({ NamePrefix: Name }),
      );
      assert.equal(ScheduleGroups?.length, 1);

      const Target = { Arn: `arn:aws:sqs:${ARN}:any`, RoleArn };
      await create({ Name: "x", GroupName: Name, ScheduleExpression: "rate(1 day)", Target });
      await client.send(new DeleteScheduleGroupCommand({ Name }));
      await goneAfterwards(() => client.send(new GetScheduleGroupCommand({ Name })));
      await assert.rejects(client.send(new GetScheduleCommand({ Name: "x", GroupName: Name })), {
        message: `Schedule group ${Name} does not exist.`,
      });
      await assert.rejects(client.send(new CreateScheduleGroupCommand({ Name: "default" })), {
        name: "ValidationException",
        message: "This operation cannot be performed on schedule group default.",
      });
    });
  });

  describe("runs", () => {
    it("send to queues, with context attributes, and are deleted after the last one", async () => {
      const { QueueUrl, arn } = await queue();
      const Name = newName();
      const Input =
        "<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time> <aws.scheduler.attempt-number> <aws.scheduler.execution-id>";
      await create({
        Name,
        ScheduleExpressionTimezone: "America/New_York",
        ActionAfterCompletion: "DELETE",
        Target: { Arn: arn, RoleArn, Input },
      });
      const [schedule, time, attempt, execution] = (await next(QueueUrl)).Body?.split(" ") ?? [];
      assert.equal(schedule, `arn:aws:scheduler:${ARN}:schedule/default/${Name}`);
      assert.deepEqual([time, attempt], ["2020-02-29T17:30:00Z", "1"]);
      assert.match(execution ?? "", /^[0-9a-f]{16}$/);
      await goneAfterwards(() => client.send(new GetScheduleCommand({ Name })));
    });

    it("send to FIFO queues in a message group", async () => {
      const { QueueUrl, arn } = await queue(`${newName()}.fifo`, { FifoQueue: "true" });
      await create({
        ScheduleExpression: "rate(1 minute)",
        Target: { Arn: arn, RoleArn, Input: "x", SqsParameters: { MessageGroupId: "g" } },
      });
      const { Attributes, Body } = await next(QueueUrl);
      assert.deepEqual([Attributes?.["MessageGroupId"], Body], ["g", "x"]);
    });

    it("invoke functions, with a scheduled event where there is no input", async () => {
      const { QueueUrl, arn } = await queue();
      const FunctionArn = await deploy(lambda, "scheduled", {
        "index.js": "exports.handler = async (event) => event;",
      });
      await lambda.send(
        new PutFunctionEventInvokeConfigCommand({
          FunctionName: "scheduled",
          DestinationConfig: { OnSuccess: { Destination: arn } },
        }),
      );
      await create({ Target: { Arn: FunctionArn, RoleArn, Input: '{"a":1}' } });
      assert.deepEqual(JSON.parse((await next(QueueUrl)).Body ?? "").responsePayload, { a: 1 });
      await create({ Target: { Arn: FunctionArn, RoleArn } });
      const { source, time } = JSON.parse((await next(QueueUrl)).Body ?? "").responsePayload;
      assert.deepEqual([source, time], ["aws.scheduler", "2020-02-29T12:30:00Z"]);
    });

    it("send to topics, event buses and streams", async () => {
      const { QueueUrl, arn } = await queue();
      const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: "scheduled" }));
      await sns.send(
        new SubscribeCommand({
          TopicArn,
          Protocol: "sqs",
          Endpoint: arn,
          Attributes: { RawMessageDelivery: "true" },
        }),
      );
      await create({ Target: { Arn: TopicArn, RoleArn, Input: "to a topic" } });
      assert.equal((await next(QueueUrl)).Body, "to a topic");

      const EventPattern = JSON.stringify({ source: ["by.schedule"] });
      await events.send(new PutRuleCommand({ Name: "scheduled", EventPattern }));
      await events.send(
        new PutTargetsCommand({ Rule: "scheduled", Targets: [{ Id: "q", Arn: arn }] }),
      );
      const Name = newName();
      await create({
        Name,
        Target: {
          Arn: `arn:aws:events:${ARN}:event-bus/default`,
          RoleArn,
          Input: '{"for":"<aws.scheduler.scheduled-time>"}',
          EventBridgeParameters: { Source: "by.schedule", DetailType: "Tick" },
        },
      });
      const { id: _, time: __, ...event } = JSON.parse((await next(QueueUrl)).Body ?? "");
      assert.deepEqual(event, {
        version: "0",
        "detail-type": "Tick",
        source: "by.schedule",
        account: "000000000000",
        region: "us-east-1",
        resources: [`arn:aws:scheduler:${ARN}:schedule/default/${Name}`],
        detail: { for: "2020-02-29T12:30:00Z" },
      });
      await create({
        Target: {
          Arn: "arn:aws:scheduler:::aws-sdk:eventbridge:putEvents",
          RoleArn,
          Input: JSON.stringify({
            Entries: [{ Source: "by.schedule", DetailType: "Put", Detail: "{}" }],
          }),
        },
      });
      assert.equal(JSON.parse((await next(QueueUrl)).Body ?? "")["detail-type"], "Put");

      const StreamName = "scheduled";
      await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
      await waitUntilStreamExists(
        { client: kinesis, maxWaitTime: 30, minDelay: 0.05 },
        { StreamName },
      );
      await create({
        Target: {
          Arn: `arn:aws:kinesis:${ARN}:stream/${StreamName}`,
          RoleArn,
          Input: "to a stream",
          KinesisParameters: { PartitionKey: "p" },
        },
      });
      const { ShardIterator } = await kinesis.send(
        new GetShardIteratorCommand({
          StreamName,
          ShardId: "shardId-000000000000",
          ShardIteratorType: "TRIM_HORIZON",
        }),
      );
      for (let iterator = ShardIterator; ; ) {
        const { Records = [], NextShardIterator } = await kinesis.send(
          new GetRecordsCommand({ ShardIterator: iterator }),
        );
        iterator = NextShardIterator;
        const [record] = Records;
        if (record === undefined) continue;
        const { Data = new Uint8Array(), PartitionKey } = record;
        assert.deepEqual([Buffer.from(Data).toString(), PartitionKey], ["to a stream", "p"]);
        break;
      }
    });

    it("call any operation of the platform", async () => {
      await s3.send(new CreateBucketCommand({ Bucket: "scheduled" }));
      const { QueueUrl } = await queue();
      const universal = (action: string, input: object) =>
        create({
          Target: {
            Arn: `arn:aws:scheduler:::aws-sdk:${action}`,
            RoleArn,
            Input: JSON.stringify(input),
          },
        });
      await universal("s3:putObject", { Bucket: "scheduled", Key: "k", Body: "text é" });
      await universal("sqs:sendMessage", { QueueUrl, MessageBody: "b" });
      await universal("sqs:createQueue", { QueueName: "made-by-schedule" });
      const { QueueUrls } = await listed("made-by-schedule");
      assert.equal(QueueUrls?.length, 1);
      await universal("lambda:invoke", {
        FunctionName: "scheduled",
        InvocationType: "Event",
        Payload: { b: 2 },
      });
      assert.equal((await next(QueueUrl)).Body, "b");
      const object = new GetObjectCommand({ Bucket: "scheduled", Key: "k" });
      for (;;)
        try {
          const { Body } = await s3.send(object);
          assert.equal(await Body?.transformToString(), "text é");
          break;
        } catch (error) {
          if (!(error instanceof NoSuchKey)) throw error;
        }
    });

    it("that fail for good end in the dead-letter queue, and say why", async () => {
      const letters = await queue();
      const universal = `arn:aws:scheduler:::aws-sdk:sqs:sendMessage`;
      const QueueUrl = letters.QueueUrl?.replace(/[^/]+$/, "none");
      const input = JSON.stringify({ QueueUrl, MessageBody: "b" });
      for (const [Arn, code, Input] of [
        [`arn:aws:sqs:${ARN}:none`, /./, "lost"],
        [universal, /NonExistentQueue|QueueDoesNotExist/, input],
      ] as const) {
        await create({
          Target: { Arn, RoleArn, Input, DeadLetterConfig: { Arn: letters.arn } },
        });
        const { Body, MessageAttributes = {} } = await next(letters.QueueUrl);
        assert.equal(Body, Input);
        const attribute = (name: string) => MessageAttributes[name]?.StringValue;
        assert.match(attribute("ERROR_CODE") ?? "", code);
        assert.deepEqual(
          [attribute("TARGET_ARN"), attribute("RETRY_ATTEMPTS"), attribute("SCHEDULED_TIME")],
          [Arn, "0", "2020-02-29T12:30:00Z"],
        );
        assert.match(attribute("SCHEDULE_ARN") ?? "", /:schedule\/default\/s-\d+$/);
      }
    });
  });

  describe("bad input", () => {
    const Arn = `arn:aws:sqs:${ARN}:any`;
    const cases: readonly (readonly [what: string, input: Created, message: RegExp])[] = [
      ["a name", { Name: "a/b", Target: { Arn, RoleArn } }, /at 'name' failed to satisfy/],
      [
        "a long name",
        { Name: "a".repeat(65), Target: { Arn, RoleArn } },
        /less than or equal to 64/,
      ],
      ["a role", { Target: { Arn, RoleArn: "me" } }, /at 'target.roleArn' failed to satisfy/],
      ["no target", { Target: {} }, /Value null at 'target.arn'/],
      [
        "retries",
        { Target: { Arn, RoleArn, RetryPolicy: { MaximumRetryAttempts: 186 } } },
        /at 'target.retryPolicy.maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 185/,
      ],
      [
        "a dead-letter queue",
        { Target: { Arn, RoleArn, DeadLetterConfig: { Arn: `${Arn}.fifo` } } },
        /at 'target.deadLetterConfig.arn' failed to satisfy/,
      ],
      [
        "an event of AWS's",
        {
          Target: {
            Arn: `arn:aws:events:${ARN}:event-bus/b`,
            RoleArn,
            EventBridgeParameters: { DetailType: "x", Source: "" },
          },
        },
        /at 'target.eventBridgeParameters.source' failed to satisfy/,
      ],
      [
        "a window",
        {
          FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 1441 },
          Target: { Arn, RoleArn },
        },
        /less than or equal to 1440/,
      ],
    ];
    for (const [what, input, message] of cases)
      it(`is refused: ${what}`, async () => {
        await assert.rejects(create(input), { name: "ValidationException", message });
      });

    it("says what nothing serves yet", async () => {
      await assert.rejects(
        create({ Target: { Arn: `arn:aws:states:${ARN}:stateMachine:m`, RoleArn } }),
        (error: SchedulerServiceException) => {
          assert.deepEqual([error.name, error.$metadata.httpStatusCode], ["NotImplemented", 501]);
          return true;
        },
      );
    });
  });
});
