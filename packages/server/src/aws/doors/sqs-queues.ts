import { queueUrl } from "../../domain/queue-name.ts";
import {
  ATTRIBUTE_NAMES,
  type MessageQueues,
  unknownAttribute,
} from "../../services/queues/index.ts";
import type { SqsApi } from "../api/sqs.ts";
import type { Door } from "../context.ts";
import { refOf } from "./sqs-shapes.ts";

/** Operations on queues themselves. */
export function queueOperations(queues: MessageQueues): Door<SqsApi> {
  return {
    async CreateQueue({ QueueName, Attributes = {}, tags = {} }, context) {
      const { account, region, origin } = context;
      const ref = { account, region, name: QueueName };
      await queues.create(ref, { attributes: Attributes, tags });
      return { QueueUrl: queueUrl(origin, ref) };
    },

    async GetQueueUrl({ QueueName, QueueOwnerAWSAccountId }, context) {
      const { account, region, origin } = context;
      const ref = { account: QueueOwnerAWSAccountId ?? account, region, name: QueueName };
      await queues.require(ref);
      return { QueueUrl: queueUrl(origin, ref) };
    },

    async ListQueues({ QueueNamePrefix, MaxResults, NextToken }, context) {
      const listing = { prefix: QueueNamePrefix, max: MaxResults, token: NextToken };
      const { queues: found, token } = await queues.list(context, listing);
      const QueueUrls = found.map((ref) => queueUrl(context.origin, ref));
      return { ...(QueueUrls.length === 0 ? {} : { QueueUrls }), NextToken: token };
    },

    async ListDeadLetterSourceQueues({ QueueUrl, MaxResults, NextToken }, context) {
      const listing = { max: MaxResults, token: NextToken };
      const { queues: found, token } = await queues.listSources(refOf(QueueUrl, context), listing);
      return {
        queueUrls: found.map((ref) => queueUrl(context.origin, ref)),
        NextToken: token,
      };
    },

    async GetQueueAttributes({ QueueUrl, AttributeNames = [] }, context) {
      const ref = refOf(QueueUrl, context);
      for (const name of AttributeNames)
        if (!ATTRIBUTE_NAMES.has(name)) throw unknownAttribute(name);
      const { attributes } = await queues.describe(ref);
      const all = AttributeNames.includes("All");
      const found = Object.entries(attributes).filter(
        ([name]) => all || AttributeNames.includes(name),
      );
      return found.length === 0 ? {} : { Attributes: Object.fromEntries(found) };
    },

    async SetQueueAttributes({ QueueUrl, Attributes }, context) {
      await queues.setAttributes(refOf(QueueUrl, context), Attributes);
    },

    async DeleteQueue({ QueueUrl }, context) {
      await queues.remove(refOf(QueueUrl, context));
    },

    async PurgeQueue({ QueueUrl }, context) {
      await queues.purge(refOf(QueueUrl, context));
    },

    async AddPermission({ QueueUrl, Label, AWSAccountIds, Actions }, context) {
      const permission = { label: Label, accounts: AWSAccountIds, actions: Actions };
      await queues.addPermission(refOf(QueueUrl, context), permission);
    },

    async RemovePermission({ QueueUrl, Label }, context) {
      await queues.removePermission(refOf(QueueUrl, context), Label);
    },

    async StartMessageMoveTask(input) {
      const TaskHandle = await queues.moves.begin({
        sourceArn: input.SourceArn,
        destinationArn: input.DestinationArn,
        perSecond: input.MaxNumberOfMessagesPerSecond,
      });
      return { TaskHandle };
    },

    async CancelMessageMoveTask({ TaskHandle }) {
      return { ApproximateNumberOfMessagesMoved: await queues.moves.cancel(TaskHandle) };
    },

    async ListMessageMoveTasks({ SourceArn, MaxResults }) {
      const tasks = await queues.moves.list(SourceArn, MaxResults);
      if (tasks.length === 0) return {};
      return {
        Results: tasks.map((task) => ({
          TaskHandle: task.handle,
          Status: task.status,
          SourceArn: task.sourceArn,
          DestinationArn: task.destinationArn,
          MaxNumberOfMessagesPerSecond: task.perSecond,
          ApproximateNumberOfMessagesMoved: task.moved,
          ApproximateNumberOfMessagesToMove: task.toMove,
          FailureReason: task.failure,
          StartedTimestamp: task.started,
        })),
      };
    },

    async ListQueueTags({ QueueUrl }, context) {
      const tags = await queues.tags(refOf(QueueUrl, context));
      return Object.keys(tags).length === 0 ? {} : { Tags: tags };
    },

    async TagQueue({ QueueUrl, Tags }, context) {
      await queues.addTags(refOf(QueueUrl, context), Tags);
    },

    async UntagQueue({ QueueUrl, TagKeys }, context) {
      await queues.removeTags(refOf(QueueUrl, context), TagKeys);
    },
  };
}
