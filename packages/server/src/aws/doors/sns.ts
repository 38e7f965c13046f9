import type { Topics } from "../../services/topics/index.ts";
import type { SnsApi } from "../api/sns.ts";
import type { Door } from "../context.ts";
import { AwsError } from "../error.ts";
import { snsError } from "./sns-errors.ts";
import { phoneOperations } from "./sns-phones.ts";
import { batchOutput, callerOf, messageOf, subscriptionOutput } from "./sns-shapes.ts";
import { worded } from "./worded.ts";

/** SNS on AWS's wire. */
export function createSnsDoor(service: Topics): Door<SnsApi> {
  const { topics, subscriptions, ...publishing } = service;
  return worded<Door<SnsApi>>(
    {
      async CreateTopic(input, context) {
        if (input.DataProtectionPolicy !== undefined)
          throw new AwsError("NotImplemented", "Yunque has no data protection policies yet", {
            status: 501,
          });
        const TopicArn = await topics.create(callerOf(context), {
          name: input.Name,
          attributes: input.Attributes ?? {},
          tags: input.Tags ?? [],
        });
        return { TopicArn };
      },
      async DeleteTopic(input, context) {
        await topics.delete(callerOf(context), input.TopicArn);
      },
      async ListTopics(input, context) {
        const { items, token } = await topics.list(callerOf(context), input.NextToken);
        return { Topics: items.map(({ arn }) => ({ TopicArn: arn })), NextToken: token };
      },
      async GetTopicAttributes(input, context) {
        return { Attributes: await topics.attributes(callerOf(context), input.TopicArn) };
      },
      async SetTopicAttributes(input, context) {
        const { TopicArn, AttributeName, AttributeValue = "" } = input;
        await topics.setAttribute(callerOf(context), TopicArn, AttributeName, AttributeValue);
      },
      async AddPermission(input, context) {
        await topics.grant(callerOf(context), input.TopicArn, {
          label: input.Label,
          accounts: input.AWSAccountId,
          actions: input.ActionName,
        });
      },
      async RemovePermission(input, context) {
        await topics.revoke(callerOf(context), input.TopicArn, input.Label);
      },
      async ListTagsForResource(input, context) {
        return { Tags: await topics.tags(callerOf(context), input.ResourceArn) };
      },
      async TagResource(input, context) {
        await topics.tag(callerOf(context), input.ResourceArn, input.Tags);
        return {};
      },
      async UntagResource(input, context) {
        await topics.untag(callerOf(context), input.ResourceArn, input.TagKeys);
        return {};
      },

      async Subscribe(input, context) {
        const { TopicArn, Protocol, Endpoint = "", Attributes = {} } = input;
        const made = await subscriptions.subscribe(callerOf(context), {
          topicArn: TopicArn,
          protocol: Protocol,
          endpoint: Endpoint,
          attributes: Attributes,
        });
        const isShown = made.state === "confirmed" || input.ReturnSubscriptionArn === true;
        return { SubscriptionArn: isShown ? made.arn : "pending confirmation" };
      },
      async ConfirmSubscription(input, context) {
        const { TopicArn, Token, AuthenticateOnUnsubscribe = "false" } = input;
        const guarded = AuthenticateOnUnsubscribe.toLowerCase() === "true";
        const caller = callerOf(context);
        return { SubscriptionArn: await subscriptions.confirm(caller, TopicArn, Token, guarded) };
      },
      async Unsubscribe(input, context) {
        await subscriptions.unsubscribe(callerOf(context), input.SubscriptionArn);
      },
      async GetSubscriptionAttributes(input, context) {
        const caller = callerOf(context);
        return { Attributes: await subscriptions.attributes(caller, input.SubscriptionArn) };
      },
      async SetSubscriptionAttributes(input, context) {
        const { SubscriptionArn, AttributeName, AttributeValue = "" } = input;
        const caller = callerOf(context);
        await subscriptions.setAttribute(caller, SubscriptionArn, AttributeName, AttributeValue);
      },
      async ListSubscriptions(input, context) {
        const { items, token } = await subscriptions.list(callerOf(context), input.NextToken);
        return { Subscriptions: items.map(subscriptionOutput), NextToken: token };
      },
      async ListSubscriptionsByTopic(input, context) {
        const { TopicArn, NextToken } = input;
        const page = await subscriptions.ofTopic(callerOf(context), TopicArn, NextToken);
        return { Subscriptions: page.items.map(subscriptionOutput), NextToken: page.token };
      },

      async Publish(input, context) {
        const { messageId, sequenceNumber } = await publishing.publish(callerOf(context), {
          ...messageOf(input),
          topicArn: input.TopicArn,
          targetArn: input.TargetArn,
          phoneNumber: input.PhoneNumber,
        });
        return { MessageId: messageId, SequenceNumber: sequenceNumber };
      },
      async PublishBatch(input, context) {
        const entries = input.PublishBatchRequestEntries.map((entry) => ({
          ...messageOf(entry),
          id: entry.Id,
        }));
        return batchOutput(
          await publishing.publishBatch(callerOf(context), input.TopicArn, entries),
        );
      },

      ...phoneOperations(service),
    },
    snsError,
  );
}
