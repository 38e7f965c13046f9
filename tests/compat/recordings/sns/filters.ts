import {
  PublishBatchCommand,
  SetSubscriptionAttributesCommand,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import type { ReceiveMessageCommandInput } from "@aws-sdk/client-sqs";
import type { Comparison, Recordings } from "../harness.ts";
import { type Answered, messagesOf, type SnsFixture } from "./fixture.ts";

const ALL: Partial<ReceiveMessageCommandInput> = { AttributeNames: ["All"] };
const number = (StringValue: string) => ({ DataType: "Number", StringValue });
const BODY = { FilterPolicyScope: "MessageBody" };

/** Filter policies: which are refused, and which messages they let through. */
export function playFilters({ play }: Recordings, sns: () => SnsFixture): void {
  const refused = async (policy: object, more: object = {}): Promise<Answered> => {
    const [TopicArn, queue] = [await sns().topic(), await sns().queue()];
    const Attributes = { FilterPolicy: JSON.stringify(policy), ...more };
    const command = { TopicArn, Protocol: "sqs", Endpoint: queue.arn, Attributes };
    return sns().send(new SubscribeCommand(command));
  };
  /** The recordings hold a message without the place in it, too. */
  const normalized = ({ Error: error, ...rest }: Answered): Answered => {
    const { Message } = error as { Message: string };
    return {
      Error: { ...(error as object), _normalized: Message.split("\n at ")[0] },
      ...rest,
    };
  };
  const playRefusals = async (answers: Comparison, cases: Record<string, unknown>) => {
    for (const [name, key] of Object.entries(cases))
      answers.equal(`error-${name}`, normalized(await refused({ key })));
  };
  const set = (SubscriptionArn: string, AttributeName: string, value: string | object) =>
    sns().send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn,
        AttributeName,
        AttributeValue: typeof value === "string" ? value : JSON.stringify(value),
      }),
    );
  const filtered = async (policy: object, more: Record<string, string> = {}) => {
    const [TopicArn, queue] = [await sns().topic(), await sns().queue()];
    const attributes = { FilterPolicy: JSON.stringify(policy), ...more };
    const arn = await sns().subscribe(TopicArn, queue.arn, attributes);
    const publish = (message: unknown) =>
      sns().publish({ TopicArn, Message: JSON.stringify(message) });
    return { TopicArn, queue, arn, publish };
  };
  const nothing = (url: string) => sns().receive(url, 0);

  play("TestSNSFilterPolicyConditions::test_validate_policy_string_operators", (answers) =>
    playRefusals(answers, {
      "condition-empty-array": [],
      "condition-is-numeric": [{ suffix: 100 }],
      "condition-is-none": [{ suffix: null }],
      "condition-is-not-list-and-operator": { suffix: "value" },
      "condition-empty-list": [{ suffix: [] }],
      "condition-list-wrong-type": [{ suffix: ["test", "test2"] }],
      "condition-is-not-list-two-ops": { suffix: "value", prefix: "value" },
      "condition-is-not-list-and-no-operator": { "not-an-operator": "value" },
      "condition-bad-type": [{ cidr: ["bad-filter"] }],
      "condition-bad-cidr-str": [{ cidr: "bad-filter" }],
      "condition-bad-cidr-str-slash": [{ cidr: "bad-filter/64" }],
      "condition-bad-cidr-str-slash-2": [{ cidr: "bad-filter/bad-mask" }],
      "condition-bad-cidr-v4": [{ cidr: "xx.11.xx/8" }],
      "condition-bad-cidr-v6": [{ cidr: "xxxx:db8:1234:1a00::/64" }],
    }),
  );

  play("TestSNSFilterPolicyConditions::test_validate_policy_numeric_operator", (answers) =>
    playRefusals(
      answers,
      Object.fromEntries(
        Object.entries({
          empty: [],
          "wrong-operator": ["operator"],
          "operator-order": [1, "<="],
          type: ["=", "000"],
          "missing-value": [">="],
          "wrong-range-order": ["<", 100, ">", 10],
          "wrong-range-operators": [">=", 1, ">", 2],
          "wrong-value-order": [">", 3, "<", 1],
          "missing-range-value": [">", 20, "<="],
          "missing-range-operator": [">", 20, 30],
          "wrong-second-range-operator": [">", 20, "test"],
          "wrong-range-value-1-type": [">", "20", "<", "30"],
          "wrong-range-value-2-type": [">", 20, "<", "30"],
          "too-many-range": [">", 20, "<", 30, "<", 50],
        }).map(([name, numeric]) => [`numeric-${name}`, [{ numeric }]]),
      ),
    ),
  );

  const many = (count: number) => Array.from({ length: count }, (_, index) => `value${index}`);

  play("TestSNSFilterPolicyConditions::test_policy_complexity", async (answers) => {
    answers.equal("error-complexity-in-one-condition", await refused({ a: many(151) }));
    const two = { a: many(13), b: many(12) };
    answers.equal("error-complexity-in-two-conditions", await refused(two));
    const six = Object.fromEntries([..."abcdef"].map((key) => [key, ["x"]]));
    answers.equal("error-complexity-too-many-fields", await refused(six));
  });

  play("TestSNSFilterPolicyConditions::test_policy_complexity_with_or", async (answers) => {
    const flat = { a: many(10), $or: [{ b: many(8) }, { c: many(8) }] };
    answers.equal("error-complexity-or-flat", await refused(flat));
    const nested = { a: { $or: [{ b: many(20) }, { c: many(20) }] }, d: many(2) };
    answers.equal("error-complexity-or-nested", await refused(nested, BODY));
  });

  play("TestSNSFilterPolicyCrud::test_set_subscription_filter_policy_scope", async (answers) => {
    const [topic, queue] = [await sns().topic(), await sns().queue()];
    const arn = await sns().subscribe(topic, queue.arn);
    const attributes = () => sns().subscriptionAttributes(arn);
    answers.equal("sub-attrs-default", await attributes());
    await set(arn, "FilterPolicyScope", "MessageBody");
    answers.equal("sub-attrs-filter-scope-body", await attributes());
    answers.equal(
      "sub-attrs-filter-scope-error",
      await set(arn, "FilterPolicyScope", "RandomValue"),
    );
    await set(arn, "FilterPolicy", { attr: ["match-this"] });
    answers.equal("sub-attrs-after-setting-policy", await attributes());
  });

  play(
    "TestSNSFilterPolicyCrud::test_sub_filter_policy_nested_property_constraints",
    async (answers) => {
      const [topic, queue] = [await sns().topic(), await sns().queue()];
      const arn = await sns().subscribe(topic, queue.arn, BODY);
      const setPolicy = (policy: object) => set(arn, "FilterPolicy", policy);
      answers.equal(
        "sub-filter-policy-nested-error-too-many-combinations",
        await setPolicy({
          a: { b: { c: many(4) } },
          d: { e: many(3) },
          f: many(3),
        }),
      );
      const key = (name: string) => ({ [name]: ["value"] });
      const six = {
        a: { ...key("b"), ...key("c") },
        d: { ...key("e"), ...key("f") },
        ...key("g"),
        ...key("h"),
      };
      answers.equal("sub-filter-policy-max-attr-keys", await setPolicy(six));
      answers.equal("sub-filter-policy-rule-no-list", await setPolicy({ key_a: "value_one" }));
    },
  );

  play(
    "TestSNSFilterPolicyAttributes::test_exists_filter_policy_attributes_array",
    async (answers) => {
      const { TopicArn, queue, arn } = await filtered(
        { store: ["value1"] },
        { RawMessageDelivery: "true" },
      );
      answers.equal("subscription-attributes-policy", await sns().subscriptionAttributes(arn));
      answers.equal("messages-init", await nothing(queue.url));
      const publish = (Message: string, DataType: string, StringValue: string) =>
        sns().publish({
          TopicArn,
          Message,
          MessageAttributes: { store: { DataType, StringValue } },
        });
      // Raw messages bring their attributes along, which nobody asked for.
      const unasked = { MessageAttributeNames: [] };
      await publish("message-1", "String", "value1");
      answers.equal("messages-1", await sns().receive(queue.url, 1, unasked));
      await publish("message-2", "String.Array", '["value1"]');
      answers.equal("messages-2", await sns().receive(queue.url, 1, unasked));
      await publish("message-3", "String.Array", '["value2"]');
      answers.equal("messages-3", await nothing(queue.url));
    },
  );

  play("TestSNSFilterPolicyBody::test_filter_policy_on_message_body[True]", async (answers) => {
    const { queue, publish } = await filtered(
      { object: { key: [{ prefix: "auto-" }, "hardcodedvalue"] } },
      { ...BODY, RawMessageDelivery: "true" },
    );
    answers.equal("recv-init", await nothing(queue.url));
    for (const key of ["auto-test", "hardcodedvalue"]) await publish({ object: { key } });
    for (const message of [
      { object: { test: "auto-test" } },
      { object: { key: "bad-value" } },
      { object: "auto-test" },
      ["auto-test"],
    ])
      await publish(message);
    const { Messages, ...rest } = await sns().receive(queue.url, 2);
    for (const [index, message] of (Messages as unknown[]).entries())
      answers.equal(`recv-passed-msg-${index}`, { Messages: [message], ...rest });
  });

  play("TestSNSFilterPolicyBody::test_filter_policy_for_batch", async (answers) => {
    const { TopicArn, queue, arn } = await filtered({ attr1: [{ numeric: [">", 0, "<=", 100] }] });
    const other = await sns().queue();
    const unfiltered = await sns().subscribe(TopicArn, other.arn);
    answers.equal("subscription-attributes-with-filter", await sns().subscriptionAttributes(arn));
    answers.equal(
      "subscription-attributes-no-filter",
      await sns().subscriptionAttributes(unfiltered),
    );
    answers.equal("messages-no-filter-before-publish", await nothing(other.url));
    answers.equal("messages-with-filter-before-publish", await nothing(queue.url));
    const publish = (Message: string, value: string) => {
      const entry = { Id: "1", Message, MessageAttributes: { attr1: number(value) } };
      return sns().send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: [entry] }));
    };
    await publish("This is a test message", "99");
    answers.equal("messages-no-filter-after-publish-ok", await sns().receive(other.url));
    answers.equal("messages-with-filter-after-publish-ok", await sns().receive(queue.url));
    await publish("This is another test message", "111");
    answers.equal("messages-no-filter-after-publish-ok-1", await sns().receive(other.url));
    answers.equal("messages-with-filter-after-publish-filtered", await nothing(queue.url));
  });

  const raw = { ...BODY, RawMessageDelivery: "true" };

  play(
    "TestSNSFilterPolicyBody::test_filter_policy_on_message_body_array_attributes",
    async (answers) => {
      const TopicArn = await sns().topic();
      const queues = [await sns().queue(), await sns().queue()];
      for (const [index, { arn }] of queues.entries()) {
        const FilterPolicy = JSON.stringify({ headers: { "route-to": [`queue${index + 1}`] } });
        await sns().subscribe(TopicArn, arn, { ...raw, FilterPolicy });
      }
      for (const to of [["queue3"], ["queue1"], ["queue2"], ["queue1", "queue2"]].toReversed())
        await sns().publish({ TopicArn, Message: JSON.stringify({ headers: { "route-to": to } }) });
      for (const [index, { url }] of queues.entries()) {
        const received = await sns().receive(url, 2, ALL);
        answers.equal(`messages-queue-${index}`, messagesOf(received));
      }
    },
  );

  play(
    "TestSNSFilterPolicyBody::test_filter_policy_on_message_body_array_of_object_attributes",
    async (answers) => {
      const { queue, publish } = await filtered(
        {
          Records: {
            s3: { object: { key: [{ prefix: "auto-" }] } },
            eventName: [{ prefix: "ObjectCreated:" }],
          },
        },
        raw,
      );
      const object = (key: string) => ({ key, size: 17 });
      await publish({
        Records: [
          {
            eventSource: "aws:s3",
            eventName: "ObjectCreated:Put",
            s3: { object: [[object("auto-insurance-2314.xml")]] },
          },
          {
            eventSource: "aws:s3",
            eventName: "ObjectRemoved:Delete",
            s3: { object: object("home-insurance-2314.xml") },
          },
        ],
      });
      const removed = {
        eventName: "ObjectRemoved:Delete",
        s3: { object: object("auto-insurance-2314.xml") },
      };
      await publish({ Records: [removed] });
      const name = "test-bucket";
      const bucket = { name, arn: `arn:aws:s3:::${name}` };
      await publish({
        Records: [
          {
            eventSource: "aws:s3",
            eventTime: "2022-11-21T03:41:29.743Z",
            eventName: "ObjectCreated:Put",
            s3: { bucket, object: object("auto-insurance-2314.xml") },
          },
        ],
      });
      answers.equal("messages", messagesOf(await sns().receive(queue.url, 2, ALL)));
    },
  );

  play(
    "TestSNSFilterPolicyBody::test_filter_policy_on_message_body_or_attribute",
    async (answers) => {
      const { queue, publish } = await filtered(
        {
          $or: [
            { metricName: ["CPUUtilization", "ReadLatency"] },
            { namespace: ["AWS/EC2", "AWS/ES"] },
          ],
          detail: {
            scope: ["Service"],
            $or: [{ source: ["aws.cloudwatch"] }, { type: ["CloudWatch Alarm State Change"] }],
          },
        },
        raw,
      );
      const detail = { scope: "Service", source: "aws.cloudwatch" };
      const messages = [
        { metricName: "CPUUtilization", detail },
        {
          metricName: "CPUUtilization",
          detail: { scope: "Service", type: "CloudWatch Alarm State Change" },
        },
        { metricName: "CPUUtilization", detail: { scope: "Other", source: "aws.cloudwatch" } },
        { metricName: "ReadLatency", detail },
        { metricName: "Other", detail },
        { namespace: "AWS/EC2", detail },
        { namespace: "AWS/ES", detail },
      ];
      for (const message of messages) await publish(message);
      answers.equal("messages-queue", messagesOf(await sns().receive(queue.url, 5, ALL)));
    },
  );

  play("TestSNSFilterPolicyBody::test_filter_policy_empty_array_payload", async (answers) => {
    const { queue, publish } = await filtered(
      { "detail-type": ["EC2 Instance Launch Successful"], resources: [{ exists: false }] },
      raw,
    );
    await publish({
      version: "0",
      id: "3e3c153a-8339-4e30-8c35-687ebef853fe",
      "detail-type": "EC2 Instance Launch Successful",
      source: "aws.autoscaling",
      account: "123456789012",
      time: "2015-11-11T21:31:47Z",
      region: "my-region",
      resources: [],
      detail: { eventVersion: "", responseElements: null },
    });
    answers.equal("messages-queue", messagesOf(await sns().receive(queue.url, 1, ALL)));
  });
}
