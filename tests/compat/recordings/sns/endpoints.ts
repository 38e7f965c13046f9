import {
  GetTopicAttributesCommand,
  SetSubscriptionAttributesCommand,
  SetTopicAttributesCommand,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { deploy } from "../../../deploy.ts";
import type { Recordings } from "../harness.ts";
import { newName, type SnsFixture } from "./fixture.ts";
import { listenForMessages, type Sent } from "./listener.ts";

/** What web servers and functions get. */
export function playEndpoints({ play }: Recordings, sns: () => SnsFixture): void {
  const subscribe = (TopicArn: string, Protocol: string, Endpoint: string, more: object = {}) =>
    sns().send(new SubscribeCommand({ TopicArn, Protocol, Endpoint, ...more }));

  play("TestSNSSubscriptionHttp::test_http_subscription_response", async (answers) => {
    const listener = await listenForMessages();
    try {
      const topic = await sns().topic();
      answers.equal("topic-arn", { TopicArn: topic });
      answers.equal("subscription", await subscribe(topic, "http", listener.url));
      const again = { ReturnSubscriptionArn: true };
      answers.equal("subscription-with-arn", await subscribe(topic, "http", listener.url, again));
    } finally {
      listener.close();
    }
  });

  play(
    "TestSNSSubscriptionHttp::test_subscribe_external_http_endpoint_content_type[False]",
    async (answers) => {
      const listener = await listenForMessages("/sns-endpoint");
      try {
        const TopicArn = await sns().topic();
        await sns().send(
          new SetTopicAttributesCommand({
            TopicArn,
            AttributeName: "DeliveryPolicy",
            AttributeValue: JSON.stringify({
              http: { defaultRequestPolicy: { headerContentType: "application/json" } },
            }),
          }),
        );
        const attributes = new GetTopicAttributesCommand({ TopicArn });
        answers.equal("topic-attrs", await sns().send(attributes));
        const again = { ReturnSubscriptionArn: true };
        const made = await subscribe(TopicArn, "http", listener.url, again);
        const SubscriptionArn = String(made["SubscriptionArn"]);
        const confirmation = await listener.next();
        await sns().send(
          new SetSubscriptionAttributesCommand({
            SubscriptionArn,
            AttributeName: "DeliveryPolicy",
            AttributeValue: JSON.stringify({
              healthyRetryPolicy: { minDelayTarget: 1, maxDelayTarget: 1, numRetries: 0 },
              throttlePolicy: { maxReceivesPerSecond: 1000 },
            }),
          }),
        );
        answers.equal("sub-attrs", await sns().subscriptionAttributes(SubscriptionArn));
        answers.equal("subscription-confirmation", confirmation.body);
        answers.equal("http-confirm-sub-headers", titled(confirmation));
        await fetch(String(confirmation.body["SubscribeURL"]));
        await sns().publish({ TopicArn, Message: "test_external_http_endpoint" });
        const message = await listener.next();
        answers.equal("http-message", message.body);
        answers.equal("http-message-headers", titled(message));
      } finally {
        listener.close();
      }
    },
    { anything: ["connection", "content--length"] },
  );

  const functions: [recording: string, subject: string, version: string | undefined][] = [
    ["test_python_lambda_subscribe_sns_topic", "[Subject] Test subject", undefined],
    ["test_publish_lambda_verify_signature[1]", "[Subject] Test subject Signature v1", "1"],
    ["test_publish_lambda_verify_signature[2]", "[Subject] Test subject Signature v2", "2"],
  ];
  for (const [recording, Subject, version] of functions)
    play(`TestSNSSubscriptionLambda::${recording}`, async (answers) => {
      const listener = await listenForMessages();
      try {
        const TopicArn = await sns().topic(
          version === undefined ? {} : { Attributes: { SignatureVersion: version } },
        );
        const arn = await deploy(
          sns().lambda,
          newName(),
          { "index.mjs": TELLING },
          {
            Environment: { Variables: { LISTENER: listener.url } },
          },
        );
        await subscribe(TopicArn, "lambda", arn);
        await sns().publish({ TopicArn, Subject, Message: "Hello world." });
        const { text } = await listener.next();
        answers.equal("notification", JSON.parse(text).Records[0].Sns);
      } finally {
        listener.close();
      }
    });
}

const TELLING = `
export const handler = async (event) => {
  await fetch(process.env.LISTENER, { method: "POST", body: JSON.stringify(event) });
};`;

/** Header names as a web server of Python shows them. */
const titled = ({ headers }: Sent): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.replace(/[a-z]+/gi, (word) => word[0]?.toUpperCase() + word.slice(1).toLowerCase()),
      value,
    ]),
  );
