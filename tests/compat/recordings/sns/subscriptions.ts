import {
  ConfirmSubscriptionCommand,
  ListSubscriptionsByTopicCommand,
  SetSubscriptionAttributesCommand,
  SubscribeCommand,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import type { Recordings } from "../harness.ts";
import { ACCOUNT, newName, type SnsFixture } from "./fixture.ts";
import { listenForMessages } from "./listener.ts";

export function playSubscriptions({ play }: Recordings, sns: () => SnsFixture): void {
  const subscribe = (TopicArn: string, Protocol: string, Endpoint: string, more: object = {}) =>
    sns().send(new SubscribeCommand({ TopicArn, Protocol, Endpoint, ...more }));
  const unsubscribe = (SubscriptionArn: string) =>
    sns().send(new UnsubscribeCommand({ SubscriptionArn }));
  /** A subscription of a queue, whose ARNs a recording knows by their numbers. */
  const subscribed = async (attributes?: Record<string, string>) => {
    const [topic, queue] = [await sns().topic(), await sns().queue()];
    return { topic, queue, arn: await sns().subscribe(topic, queue.arn, attributes) };
  };

  play("TestSNSSubscriptionCrud::test_subscribe_with_invalid_protocol", async (answers) => {
    const topic = await sns().topic();
    answers.equal("exception", await subscribe(topic, "test-protocol", "endpoint"));
  });

  play("TestSNSSubscriptionSQS::test_subscribe_to_sqs_with_queue_url", async (answers) => {
    const [topic, queue] = [await sns().topic(), await sns().queue()];
    answers.equal("sub-queue-url", await subscribe(topic, "sqs", queue.url));
  });

  play("TestSNSSubscriptionCrudV2::test_subscribe_sqs_queue_url", async (answers) => {
    const [topic, queue] = [await sns().topic(), await sns().queue()];
    answers.equal("subscribe-sqs-via-url-error", await subscribe(topic, "sqs", queue.url));
  });

  play("TestSNSSubscriptionCrud::test_unsubscribe_wrong_arn_format", async (answers) => {
    const wrong = [
      "randomstring",
      "arn:aws:sns:us-east-1:random",
      `arn:aws:sns:us-east-1:${ACCOUNT}:random`,
      "",
    ];
    for (const [index, arn] of wrong.entries())
      answers.equal(`invalid-unsubscribe-arn-${index + 1}`, await unsubscribe(arn));
  });

  play("TestSNSSubscriptionCrudV2::test_subscribe_bad_sms", async (answers) => {
    const topic = await sns().topic();
    answers.equal("subscribe-bad-sms", await subscribe(topic, "sms", "invalid-number"));
  });

  play("TestSNSSubscriptionCrudV2::test_unsubscribe_from_deleted_topic", async (answers) => {
    const topic = await sns().topic();
    await subscribe(topic, "http", "http://127.0.0.1:9/");
    const listing = new ListSubscriptionsByTopicCommand({ TopicArn: topic });
    const { Subscriptions } = await sns().send(listing);
    const [{ SubscriptionArn }] = Subscriptions as [{ SubscriptionArn: string }];
    answers.equal("unsubscribe-deleted-topic", await unsubscribe(SubscriptionArn));
  });

  play("TestSNSSubscriptionCrudV2::test_getting_subscriptions_by_topic", async (answers) => {
    const { topic: TopicArn } = await subscribed();
    await subscribed();
    const listing = new ListSubscriptionsByTopicCommand({ TopicArn });
    answers.equal("list-subscriptions-by-topic", await sns().send(listing));
  });

  play("TestSNSSubscriptionCrudV2::test_subscribe_attributes", async (answers) => {
    const { arn } = await subscribed();
    answers.equal("get-subscription-attributes", await sns().subscriptionAttributes(arn));
  });

  play("TestSNSSubscriptionCrudV2::test_set_subscription_attributes", async (answers) => {
    const { arn: SubscriptionArn } = await subscribed();
    await sns().send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn,
        AttributeName: "RawMessageDelivery",
        AttributeValue: "true",
      }),
    );
    answers.equal(
      "set-subscription-attributes",
      await sns().subscriptionAttributes(SubscriptionArn),
    );
  });

  play("TestSNSSubscriptionCrudV2::test_subscribe_invalid_filter_policy", async (answers) => {
    const [topic, queue] = [await sns().topic(), await sns().queue()];
    const Attributes = { FilterPolicy: "invalid" };
    answers.equal(
      "subscribe-invalid-filter-policy",
      await subscribe(topic, "sqs", queue.arn, { Attributes }),
    );
  });

  play(
    "TestSNSSubscriptionCrudV2::test_get_subscription_attributes_error_not_exists",
    async (answers) => {
      const arn = `${await sns().topic()}:11111111-2222-3333-4444-555555555555`;
      answers.equal("get-sub-attrs-nonexistent", await sns().subscriptionAttributes(arn));
    },
  );

  play("TestSNSSubscriptionCrudV2::test_confirm_subscription", async (answers) => {
    const listener = await listenForMessages();
    try {
      const topic = await sns().topic({ Name: "confirm-sub-e46f689a" });
      await subscribe(topic, "http", listener.url);
      const { body } = await listener.next();
      const command = new ConfirmSubscriptionCommand({ TopicArn: topic, Token: body.Token });
      answers.equal("confirm-subscription", await sns().send(command));
    } finally {
      listener.close();
    }
  });

  play("TestSNSMultiRegions::test_cross_region_delivery_sqs", async (answers) => {
    const topic = await sns().topic();
    const region = "us-west-1";
    const name = newName();
    const { arn, url } = await sns().queue({ name, region });
    const command = new SubscribeCommand({ TopicArn: topic, Protocol: "sqs", Endpoint: arn });
    answers.equal("subscribe-cross-region", await sns().send(command, region));
    answers.equal("subscribe-same-region", await sns().send(command));
    await sns().publish({
      TopicArn: topic,
      Message: "This is a test message",
      MessageAttributes: { attr1: { DataType: "Number", StringValue: "99.12" } },
    });
    answers.equal("messages", await sns().receive(url, 1, {}, region));
  });
}
