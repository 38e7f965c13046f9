import type { Scope } from "../../domain/scope.ts";
import { groupNamed, type LogService } from "../../services/logs/index.ts";
import type { LogsApi } from "../api/logs.ts";
import type { Door } from "../context.ts";
import { AwsError } from "../error.ts";
import { groupOutput, streamOutput, summaryOutput } from "./logs-shapes.ts";

/** Log groups, log streams, retention and tags. */
export function logsGroups({ groups, streams }: LogService): Door<LogsApi> {
  return {
    async CreateLogGroup(input, context) {
      const kind = input.logGroupClass;
      if (kind === "ESSENTIALS" || input.kmsKeyId !== undefined || input.deletionProtectionEnabled)
        throw new AwsError(
          "NotImplemented",
          "Encryption by keys, deletion protection and the class ESSENTIALS are not built.",
          { status: 501 },
        );
      await groups.create(context, input.logGroupName, { tags: input.tags, kind });
    },
    async DeleteLogGroup({ logGroupName }, context) {
      await groups.delete(context, logGroupName);
    },
    async DescribeLogGroups(input, context) {
      const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern } = input;
      if (prefix !== undefined && pattern !== undefined)
        throw new AwsError(
          "InvalidParameterException",
          "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        );
      const { items, token } = await groups.describe(context, {
        prefix,
        pattern,
        kind: input.logGroupClass,
        names: input.logGroupIdentifiers?.map((id) => groupNamed(context, id)),
        limit: input.limit,
        token: input.nextToken,
      });
      return {
        logGroups: items.map((group) => groupOutput(context, group, pattern !== undefined)),
        nextToken: token,
      };
    },
    async ListLogGroups(input, context) {
      const { items, token } = await groups.list(context, {
        pattern: input.logGroupNamePattern,
        kind: input.logGroupClass,
        limit: input.limit,
        token: input.nextToken,
      });
      return { logGroups: items.map((group) => summaryOutput(context, group)), nextToken: token };
    },

    async CreateLogStream({ logGroupName, logStreamName }, context) {
      await streams.create(context, logGroupName, logStreamName);
    },
    async DeleteLogStream({ logGroupName, logStreamName }, context) {
      await streams.delete(context, logGroupName, logStreamName);
    },
    async DescribeLogStreams(input, context) {
      const group = groupOf(context, input);
      const { items, token } = await streams.describe(context, group, {
        prefix: input.logStreamNamePrefix,
        byTime: input.orderBy === "LastEventTime",
        descending: input.descending,
        limit: input.limit,
        token: input.nextToken,
      });
      return {
        logStreams: items.map((stream) => streamOutput(context, group, stream)),
        nextToken: token,
      };
    },

    async PutRetentionPolicy({ logGroupName, retentionInDays }, context) {
      await groups.setRetention(context, logGroupName, retentionInDays);
    },
    async DeleteRetentionPolicy({ logGroupName }, context) {
      await groups.setRetention(context, logGroupName, undefined);
    },

    async TagLogGroup({ logGroupName, tags }, context) {
      await groups.tag(context, logGroupName, tags);
    },
    async UntagLogGroup({ logGroupName, tags }, context) {
      await groups.untag(context, logGroupName, tags);
    },
    async ListTagsLogGroup({ logGroupName }, context) {
      return { tags: (await groups.get(context, logGroupName)).tags };
    },
    async TagResource({ resourceArn, tags }, context) {
      await groups.tag(context, groupNamed(context, resourceArn), tags);
    },
    async UntagResource({ resourceArn, tagKeys }, context) {
      await groups.untag(context, groupNamed(context, resourceArn), tagKeys);
    },
    async ListTagsForResource({ resourceArn }, context) {
      return { tags: (await groups.get(context, groupNamed(context, resourceArn))).tags };
    },
  };
}

/** A group that is named in one of two ways. */
export function groupOf(
  scope: Scope,
  {
    logGroupName,
    logGroupIdentifier,
  }: {
    readonly logGroupName?: string | undefined;
    readonly logGroupIdentifier?: string | undefined;
  },
): string {
  if ((logGroupName === undefined) === (logGroupIdentifier === undefined))
    throw new AwsError(
      "InvalidParameterException",
      "Exactly one of logGroupName and logGroupIdentifier must be specified.",
    );
  return logGroupName ?? groupNamed(scope, logGroupIdentifier ?? "");
}
