import {
  GetTopicAttributesCommand,
  PublishBatchCommand,
  type PublishBatchRequestEntry,
  SetSubscriptionAttributesCommand,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { DeleteQueueCommand, type ReceiveMessageCommandInput } from "@aws-sdk/client-sqs";
import type { Recordings } from "../harness.ts";
import { type Answered, fifoName, messagesOf, type SnsFixture } from "./fixture.ts";

const ALL: Partial<ReceiveMessageCommandInput> = { AttributeNames: ["All"] };
const number = (StringValue: string) => ({ DataType: "Number", StringValue });

/** FIFO topics, and what their queues get. */
export function playFifo({ play }: Recordings, sns: () => SnsFixture): void {
  const fifoTopic = (contentBased: boolean) =>
    sns().topic({
      Name: fifoName(),
      Attributes: { FifoTopic: "true", ContentBasedDeduplication: String(contentBased) },
    });
  const fifoQueue = (contentBased = false) =>
    sns().queue({
      name: fifoName(),
      attributes: { FifoQueue: "true", ContentBasedDeduplication: String(contentBased) },
    });
  const attributes = (TopicArn: string) => sns().send(new GetTopicAttributesCommand({ TopicArn }));
  const batch = (TopicArn: string, entries: PublishBatchRequestEntry[]) =>
    sns().send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: entries }));
  const publish = (TopicArn: string, Message: string, more: object = {}) =>
    sns().publish({ TopicArn, Message, MessageGroupId: "message-group-id-1", ...more });
  const subscribe = (TopicArn: string, Endpoint: string) =>
    sns().send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint }));
  const setRedrive = (SubscriptionArn: string, arn: string) =>
    sns().send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn,
        AttributeName: "RedrivePolicy",
        AttributeValue: JSON.stringify({ deadLetterTargetArn: arn }),
      }),
    );
  /** A queue has what it gets before an answer: one look tells that there is nothing. */
  const nothing = (url: string): Promise<Answered> => sns().receive(url, 0, ALL);

  play("TestSNSSubscriptionSQSFifo::test_validations_for_fifo", async (answers) => {
    const [standard, topic] = [await sns().topic(), await fifoTopic(false)];
    const [queue, plain] = [await fifoQueue(), await sns().queue()];
    answers.equal("not-fifo-topic", await subscribe(standard, queue.arn));
    const arn = await sns().subscribe(topic, plain.arn);
    const { Attributes } = await sns().subscriptionAttributes(arn);
    answers.equal("not-fifo-queue", Attributes);
    const ordered = await sns().subscribe(topic, queue.arn);
    answers.equal("regular-queue-for-dlq-of-fifo-topic", await setRedrive(ordered, plain.arn));
    const Message = "test";
    answers.equal("no-msg-group-id", await sns().publish({ TopicArn: topic, Message }));
    answers.equal("no-dedup-policy", await publish(topic, Message));
    const deduplicated = { TopicArn: standard, Message, MessageDeduplicationId: "1" };
    answers.equal("no-msg-dedup-regular-topic", await sns().publish(deduplicated));
  });

  const three = (more: (index: number) => object = () => ({})): PublishBatchRequestEntry[] =>
    [
      { attr1: number("99.12"), attr2: number("109.12") },
      { attr1: number("19.12") },
      undefined,
    ].map((MessageAttributes, index) => ({
      Id: String(index + 1),
      Message: `Test Message ${["with two attributes", "with one attribute", "without attribute"][index]}`,
      MessageGroupId: "complexMessageGroupId",
      ...(MessageAttributes === undefined ? {} : { MessageAttributes }),
      ...more(index),
    }));

  play("TestSNSSubscriptionSQSFifo::test_publish_fifo_messages_to_dlq[False]", async (answers) => {
    const topic = await fifoTopic(false);
    answers.equal("topic-attrs", await attributes(topic));
    const [queue, dead] = [await fifoQueue(), await fifoQueue()];
    await setRedrive(await sns().subscribe(topic, queue.arn), dead.arn);
    await sns().sqs(new DeleteQueueCommand({ QueueUrl: queue.url }));
    const entries = three((index) => ({
      Subject: "Subject",
      MessageDeduplicationId: `MessageDeduplicationId-${index + 1}`,
    }));
    answers.equal("publish-batch-response-fifo", await batch(topic, entries));
    const received = await sns().receive(dead.url, 3, ALL);
    answers.equal("batch-messages-in-dlq", messagesOf(received));
    const more = { MessageDeduplicationId: "message-deduplication-id-1" };
    answers.equal("publish-response-fifo", await publish(topic, "test-message", more));
    answers.equal("messages-in-dlq", messagesOf(await sns().receive(dead.url, 1, ALL)));
  });

  for (const contentBased of [true, false])
    play(
      `TestSNSSubscriptionSQSFifo::test_publish_batch_messages_from_fifo_topic_to_fifo_queue[${contentBased ? "True" : "False"}]`,
      async (answers) => {
        const topic = await fifoTopic(contentBased);
        answers.equal("topic-attrs", await attributes(topic));
        const queue = await fifoQueue(contentBased);
        const arn = await sns().subscribe(topic, queue.arn, { RawMessageDelivery: "true" });
        answers.equal("sub-attrs-raw-true", await sns().subscriptionAttributes(arn));
        const entries = three((index) =>
          contentBased ? {} : { MessageDeduplicationId: `MessageDeduplicationId-${index}` },
        );
        answers.equal("publish-batch-response-fifo", await batch(topic, entries));
        answers.equal("messages", messagesOf(await sns().receive(queue.url, 3, ALL)));
        answers.equal("republish-batch-response-fifo", await batch(topic, entries));
        answers.equal("duplicate-messages", await nothing(queue.url));
      },
    );

  play(
    "TestSNSSubscriptionSQSFifo::test_publish_to_fifo_topic_to_sqs_queue_no_content_dedup[False]",
    async (answers) => {
      const [topic, queue] = [await fifoTopic(true), await fifoQueue(false)];
      await sns().subscribe(topic, queue.arn);
      await publish(topic, "Test single");
      await batch(topic, [
        { Id: "1", Message: "Test batched", MessageGroupId: "message-group-id-1" },
      ]);
      answers.equal("messages", messagesOf(await sns().receive(queue.url, 2, ALL)));
    },
  );

  play(
    "TestSNSSubscriptionSQSFifo::test_publish_to_fifo_topic_deduplication_on_topic_level",
    async (answers) => {
      const [topic, queue] = [await fifoTopic(true), await fifoQueue(true)];
      await publish(topic, "Test");
      await sns().subscribe(topic, queue.arn);
      await publish(topic, "Test");
      answers.equal("dedup-messages", await nothing(queue.url));
      const other = await fifoTopic(true);
      await sns().subscribe(other, queue.arn);
      await publish(other, "Test");
      answers.equal("messages", await sns().receive(queue.url, 1, ALL));
    },
  );

  play("TestSNSSubscriptionSQSFifo::test_fifo_topic_to_regular_sqs[False]", async (answers) => {
    const [topic, queue] = [await fifoTopic(true), await sns().queue()];
    await sns().subscribe(topic, queue.arn);
    await publish(topic, "Test");
    answers.equal("messages", await sns().receive(queue.url, 1, ALL));
    await publish(topic, "Test");
    answers.equal("dedup-messages", await nothing(queue.url));
  });
}
