import { DeleteFunctionCommand } from "@aws-sdk/client-lambda";
import { SetSubscriptionAttributesCommand } from "@aws-sdk/client-sns";
import { DeleteQueueCommand, type ReceiveMessageCommandInput } from "@aws-sdk/client-sqs";
import { deploy } from "../../../deploy.ts";
import type { Recordings } from "../harness.ts";
import { messagesOf, newName, type SnsFixture } from "./fixture.ts";

const ALL: Partial<ReceiveMessageCommandInput> = { AttributeNames: ["All"] };
const number = (StringValue: string) => ({ DataType: "Number", StringValue });

/** What queues get. */
export function playQueues({ play }: Recordings, sns: () => SnsFixture): void {
  const subscribed = async (attributes?: Record<string, string>, topic: object = {}) => {
    const [TopicArn, queue] = [await sns().topic(topic), await sns().queue()];
    const arn = await sns().subscribe(TopicArn, queue.arn, attributes);
    return { TopicArn, queue, arn };
  };
  const setRaw = (SubscriptionArn: string, AttributeValue: string) =>
    sns().send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn,
        AttributeName: "RawMessageDelivery",
        AttributeValue,
      }),
    );

  play("TestSNSSubscriptionSQS::test_publish_unicode_chars", async (answers) => {
    const { TopicArn, queue } = await subscribed();
    await sns().publish({ TopicArn, Message: 'ö§a1"_!?,. £$-' });
    answers.equal("received-message", await sns().receive(queue.url));
  });

  play("TestSNSSubscriptionSQS::test_publish_sqs_from_sns", async (answers) => {
    const { TopicArn, queue, arn } = await subscribed();
    const publish = (value: string) =>
      sns().publish({ TopicArn, Message: "Test msg", MessageAttributes: { attr1: number(value) } });
    await setRaw(arn, "true");
    answers.equal("sub-attrs-raw-true", await sns().subscriptionAttributes(arn));
    await publish("99.12");
    answers.equal("message-raw-true", await sns().receive(queue.url));
    await setRaw(arn, "false");
    answers.equal("sub-attrs-raw-false", await sns().subscriptionAttributes(arn));
    await publish("100.12");
    answers.equal("message-raw-false", await sns().receive(queue.url));
  });

  play("TestSNSSubscriptionSQS::test_message_structure_json_to_sqs", async (answers) => {
    const { TopicArn, queue } = await subscribed();
    const publish = (message: object) =>
      sns().publish({ TopicArn, Message: JSON.stringify(message), MessageStructure: "json" });
    await publish({ default: "default field", sqs: '{"field": "value"}' });
    answers.equal("get-msg-json-sqs", await sns().receive(queue.url));
    await publish({ default: "default field" });
    answers.equal("get-msg-json-default", await sns().receive(queue.url));
  });

  play("TestSNSSubscriptionSQS::test_publish_message_group_id", async (answers) => {
    const { TopicArn, queue } = await subscribed();
    await sns().publish({
      TopicArn,
      Message: "test signature value with attributes",
      MessageAttributes: { attr1: number("1") },
      MessageGroupId: "my-group-id-1",
    });
    answers.equal("messages", await sns().receive(queue.url, 1, ALL));
  });

  play("TestSNSSubscriptionSQS::test_publish_sqs_verify_signature[2]", async (answers) => {
    const { TopicArn, queue } = await subscribed({}, { Attributes: { SignatureVersion: "2" } });
    await sns().publish({
      TopicArn,
      Message: "test signature value with attributes",
      MessageAttributes: { attr1: number("1") },
    });
    answers.equal("messages", await sns().receive(queue.url, 1, ALL));
  });

  play(
    "TestSNSSubscriptionSQS::test_redrive_policy_sqs_queue_subscription[False]",
    async (answers) => {
      const dead = await sns().queue();
      const { TopicArn, queue } = await subscribed({
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn }),
      });
      await sns().sqs(new DeleteQueueCommand({ QueueUrl: queue.url }));
      await sns().publish({
        TopicArn,
        Message: "test_dlq_after_sqs_endpoint_deleted",
        MessageAttributes: {
          attr1: number("111"),
          attr2: { DataType: "Binary", BinaryValue: Uint8Array.of(2, 3, 4) },
        },
      });
      answers.equal("messages", await sns().receive(dead.url, 1, ALL));
    },
  );

  play("TestSNSSubscriptionLambda::test_redrive_policy_lambda_subscription", async (answers) => {
    const [TopicArn, dead] = [await sns().topic(), await sns().queue()];
    const name = newName();
    const code = { "index.mjs": "export const handler = async () => 1;" };
    const endpoint = await deploy(sns().lambda, name, code);
    const { SubscribeCommand } = await import("@aws-sdk/client-sns");
    const { SubscriptionArn } = await sns().send(
      new SubscribeCommand({
        TopicArn,
        Protocol: "lambda",
        Endpoint: endpoint,
        Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn }) },
      }),
    );
    await sns().lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    const attributes = await sns().subscriptionAttributes(String(SubscriptionArn));
    answers.equal("subscription-attributes", attributes);
    await sns().publish({
      TopicArn,
      Message: "test_redrive_policy",
      MessageAttributes: { attr1: number("1") },
    });
    answers.equal("messages", await sns().receive(dead.url));
  });

  play(
    "TestSNSSubscriptionSQS::test_publish_sqs_from_sns_with_xray_propagation",
    async (answers) => {
      const { TopicArn, queue } = await subscribed();
      const { PublishCommand } = await import("@aws-sdk/client-sns");
      const command = new PublishCommand({ TopicArn, Message: "X-Ray propagation test msg" });
      command.middlewareStack.add(
        (next) => (args) => {
          const { headers } = args.request as { headers: Record<string, string> };
          headers["X-Amzn-Trace-Id"] =
            "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1";
          return next(args);
        },
        { step: "build" },
      );
      await sns().send(command);
      const AttributeNames = ["SentTimestamp", "AWSTraceHeader"] as never;
      const received = messagesOf(await sns().receive(queue.url, 1, { AttributeNames }));
      answers.equal("xray-msg", (received["Messages"] as unknown[])[0]);
    },
  );
}
