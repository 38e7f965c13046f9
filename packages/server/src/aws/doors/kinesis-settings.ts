/** The operations of Kinesis that change or tell what a stream is like. */
import type { Scope } from "../../domain/scope.ts";
import {
  ON_DEMAND_LIMIT,
  parseResourceArn,
  SHARD_LIMIT,
  type Streams,
  streamArn,
} from "../../services/streams/index.ts";
import type {
  EnableEnhancedMonitoringInput,
  EnhancedMonitoringOutput,
  KinesisApi,
  MetricsName,
  Tag,
} from "../api/kinesis.ts";
import type { Door } from "../context.ts";
import { AwsError } from "../error.ts";
import { refuseWarmThroughput, streamOf } from "./kinesis-input.ts";

const MAX_TAGS_LISTED = 50;

export function kinesisSettings(streams: Streams): Door<KinesisApi> {
  const monitor = async (
    input: EnableEnhancedMonitoringInput,
    scope: Scope,
    enable: boolean,
  ): Promise<EnhancedMonitoringOutput> => {
    const ref = streamOf(input, scope);
    const { before, after } = await streams.changeMonitoring(ref, input.ShardLevelMetrics, enable);
    return {
      StreamName: ref.name,
      CurrentShardLevelMetrics: before as MetricsName[],
      DesiredShardLevelMetrics: after as MetricsName[],
      StreamARN: streamArn(ref),
    };
  };
  return {
    async IncreaseStreamRetentionPeriod(input, context) {
      const ref = streamOf(input, context);
      await streams.changeRetention(ref, input.RetentionPeriodHours, "increase");
    },
    async DecreaseStreamRetentionPeriod(input, context) {
      const ref = streamOf(input, context);
      await streams.changeRetention(ref, input.RetentionPeriodHours, "decrease");
    },
    async UpdateStreamMode(input, context) {
      refuseWarmThroughput(input);
      await streams.changeMode(streamOf(input, context), input.StreamModeDetails.StreamMode);
    },
    async UpdateMaxRecordSize(input, context) {
      await streams.changeMaxRecord(streamOf(input, context), input.MaxRecordSizeInKiB);
    },
    async UpdateStreamRecordDistributionStrategy(input, context) {
      await streams.changeDistribution(streamOf(input, context), input.RecordDistributionStrategy);
    },
    async StartStreamEncryption(input, context) {
      if (input.EncryptionType !== "KMS")
        throw new AwsError("InvalidArgumentException", "EncryptionType must be KMS.");
      await streams.changeEncryption(streamOf(input, context), input.KeyId);
    },
    async StopStreamEncryption(input, context) {
      await streams.changeEncryption(streamOf(input, context), undefined);
    },
    EnableEnhancedMonitoring: (input, context) => monitor(input, context, true),
    DisableEnhancedMonitoring: (input, context) => monitor(input, context, false),

    async AddTagsToStream(input, context) {
      const stream = streamOf(input, context);
      const resource = { arn: streamArn(stream), stream };
      await streams.changeTags(resource, (tags) => ({ ...tags, ...input.Tags }));
    },
    async RemoveTagsFromStream(input, context) {
      const stream = streamOf(input, context);
      const resource = { arn: streamArn(stream), stream };
      await streams.changeTags(resource, (tags) => without(tags, input.TagKeys));
    },
    async ListTagsForStream(input, context) {
      const stream = streamOf(input, context);
      const { ExclusiveStartTagKey: after = "", Limit: limit = MAX_TAGS_LISTED } = input;
      const tags = await streams.tags({ arn: streamArn(stream), stream });
      const left = tagList(tags).filter(({ Key }) => Key > after);
      return { Tags: left.slice(0, limit), HasMoreTags: left.length > limit };
    },
    async TagResource(input) {
      const resource = parseResourceArn(input.ResourceARN);
      await streams.changeTags(resource, (tags) => ({ ...tags, ...input.Tags }));
    },
    async UntagResource(input) {
      const resource = parseResourceArn(input.ResourceARN);
      await streams.changeTags(resource, (tags) => without(tags, input.TagKeys));
    },
    async ListTagsForResource(input) {
      return { Tags: tagList(await streams.tags(parseResourceArn(input.ResourceARN))) };
    },

    async PutResourcePolicy(input) {
      await streams.changePolicy(parseResourceArn(input.ResourceARN), input.Policy);
    },
    async GetResourcePolicy(input) {
      return { Policy: await streams.policy(parseResourceArn(input.ResourceARN)) };
    },
    async DeleteResourcePolicy(input) {
      await streams.changePolicy(parseResourceArn(input.ResourceARN), undefined);
    },

    async DescribeLimits(_input, context) {
      const { openShards, onDemandStreams } = await streams.limits(context);
      return {
        ShardLimit: SHARD_LIMIT,
        OpenShardCount: openShards,
        OnDemandStreamCount: onDemandStreams,
        OnDemandStreamCountLimit: ON_DEMAND_LIMIT,
      };
    },
  };
}

type Tags = Readonly<Record<string, string>>;

const without = (tags: Tags, keys: readonly string[]): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));

const tagList = (tags: Tags): Tag[] =>
  Object.entries(tags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([Key, Value]) => ({ Key, Value }));
