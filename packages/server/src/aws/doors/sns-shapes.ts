/** What SNS is asked and answers, in the words of its model and in ours. */
import { usableTraceId } from "../../domain/trace-id.ts";
import type { BatchAnswer, Caller, NewMessage, Subscription } from "../../services/topics/index.ts";
import type {
  MessageAttributeValue,
  PublishBatchResponse,
  Subscription as SubscriptionOutput,
} from "../api/sns.ts";
import type { AwsContext } from "../context.ts";
import { entryError } from "./sns-errors.ts";

export const callerOf = ({ account, region, accessKeyId, headers }: AwsContext): Caller => ({
  account,
  region,
  accessKeyId,
  traceId: usableTraceId(headers["x-amzn-trace-id"]),
});

interface PublishedInput {
  readonly Message: string;
  readonly Subject?: string | undefined;
  readonly MessageStructure?: string | undefined;
  readonly MessageAttributes?: { readonly [key: string]: MessageAttributeValue } | undefined;
  readonly MessageDeduplicationId?: string | undefined;
  readonly MessageGroupId?: string | undefined;
}

export const messageOf = (input: PublishedInput): NewMessage => ({
  text: input.Message,
  subject: input.Subject,
  structure: input.MessageStructure,
  attributes: Object.fromEntries(
    Object.entries(input.MessageAttributes ?? {}).map(([name, value]) => [
      name,
      { type: value.DataType, value: attributeText(value) },
    ]),
  ),
  groupId: input.MessageGroupId,
  deduplicationId: input.MessageDeduplicationId,
});

const attributeText = ({ DataType, StringValue, BinaryValue }: MessageAttributeValue): string =>
  DataType.startsWith("Binary")
    ? Buffer.from(BinaryValue ?? []).toString("base64")
    : (StringValue ?? "");

export const subscriptionOutput = (subscription: Subscription): SubscriptionOutput => ({
  SubscriptionArn: subscription.state === "pending" ? "PendingConfirmation" : subscription.arn,
  Owner: subscription.owner,
  Protocol: subscription.protocol,
  Endpoint: subscription.endpoint,
  TopicArn: subscription.topicArn,
});

export function batchOutput(answers: readonly BatchAnswer[]): PublishBatchResponse {
  return {
    Successful: answers.flatMap((answer) =>
      "published" in answer
        ? [
            {
              Id: answer.id,
              MessageId: answer.published.messageId,
              SequenceNumber: answer.published.sequenceNumber,
            },
          ]
        : [],
    ),
    Failed: answers.flatMap((answer) =>
      "error" in answer ? [{ Id: answer.id, ...entryError(answer.error) }] : [],
    ),
  };
}
