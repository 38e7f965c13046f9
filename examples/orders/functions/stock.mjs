// Called by a rule of the bus: what is paid for is taken from the stock, and the topic hears of it.
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { keep } from "./shop.mjs";

const sns = new SNSClient();

export async function handler({ detail }) {
  await keep(detail.id, "stock", { taken: detail.items });
  await sns.send(
    new PublishCommand({
      TopicArn: process.env.TOPIC_ARN,
      Message: JSON.stringify(detail),
      MessageAttributes: { kind: { DataType: "String", StringValue: "shipped" } },
    }),
  );
}
