/** EventBridge's buses, rules and targets through AWS's own JavaScript client. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  FilterLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateEventBusCommand,
  DeleteEventBusCommand,
  DeleteRuleCommand,
  DescribeEventBusCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  type EventBridgeClient,
  InvalidEventPatternException,
  LimitExceededException,
  ListEventBusesCommand,
  ListRuleNamesByTargetCommand,
  ListRulesCommand,
  ListTagsForResourceCommand,
  ListTargetsByRuleCommand,
  ManagedRuleException,
  PutPartnerEventsCommand,
  PutPermissionCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemovePermissionCommand,
  RemoveTargetsCommand,
  ResourceNotFoundException,
  TagResourceCommand,
  TestEventPatternCommand,
  UntagResourceCommand,
  UpdateEventBusCommand,
} from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings } from "../platform.ts";
import { ACCOUNT, busArn, type EventsPlatform, openEventsPlatform } from "./events.ts";

describe("EventBridge, by AWS's JavaScript client", () => {
  let events: EventsPlatform;
  let client: EventBridgeClient;
  before(async () => {
    events = await openEventsPlatform();
    client = events.client;
  });
  after(() => events.stop());

  it("buses are made, described, changed, listed and deleted", async () => {
    const dlq = `arn:aws:sqs:us-east-1:${ACCOUNT}:dlq`;
    const made = await client.send(
      new CreateEventBusCommand({
        Name: "shop",
        Description: "orders",
        DeadLetterConfig: { Arn: dlq },
        Tags: [{ Key: "team", Value: "a" }],
      }),
    );
    assert.equal(made.EventBusArn, busArn("shop"));
    await client.send(new UpdateEventBusCommand({ Name: "shop", Description: "all orders" }));
    const described = await client.send(new DescribeEventBusCommand({ Name: busArn("shop") }));
    assert.equal(described.Description, "all orders");
    assert.equal(described.DeadLetterConfig?.Arn, dlq);
    const { EventBuses = [] } = await client.send(new ListEventBusesCommand({}));
    assert.deepEqual(
      EventBuses.map(({ Name }) => Name),
      ["default", "shop"],
    );
    await client.send(new DeleteEventBusCommand({ Name: "shop" }));
    const gone = client.send(new DescribeEventBusCommand({ Name: "shop" }));
    await assert.rejects(gone, ResourceNotFoundException);
    const kept = client.send(new DeleteEventBusCommand({ Name: "default" }));
    await assert.rejects(kept, { message: "Cannot delete event bus default." });
  });

  it("policies are kept, statement by statement", async () => {
    const permission = { Action: "events:PutEvents", Principal: "*", StatementId: "all" };
    const Condition = { Type: "StringEquals", Key: "aws:PrincipalOrgID", Value: "o-1" };
    await client.send(new PutPermissionCommand({ ...permission, Condition }));
    const { Policy = "" } = await client.send(new DescribeEventBusCommand({}));
    assert.deepEqual(JSON.parse(Policy).Statement[0].Condition, {
      StringEquals: { "aws:PrincipalOrgID": "o-1" },
    });
    const unknown = client.send(new RemovePermissionCommand({ StatementId: "other" }));
    await assert.rejects(unknown, ResourceNotFoundException);
    await client.send(new RemovePermissionCommand({ StatementId: "all" }));
    assert.equal((await client.send(new DescribeEventBusCommand({}))).Policy, undefined);
  });

  it("rules are made, described, switched, tagged and deleted", async () => {
    const Name = "a-rule";
    const EventPattern = '{"source": ["x"]}';
    const { RuleArn = "" } = await client.send(
      new PutRuleCommand({ Name, EventPattern, Tags: [{ Key: "a", Value: "1" }] }),
    );
    await client.send(new DisableRuleCommand({ Name }));
    assert.equal((await client.send(new DescribeRuleCommand({ Name }))).State, "DISABLED");
    await client.send(new EnableRuleCommand({ Name }));
    const { Rules: [rule] = [] } = await client.send(new ListRulesCommand({ NamePrefix: "a-" }));
    assert.deepEqual(rule, {
      Name,
      Arn: RuleArn,
      EventPattern,
      State: "ENABLED",
      EventBusName: "default",
    });
    const Tags = [{ Key: "b", Value: "2" }];
    await client.send(new TagResourceCommand({ ResourceARN: RuleArn, Tags }));
    await client.send(new UntagResourceCommand({ ResourceARN: RuleArn, TagKeys: ["a"] }));
    const listed = await client.send(new ListTagsForResourceCommand({ ResourceARN: RuleArn }));
    assert.deepEqual(listed.Tags, Tags);

    const Targets = [{ Id: "1", Arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:somewhere` }];
    await client.send(new PutTargetsCommand({ Rule: Name, Targets }));
    const named = await client.send(
      new ListRuleNamesByTargetCommand({ TargetArn: Targets[0]?.Arn }),
    );
    assert.deepEqual(named.RuleNames, [Name]);
    await assert.rejects(client.send(new DeleteRuleCommand({ Name })), {
      message: "Rule can't be deleted since it has targets.",
    });
    await client.send(new RemoveTargetsCommand({ Rule: Name, Ids: ["1"] }));
    const left = await client.send(new ListTargetsByRuleCommand({ Rule: Name }));
    assert.deepEqual(left.Targets, []);
    await client.send(new DeleteRuleCommand({ Name }));
    await assert.rejects(client.send(new DescribeRuleCommand({ Name })), {
      message: "Rule a-rule does not exist on EventBus default.",
    });
  });

  it("what no rule may be is refused in AWS's words", async () => {
    const put = (rule: object) => client.send(new PutRuleCommand({ Name: "bad", ...rule }));
    await assert.rejects(put({}), {
      message: "Parameter(s) EventPattern or ScheduleExpression must be specified.",
    });
    await assert.rejects(put({ EventPattern: "{}" }), InvalidEventPatternException);
    await assert.rejects(put({ EventPattern: `{"a":["${"x".repeat(5000)}"]}` }), {
      name: "ValidationException",
    });
    await assert.rejects(put({ EventBusName: "none", EventPattern: '{"a":[1]}' }), {
      message: "Event bus none does not exist.",
    });
    await assert.rejects(
      put({ Name: "Events-Archive-x", EventPattern: '{"a":[1]}' }),
      ManagedRuleException,
    );
    const rule = "limits";
    await put({ Name: rule, EventPattern: '{"a":[1]}' });
    const targets = (count: number, target: object = {}) =>
      client.send(
        new PutTargetsCommand({
          Rule: rule,
          Targets: Array.from({ length: count }, (_, n) => ({
            Id: `t${n}`,
            Arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:q`,
            ...target,
          })),
        }),
      );
    await assert.rejects(targets(6), LimitExceededException);
    await assert.rejects(targets(1, { Arn: "nonsense" }), {
      message: "Parameter nonsense is not valid. Reason: Provided Arn is not in correct format.",
    });
    await assert.rejects(targets(1, { Input: "{}", InputPath: "$.a" }), {
      message: "Only one of Input, InputPath, or InputTransformer must be provided for target t0.",
    });
    await assert.rejects(targets(1, { Input: "{" }), { name: "ValidationException" });
    await assert.rejects(targets(1, { InputPath: "detail" }), { name: "ValidationException" });
    await assert.rejects(targets(1, { Arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:q.fifo` }), {
      message: "Parameter(s) SqsParameters must be specified for target: t0.",
    });
    await assert.rejects(targets(1, { RetryPolicy: { MaximumRetryAttempts: 186 } }), {
      name: "ValidationException",
    });
    const partner = new PutPartnerEventsCommand({ Entries: [{ Source: "aws.partner/a/b" }] });
    await assert.rejects(client.send(partner), { name: "NotImplemented" });
  });

  it("patterns can be tried", async () => {
    const Event = JSON.stringify({
      id: "1",
      account: ACCOUNT,
      source: "s",
      time: "2026-01-01T00:00:00Z",
      region: "us-east-1",
      resources: [],
      "detail-type": "t",
      detail: { amount: 7 },
    });
    const tried = async (EventPattern: string) =>
      (await client.send(new TestEventPatternCommand({ Event, EventPattern }))).Result;
    assert.equal(await tried('{"detail": {"amount": [{"numeric": [">", 5]}]}}'), true);
    assert.equal(await tried('{"detail": {"amount": [{"numeric": [">", 7]}]}}'), false);
  });

  it("each entry is taken or refused by itself", async () => {
    const queue = await events.queue("partial");
    await events.rule("partial", "partial", { Arn: queue.arn });
    const answer = await events.put(
      { Source: "partial", Detail: '{"n": 12345678901234567890, "s": " a  b "}' },
      { Source: "aws.s3" },
      { Detail: "[]" },
      { DetailType: undefined },
      { EventBusName: "nobody" },
    );
    assert.equal(answer.FailedEntryCount, 3);
    const [taken, reserved, malformed, missing, elsewhere] = answer.Entries ?? [];
    assert.ok(taken?.EventId);
    assert.equal(reserved?.ErrorCode, "NotAuthorizedForSourceException");
    assert.equal(malformed?.ErrorCode, "MalformedDetail");
    assert.equal(missing?.ErrorCode, "InvalidArgument");
    assert.ok(elsewhere?.EventId);
    const { Body = "" } = await queue.next();
    assert.ok(Body.includes('"detail":{"n":12345678901234567890,"s":" a  b "}'), Body);
    assert.equal(JSON.parse(Body).id, taken.EventId);
    await assert.rejects(events.put(...Array.from({ length: 11 }, () => ({}))), {
      name: "ValidationException",
    });
    await assert.rejects(events.put({ Detail: `{"a":"${"x".repeat(1 << 20)}"}` }), {
      message: "Total size of the entries in the request is over the limit.",
    });
  });

  it("a function gets the event, and what a target says in its place", async () => {
    const lambda = new LambdaClient({ ...clientSettings(events.platform.origin), maxAttempts: 1 });
    const queue = await events.queue("from-function");
    // A function's result goes on to a queue, so that a test sees it.
    const handler = "exports.handler = async (event) => event;";
    const Arn = await deploy(lambda, "taker", { "index.js": handler });
    const { PutFunctionEventInvokeConfigCommand } = await import("@aws-sdk/client-lambda");
    await lambda.send(
      new PutFunctionEventInvokeConfigCommand({
        FunctionName: "taker",
        DestinationConfig: { OnSuccess: { Destination: queue.arn } },
      }),
    );
    lambda.destroy();
    const got = async () => JSON.parse((await queue.next()).Body ?? "").responsePayload;
    const RuleArn = await events.rule("to-function", "fn", { Arn });
    await events.put({ Source: "fn", Resources: ["arn:a"], Time: new Date(86_400_000) });
    const { id, ...event } = await got();
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(event, {
      version: "0",
      "detail-type": "order",
      source: "fn",
      account: ACCOUNT,
      time: "1970-01-02T00:00:00Z",
      region: "us-east-1",
      resources: ["arn:a"],
      detail: { id: 1 },
    });
    await events.rule("to-function", "fn", { Arn, Input: '{"instead": true}' });
    await events.put({ Source: "fn" });
    assert.deepEqual(await got(), { instead: true });
    const InputTransformer = {
      InputPathsMap: { id: "$.detail.id" },
      InputTemplate: '{"order": <id>, "by": "<aws.events.rule-name> <aws.events.rule-arn>"}',
    };
    await events.rule("to-function", "fn", { Arn, InputTransformer });
    await events.put({ Source: "fn" });
    assert.deepEqual(await got(), { order: 1, by: `to-function ${RuleArn}` });
  });

  it("buses send to each other, and rules that go round come to an end", async () => {
    const queue = await events.queue("round");
    for (const Name of ["one", "two"]) await client.send(new CreateEventBusCommand({ Name }));
    await events.rule("on", "round", { Arn: busArn("two") }, "one");
    await events.rule("back", "round", { Arn: busArn("one") }, "two");
    await events.rule("out", "round", { Arn: queue.arn }, "two");
    const { Entries: [entry] = [] } = await events.put({ Source: "round", EventBusName: "one" });
    for (let times = 0; times < 3; times += 1)
      assert.equal(JSON.parse((await queue.next()).Body ?? "").id, entry?.EventId);
    const { FailedEntryCount } = await events.put({ Source: "other", EventBusName: busArn("one") });
    assert.equal(FailedEntryCount, 0);
  });

  it("an event for a target that does not exist ends in the dead-letter queue, with the reason", async () => {
    const dlq = await events.queue("events-dlq");
    const Arn = `arn:aws:sqs:us-east-1:${ACCOUNT}:nowhere`;
    const DeadLetterConfig = { Arn: dlq.arn };
    const rule = await events.rule("dead", "dead", {
      Arn,
      InputPath: "$.detail",
      DeadLetterConfig,
    });
    await events.put({ Source: "dead" });
    const { Body = "", MessageAttributes: attributes = {} } = await dlq.next();
    assert.equal(JSON.parse(Body).source, "dead");
    const values = Object.fromEntries(
      Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue]),
    );
    assert.match(values["ERROR_MESSAGE"] ?? "", /./);
    assert.deepEqual(
      { ...values, ERROR_MESSAGE: undefined },
      {
        ERROR_CODE: "NO_RESOURCE",
        ERROR_MESSAGE: undefined,
        RETRY_ATTEMPTS: "0",
        RULE_ARN: rule,
        TARGET_ARN: Arn,
      },
    );
  });

  it("a log group has a line for each event of its rule", async (test) => {
    const logs = new CloudWatchLogsClient(clientSettings(events.platform.origin));
    test.after(() => logs.destroy());
    const logGroupName = "/aws/events/audit";
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    const Arn = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${logGroupName}`;
    await events.rule("audit", "audited", { Arn });
    for (const id of [1, 2]) await events.put({ Source: "audited", Detail: `{"id": ${id}}` });
    for (;;) {
      const found = await logs.send(new FilterLogEventsCommand({ logGroupName }));
      const lines = (found.events ?? []).map(({ message = "" }) => JSON.parse(message).detail.id);
      if (lines.length < 2) continue;
      assert.deepEqual(lines.sort(), [1, 2]);
      break;
    }
  });
});
