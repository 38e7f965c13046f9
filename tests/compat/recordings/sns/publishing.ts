import {
  DeleteTopicCommand,
  type MessageAttributeValue,
  PublishBatchCommand,
  type PublishBatchRequestEntry,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { Recordings } from "../harness.ts";
import type { SnsFixture } from "./fixture.ts";

export function playPublishing({ play }: Recordings, sns: () => SnsFixture): void {
  const batch = (TopicArn: string, entries: PublishBatchRequestEntry[], region?: string) =>
    sns().send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: entries }), region);

  play("TestSNSPublishCrud::test_publish_message_by_target_arn", async (answers) => {
    const [topic, queue] = [await sns().topic(), await sns().queue()];
    await sns().subscribe(topic, queue.arn);
    await sns().publish({ TopicArn: topic, Message: "test-msg-1" });
    answers.equal("receive-topic-arn", await sns().receive(queue.url));
    await sns().publish({ TargetArn: topic, Message: "test-msg-2" });
    answers.equal("receive-target-arn", await sns().receive(queue.url));
  });

  play("TestSNSPublishCrud::test_publish_message_before_subscribe_topic", async (answers) => {
    const [TopicArn, queue] = [await sns().topic(), await sns().queue()];
    const publish = (Subject: string, Message: string) =>
      sns().publish({ TopicArn, Subject, Message });
    answers.equal(
      "publish-before-subscribing",
      await publish("test-subject-before-sub", "test_message_before"),
    );
    await sns().subscribe(TopicArn, queue.arn);
    answers.equal(
      "publish-after-subscribing",
      await publish("test-subject-after-sub", "test_message_after"),
    );
    answers.equal("receive-messages", await sns().receive(queue.url));
  });

  play("TestSNSPublishCrud::test_unknown_topic_publish", async (answers) => {
    const TopicArn = await sns().topic();
    answers.equal("success", await sns().publish({ TopicArn, Message: "message" }));
    await sns().send(new DeleteTopicCommand({ TopicArn }));
    answers.equal("error", await sns().publish({ TopicArn, Message: "message" }));
  });

  play("TestSNSPublishCrud::test_publish_with_empty_subject", async (answers) => {
    const TopicArn = await sns().topic();
    const publish = (more: object = {}) => sns().publish({ TopicArn, Message: "message", ...more });
    answers.equal("response-without-subject", await publish());
    answers.equal("response-with-empty-subject", await publish({ Subject: "" }));
  });

  play("TestSNSPublishCrud::test_empty_sns_message", async (answers) => {
    const [TopicArn, queue] = [await sns().topic(), await sns().queue()];
    await sns().subscribe(TopicArn, queue.arn);
    answers.equal("empty-msg-error", await sns().publish({ TopicArn, Message: "" }));
    const command = new GetQueueAttributesCommand({
      QueueUrl: queue.url,
      AttributeNames: ["ApproximateNumberOfMessages"],
    });
    answers.equal("queue-attrs", await sns().sqs(command));
  });

  play("TestSNSPublishCrud::test_topic_publish_another_region", async (answers) => {
    const TopicArn = await sns().topic();
    answers.equal("success", await sns().publish({ TopicArn, Message: "message" }));
    const { PublishCommand } = await import("@aws-sdk/client-sns");
    const command = new PublishCommand({ TopicArn, Message: "message" });
    answers.equal("error", await sns().send(command, "us-west-1"));
    answers.equal("error-batch", await batch(TopicArn, [{ Id: "1", Message: "m" }], "us-west-1"));
  });

  play("TestSNSPublishCrud::test_publish_batch_too_long_message", async (answers) => {
    const topic = await sns().topic();
    const Message = "x".repeat(131_072);
    const MessageAttributes = { k: { DataType: "String", StringValue: "v" } };
    answers.equal(
      "error-no-attrs",
      await batch(topic, [
        { Id: "1", Message },
        { Id: "2", Message: `${Message}x` },
      ]),
    );
    answers.equal(
      "error-with-attrs",
      await batch(topic, [
        { Id: "1", Message, MessageAttributes },
        { Id: "2", Message },
      ]),
    );
  });

  play("TestSNSSubscriptionSQS::test_publish_batch_messages_without_topic", async (answers) => {
    const topic = `${await sns().topic()}x`;
    answers.equal("publish-batch-no-topic", await batch(topic, [{ Id: "1", Message: "m" }]));
  });

  play("TestSNSSubscriptionSQS::test_message_attributes_prefixes", async (answers) => {
    const TopicArn = await sns().topic();
    const publish = (attr1: MessageAttributeValue) =>
      sns().publish({ TopicArn, Message: "message", MessageAttributes: { attr1 } });
    answers.equal("publish-error", await publish({ DataType: "DataType", StringValue: "prefix" }));
    answers.equal("publish-error-2", await publish({ DataType: "Stringprefix", StringValue: "x" }));
    answers.equal("publish-ok-1", await publish({ DataType: "String", StringValue: "prefix" }));
    answers.equal("publish-ok-2", await publish({ DataType: "String.prefixed", StringValue: "x" }));
  });

  play("TestSNSSMS::test_publish_wrong_phone_format", async (answers) => {
    const publish = (PhoneNumber: string) => sns().publish({ PhoneNumber, Message: "message" });
    answers.equal("invalid-number", await publish("+1a234"));
    answers.equal("wrong-format", await publish("NAA+15551234567"));
    const command = new SubscribeCommand({
      TopicArn: await sns().topic(),
      Protocol: "sms",
      Endpoint: "NAA+15551234567",
    });
    answers.equal("wrong-endpoint", await sns().send(command));
  });
}
