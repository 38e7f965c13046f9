/** SNS through AWS's own JavaScript client: topics, subscriptions and what is published. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { LambdaClient, PutFunctionEventInvokeConfigCommand } from "@aws-sdk/client-lambda";
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  AddPermissionCommand,
  CheckIfPhoneNumberIsOptedOutCommand,
  ConfirmSubscriptionCommand,
  CreatePlatformApplicationCommand,
  CreatePlatformEndpointCommand,
  CreateTopicCommand,
  type CreateTopicCommandInput,
  DeleteEndpointCommand,
  DeleteTopicCommand,
  GetDataProtectionPolicyCommand,
  GetEndpointAttributesCommand,
  GetSMSAttributesCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListTagsForResourceCommand,
  PublishBatchCommand,
  PublishCommand,
  type PublishCommandInput,
  paginateListSubscriptions,
  paginateListTopics,
  RemovePermissionCommand,
  SetSMSAttributesCommand,
  SetSubscriptionAttributesCommand,
  SetTopicAttributesCommand,
  SNSClient,
  type SNSServiceException,
  SubscribeCommand,
  type SubscribeCommandInput,
  TagResourceCommand,
  UnsubscribeCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const ARN = "arn:aws:sns:us-east-1:000000000000:";

describe("SNS, by AWS's JavaScript client", () => {
  let dataDir: string;
  let platform: TestPlatform;
  let client: SNSClient;
  let sqs: SQSClient;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "yunque-sns-"));
    await start();
  });
  after(async () => {
    close();
    await platform.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    platform = await startPlatform({ dataDir });
    const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
    client = new SNSClient(settings);
    sqs = new SQSClient(settings);
  }
  function close(): void {
    client.destroy();
    sqs.destroy();
  }

  const create = async (Name: string, more: Partial<CreateTopicCommandInput> = {}) =>
    (await client.send(new CreateTopicCommand({ Name, ...more }))).TopicArn ?? "";
  const queue = async (QueueName: string) => {
    const fifo = QueueName.endsWith(".fifo");
    const Attributes = fifo ? { FifoQueue: "true" } : undefined;
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    return { url: QueueUrl, arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
  };
  const subscribe = async (input: Partial<SubscribeCommandInput>) =>
    (await client.send(new SubscribeCommand(input as SubscribeCommandInput))).SubscriptionArn ?? "";
  const publish = (input: PublishCommandInput) => client.send(new PublishCommand(input));
  const topicAttributes = async (TopicArn: string) =>
    (await client.send(new GetTopicAttributesCommand({ TopicArn }))).Attributes ?? {};
  const attributes = async (SubscriptionArn: string) =>
    (await client.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes ?? {};
  const receive = async (QueueUrl: string, count: number) => {
    const bodies: string[] = [];
    while (bodies.length < count) {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 20,
      });
      for (const { Body = "", ReceiptHandle } of (await sqs.send(command)).Messages ?? []) {
        bodies.push(Body);
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
    return bodies;
  };

  /** What a call is refused with: its error's name, status and words. */
  async function refusal(call: Promise<unknown>): Promise<string> {
    try {
      await call;
    } catch (error) {
      const { name, message, $metadata } = error as SNSServiceException;
      return `${name} ${$metadata.httpStatusCode}: ${message}`;
    }
    throw new assert.AssertionError({ message: "the call was not refused" });
  }

  it("a topic is made, described, changed and deleted", async () => {
    const arn = await create("first", { Attributes: { DisplayName: "First" } });
    assert.equal(arn, `${ARN}first`);
    assert.equal(await create("first"), arn);
    assert.equal((await topicAttributes(arn))["DisplayName"], "First");
    const set = (AttributeName: string, AttributeValue: string) =>
      client.send(new SetTopicAttributesCommand({ TopicArn: arn, AttributeName, AttributeValue }));
    await set("DisplayName", "Changed");
    await set("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"numRetries":5}}}');
    await set("TracingConfig", "Active");
    const shown = await topicAttributes(arn);
    assert.equal(shown["DisplayName"], "Changed");
    assert.equal(shown["TracingConfig"], "Active");
    const { http } = JSON.parse(shown["EffectiveDeliveryPolicy"] ?? "");
    assert.equal(http.defaultHealthyRetryPolicy.numRetries, 5);
    assert.match(await refusal(set("Nonsense", "x")), /InvalidParameter.* 400: .*AttributeName/);
    assert.match(await refusal(set("ArchivePolicy", "{}")), /NotImplemented 501/);
    await client.send(new DeleteTopicCommand({ TopicArn: arn }));
    assert.match(
      await refusal(topicAttributes(arn)),
      /^NotFoundException 404: Topic does not exist/,
    );
  });

  it("names, attributes and tags that break a rule are refused in AWS's words", async () => {
    const refused = (Name: string, more?: Partial<CreateTopicCommandInput>) =>
      refusal(create(Name, more));
    const invalid = "InvalidParameterException 400: Invalid parameter: ";
    for (const name of ["with space", "", "x".repeat(257), "dotted.name", "a/b", "../x"])
      assert.match(
        await refused(name),
        /^InvalidParameterException 400: Invalid parameter: /,
        name,
      );
    const fifo = { Attributes: { FifoTopic: "true" } };
    assert.match(await refused("plain", fifo), /Fifo Topic names must end with \.fifo/);
    await create("taken", { Tags: [{ Key: "a", Value: "1" }] });
    assert.equal(
      await refused("taken", { Attributes: { DisplayName: "Other" } }),
      `${invalid}Attributes Reason: Topic already exists with different attributes`,
    );
    assert.equal(
      await refused("taken", { Tags: [{ Key: "a", Value: "2" }] }),
      `${invalid}Tags Reason: Topic already exists with different tags`,
    );
    const many = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: "" }));
    assert.match(await refused("tagged", { Tags: many }), /^TagLimitExceededException 400/);
    assert.match(await refused("x", { Attributes: { Unknown: "1" } }), /^InvalidParameter/);
    assert.match(await refused("x", { DataProtectionPolicy: "{}" }), /^NotImplemented 501/);
    assert.match(
      await refusal(client.send(new GetDataProtectionPolicyCommand({ ResourceArn: ARN }))),
      /^NotImplemented 501/,
    );
  });

  it("tags and permissions are added and removed", async () => {
    const TopicArn = await create("kept");
    const tags = async (ResourceArn = TopicArn) =>
      (await client.send(new ListTagsForResourceCommand({ ResourceArn }))).Tags;
    const ResourceArn = TopicArn;
    await client.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "team", Value: "a" }] }));
    assert.deepEqual(await tags(), [{ Key: "team", Value: "a" }]);
    await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["team", "none"] }));
    assert.deepEqual(await tags(), []);
    assert.match(await refusal(tags(`${ARN}nobody`)), /^ResourceNotFoundException 404/);
    const grant = new AddPermissionCommand({
      TopicArn,
      Label: "l",
      AWSAccountId: ["123456789012"],
      ActionName: ["Publish"],
    });
    await client.send(grant);
    const statements = async () =>
      JSON.parse((await topicAttributes(TopicArn))["Policy"] ?? "").Statement.length;
    assert.equal(await statements(), 2);
    await client.send(new RemovePermissionCommand({ TopicArn, Label: "l" }));
    assert.equal(await statements(), 1);
  });

  it("topics and subscriptions are listed in pages", async () => {
    const names = Array.from({ length: 120 }, (_, index) => `many-${index}`);
    await Promise.all(names.map((name) => create(name)));
    const listed: string[] = [];
    for await (const { Topics = [] } of paginateListTopics({ client }, {}))
      listed.push(...Topics.map(({ TopicArn = "" }) => TopicArn));
    assert.deepEqual(
      listed.filter((arn) => arn.includes(":many-")).toSorted(),
      names.map((name) => ARN + name).toSorted(),
    );
    const Endpoint = (await queue("listed")).arn;
    await Promise.all(
      names.map((name) => subscribe({ TopicArn: ARN + name, Protocol: "sqs", Endpoint })),
    );
    let count = 0;
    for await (const { Subscriptions = [] } of paginateListSubscriptions({ client }, {}))
      count += Subscriptions.length;
    assert.equal(count, 120);
    const own = new ListSubscriptionsByTopicCommand({ TopicArn: `${ARN}many-7` });
    assert.equal((await client.send(own)).Subscriptions?.length, 1);
    const wrong = new ListSubscriptionsByTopicCommand({ TopicArn: ARN, NextToken: "nonsense" });
    assert.match(await refusal(client.send(wrong)), /^InvalidParameterException 400/);
  });

  it("a subscription is made once, changed and ended", async () => {
    const TopicArn = await create("subscribed");
    const { arn: Endpoint } = await queue("subscriber");
    const arn = await subscribe({ TopicArn, Protocol: "sqs", Endpoint });
    assert.equal(await subscribe({ TopicArn, Protocol: "sqs", Endpoint }), arn);
    const raw = { RawMessageDelivery: "true" };
    assert.match(
      await refusal(subscribe({ TopicArn, Protocol: "sqs", Endpoint, Attributes: raw })),
      /Subscription already exists with different attributes/,
    );
    const set = (AttributeName: string, AttributeValue: string) =>
      client.send(
        new SetSubscriptionAttributesCommand({
          SubscriptionArn: arn,
          AttributeName,
          AttributeValue,
        }),
      );
    await set("RawMessageDelivery", "true");
    await set("FilterPolicy", '{"a":["b"]}');
    assert.equal((await attributes(arn))["FilterPolicy"], '{"a":["b"]}');
    await set("FilterPolicy", "{}");
    assert.equal((await attributes(arn))["FilterPolicy"], undefined);
    for (const [name, value] of [
      ["Nonsense", "x"],
      ["FilterPolicy", '{"a":"b"}'],
      ["RedrivePolicy", '{"deadLetterTargetArn":"x"}'],
      ["RawMessageDelivery", "perhaps"],
      ["DeliveryPolicy", '{"healthyRetryPolicy":{}}'],
    ] as const)
      assert.match(await refusal(set(name, value)), /^InvalidParameterException 400/, name);
    await client.send(new UnsubscribeCommand({ SubscriptionArn: arn }));
    await client.send(new UnsubscribeCommand({ SubscriptionArn: arn }));
    assert.match(await refusal(attributes(arn)), /^NotFoundException 404: Subscription/);
    assert.equal((await topicAttributes(TopicArn))["SubscriptionsDeleted"], "1");
  });

  it("subscribers that cannot be are refused in AWS's words", async () => {
    const TopicArn = await create("refusing");
    const refused = (Protocol: string, Endpoint: string) =>
      refusal(subscribe({ TopicArn, Protocol, Endpoint }));
    for (const [protocol, endpoint, words] of [
      ["http", "https://x.example/", "Endpoint must match the specified protocol"],
      ["https", "nonsense", "Endpoint must match the specified protocol"],
      ["http", "http://", "Endpoint must match the specified protocol"],
      ["email", "nobody", "Email address"],
      ["email", "a@b.example\r\nBcc: c@d.example", "Email address"],
      ["sqs", "http://x.example/q", "SQS endpoint ARN"],
      ["lambda", "f", "Lambda endpoint ARN"],
      ["nonsense", "x", "does not support this protocol string: nonsense"],
    ] as const)
      assert.match(
        await refused(protocol, endpoint),
        new RegExp(`^InvalidParameterException 400: Invalid parameter: .*${words}`),
        `${protocol} ${endpoint}`,
      );
    for (const [protocol, endpoint] of [
      ["sms", "+15551234567"],
      ["firehose", "arn:aws:firehose:us-east-1:000000000000:deliverystream/s"],
      ["application", "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/a/b"],
    ] as const)
      assert.match(await refused(protocol, endpoint), /^NotImplemented 501/, protocol);
    assert.match(
      await refusal(
        client.send(new ConfirmSubscriptionCommand({ TopicArn, Token: "0".repeat(192) })),
      ),
      /^InvalidParameterException 400: Invalid parameter: Token/,
    );
  });

  it("messages that break a rule are refused in AWS's words", async () => {
    const TopicArn = await create("strict");
    const attribute = (DataType: string, StringValue: string) => ({
      MessageAttributes: { a: { DataType, StringValue } },
    });
    for (const [more, expected] of [
      [{ Message: "" }, "Invalid parameter: Empty message"],
      [{ Subject: "x".repeat(100) }, "Invalid parameter: Subject"],
      [{ Subject: "two\nlines" }, "Invalid parameter: Subject"],
      [{ Message: "x".repeat(262_145) }, "Invalid parameter: Message too long"],
      [{ MessageStructure: "json", Message: "{" }, "JSON message body failed to parse"],
      [{ MessageStructure: "xml" }, "Invalid parameter: MessageStructure"],
      [attribute("Number", "x"), "Could not cast message attribute 'a' value to number."],
      [attribute("String", ""), "must contain non-empty message attribute value"],
      [{ MessageGroupId: "x".repeat(129) }, "MessageGroupId"],
      [{ TopicArn: "nonsense" }, "An ARN must have at least 6 elements, not 1"],
      [{ TopicArn: undefined }, "TopicArn or TargetArn Reason: no value for required parameter"],
      [{ TopicArn: `${ARN}nobody` }, "Topic does not exist"],
      [{ TopicArn: undefined, PhoneNumber: "+15551234567" }, "Yunque has no text messages"],
    ] as const) {
      const message = await refusal(publish({ TopicArn, Message: "m", ...more }));
      assert.ok(message.includes(expected), `${message}\n${expected}`);
    }
    const batch = (...ids: string[]) =>
      refusal(
        client.send(
          new PublishBatchCommand({
            TopicArn,
            PublishBatchRequestEntries: ids.map((Id) => ({ Id, Message: "m" })),
          }),
        ),
      );
    assert.match(await batch("a", "a"), /^BatchEntryIdsNotDistinctException 400/);
    assert.match(await batch("a b"), /^InvalidBatchEntryIdException 400/);
    const eleven = Array.from({ length: 11 }, (_, index) => `i${index}`);
    assert.match(await batch(...eleven), /^TooManyEntriesInBatchRequestException 400/);
    assert.match(await batch(), /^(EmptyBatchRequestException|ValidationError) 400/);
  });

  it("requests that no SDK would send are refused, and are no defects", async () => {
    const TopicArn = await create("raw");
    const attribute = (member: string, value: string) => ({
      [`MessageAttributes.entry.1.${member}`]: value,
    });
    const message = { Action: "Publish", TopicArn, Message: "m" };
    const token = Buffer.from('["000000000000/us-east-1/topics ","\\u0000"]').toString("base64url");
    const requests: Record<string, string>[] = [
      { ...message, ...attribute("Name", "a") },
      { ...message, ...attribute("Value.DataType", "String") },
      {
        ...message,
        ...attribute("Name", "a"),
        ...attribute("Value.DataType", "Binary"),
        ...attribute("Value.BinaryValue", "!!"),
      },
      { ...message, Message: "null", MessageStructure: "json" },
      { ...message, Message: "[[[", MessageStructure: "json" },
      { ...message, TopicArn: `${TopicArn}\0` },
      { ...message, TopicArn: `${ARN}a/b` },
      { ...message, TopicArn: ARN + "x".repeat(3000) },
      { ...message, TopicArn: "arn:aws:sns:../..:000000000000:raw" },
      { Action: "PublishBatch", TopicArn, "PublishBatchRequestEntries.member.9999999.Id": "a" },
      { Action: "CreateTopic" },
      { Action: "CreateTopic", Name: "x", "Tags.member.1.Key": "a" },
      ...["constructor", "__proto__", "Policy"].map((key) => ({
        Action: "CreateTopic",
        Name: "x",
        "Attributes.entry.1.key": key,
        "Attributes.entry.1.value": "[]",
      })),
      { Action: "SetTopicAttributes", TopicArn, AttributeName: "__proto__", AttributeValue: "x" },
      ...[
        "null",
        "[]",
        '{"http":[]}',
        '{"http":{"defaultHealthyRetryPolicy":{"numRetries":1e9}}}',
      ].map((AttributeValue) => ({
        Action: "SetTopicAttributes",
        TopicArn,
        AttributeName: "DeliveryPolicy",
        AttributeValue,
      })),
      { Action: "Subscribe", TopicArn, Protocol: "http", Endpoint: "http://[::1" },
      { Action: "Subscribe", TopicArn, Protocol: "__proto__", Endpoint: "x" },
      { Action: "Unsubscribe", SubscriptionArn: `${TopicArn}:${"\0".repeat(36)}` },
      { Action: "ListTopics", NextToken: token },
      { Action: "ListTopics", NextToken: "e30" },
      { Action: "GetEndpointAttributes", EndpointArn: `${ARN}endpoint/a/b/\0` },
      {
        Action: "CreatePlatformEndpoint",
        PlatformApplicationArn: `${ARN}app/ADM/../..`,
        Token: "t",
      },
      { Action: "ConfirmSubscription", TopicArn, Token: "\0" },
    ];
    for (const request of requests) {
      const answer = await fetch(platform.origin, {
        method: "POST",
        headers: {
          authorization:
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0",
        },
        body: new URLSearchParams({ Version: "2010-03-31", ...request }),
      });
      const text = await answer.text();
      assert.ok(
        answer.status === 400 || answer.status === 404,
        `${JSON.stringify(request)} ${text}`,
      );
      assert.match(text, /<ErrorResponse/);
    }
    assert.doesNotMatch(platform.log(), /defect/);
  });

  it("settings of text messages and endpoints of applications are kept", async () => {
    const attributes = { DefaultSMSType: "Transactional" };
    await client.send(new SetSMSAttributesCommand({ attributes }));
    assert.deepEqual((await client.send(new GetSMSAttributesCommand({}))).attributes, attributes);
    const phoneNumber = "+15005550006";
    const check = new CheckIfPhoneNumberIsOptedOutCommand({ phoneNumber });
    assert.equal((await client.send(check)).isOptedOut, false);
    const { PlatformApplicationArn } = await client.send(
      new CreatePlatformApplicationCommand({
        Name: "app",
        Platform: "GCM",
        Attributes: { PlatformCredential: "a-key" },
      }),
    );
    const { EndpointArn } = await client.send(
      new CreatePlatformEndpointCommand({ PlatformApplicationArn, Token: "a-token" }),
    );
    await client.send(new DeleteEndpointCommand({ EndpointArn }));
    await client.send(new DeleteEndpointCommand({ EndpointArn })); // idempotent, as AWS says
    await assert.rejects(client.send(new GetEndpointAttributesCommand({ EndpointArn })), {
      name: "NotFoundException",
    });
  });

  it("functions and buckets publish to topics, and topics invoke functions", async () => {
    const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
    const lambda = new LambdaClient(settings);
    const s3 = new S3Client({ ...settings, forcePathStyle: true });
    try {
      const code =
        "export const handler = async ({ Records }) => { throw new Error(Records[0].Sns.Message); };";
      const failing = await deploy(lambda, "failing", { "index.mjs": code });
      const [asked, told] = [await create("asked"), await create("told")];
      const { url, arn: Endpoint } = await queue("told");
      await subscribe({ TopicArn: told, Protocol: "sqs", Endpoint });
      await subscribe({ TopicArn: asked, Protocol: "lambda", Endpoint: failing });
      await lambda.send(
        new PutFunctionEventInvokeConfigCommand({
          FunctionName: "failing",
          MaximumRetryAttempts: 0,
          DestinationConfig: { OnFailure: { Destination: told } },
        }),
      );
      await publish({ TopicArn: asked, Message: "fail for this" });
      const [failed = ""] = await receive(url, 1);
      const record = JSON.parse(JSON.parse(failed).Message);
      assert.equal(record.requestContext.condition, "RetriesExhausted");
      assert.equal(record.responsePayload.errorMessage, "fail for this");

      await s3.send(new CreateBucketCommand({ Bucket: "noticed" }));
      const TopicConfigurations = [{ TopicArn: told, Events: ["s3:ObjectCreated:*" as const] }];
      const NotificationConfiguration = { TopicConfigurations };
      await s3.send(
        new PutBucketNotificationConfigurationCommand({
          Bucket: "noticed",
          NotificationConfiguration,
        }),
      );
      await s3.send(new PutObjectCommand({ Bucket: "noticed", Key: "k", Body: "x" }));
      const notices = (await receive(url, 2)).map((body) => JSON.parse(body));
      assert.deepEqual(
        notices.map(({ Subject }) => Subject),
        ["Amazon S3 Notification", "Amazon S3 Notification"],
      );
      assert.equal(JSON.parse(notices[0].Message).Event, "s3:TestEvent");
      assert.equal(JSON.parse(notices[1].Message).Records[0].s3.object.key, "k");
    } finally {
      lambda.destroy();
      s3.destroy();
    }
  });

  it("topics, subscriptions and the order of a FIFO topic outlive a restart", async () => {
    const TopicArn = await create("lasting.fifo", {
      Attributes: { FifoTopic: "true", ContentBasedDeduplication: "true" },
    });
    const { url, arn: Endpoint } = await queue("lasting.fifo");
    const Attributes = { RawMessageDelivery: "true", FilterPolicy: '{"kind":["a"]}' };
    await subscribe({ TopicArn, Protocol: "sqs", Endpoint, Attributes });
    const send = (Message: string, kind = "a") =>
      publish({
        TopicArn,
        Message,
        MessageGroupId: "g",
        MessageAttributes: { kind: { DataType: "String", StringValue: kind } },
      });
    const first = await send("1");
    close();
    await platform.stop();
    await start();
    const again = await send("1");
    assert.equal(again.MessageId, first.MessageId);
    await send("other", "b");
    const second = await send("2");
    assert.ok(BigInt(second.SequenceNumber ?? 0) > BigInt(first.SequenceNumber ?? 0));
    assert.deepEqual(await receive(new URL(new URL(url).pathname, platform.origin).href, 2), [
      "1",
      "2",
    ]);
  });
});
