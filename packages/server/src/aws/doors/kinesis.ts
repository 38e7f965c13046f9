import {
  parseResourceArn,
  type ShardEvent,
  type Streams,
  streamArn,
} from "../../services/streams/index.ts";
import type { KinesisApi, SubscribeToShardEventStream } from "../api/kinesis.ts";
import type { Door } from "../context.ts";
import { AwsError } from "../error.ts";
import { kinesisError } from "./kinesis-errors.ts";
import {
  consumerOf,
  filterOf,
  positionOf,
  recordOf,
  refuseWarmThroughput,
  streamOf,
} from "./kinesis-input.ts";
import { kinesisSettings } from "./kinesis-settings.ts";
import {
  consumerDescription,
  consumerOutput,
  encryption,
  eventOutput,
  listedOutput,
  putOutput,
  recordsOutput,
  shardOutput,
  streamOutput,
  summaryOutput,
  visibleShards,
} from "./kinesis-shapes.ts";
import { worded } from "./worded.ts";

const MAX_SHARDS_DESCRIBED = 100;

/** Kinesis Data Streams on AWS's wire. */
export function createKinesisDoor(streams: Streams): Door<KinesisApi> {
  return worded<Door<KinesisApi>>(
    {
      ...kinesisSettings(streams),
      ...ofStreams(streams),
      ...ofRecords(streams),
      ...ofConsumers(streams),
    },
    kinesisError,
  );
}

function ofStreams(streams: Streams): Door<KinesisApi> {
  return {
    async CreateStream(input, context) {
      refuseWarmThroughput(input);
      await streams.create(context, {
        name: input.StreamName,
        shardCount: input.ShardCount,
        mode: input.StreamModeDetails?.StreamMode,
        tags: input.Tags,
        maxRecordKiB: input.MaxRecordSizeInKiB,
        distribution: input.RecordDistributionStrategy,
      });
    },
    async DeleteStream(input, context) {
      await streams.delete(streamOf(input, context), input.EnforceConsumerDeletion);
    },
    async DescribeStream(input, context) {
      const stream = await streams.get(streamOf(input, context));
      const { Limit: limit = MAX_SHARDS_DESCRIBED, ExclusiveStartShardId: after } = input;
      const { items, more } =
        visibleShards(stream).length === 0
          ? { items: [], more: false }
          : await streams.listShards(stream, { after, limit });
      return { StreamDescription: streamOutput(stream, items, more) };
    },
    async DescribeStreamSummary(input, context) {
      const stream = await streams.get(streamOf(input, context));
      return { StreamDescriptionSummary: summaryOutput(stream) };
    },
    async ListStreams(input, context) {
      const { items, more, token } = await streams.list(context, {
        after: input.ExclusiveStartStreamName,
        token: input.NextToken,
        limit: input.Limit,
      });
      return {
        StreamNames: items.map(({ name }) => name),
        HasMoreStreams: more,
        NextToken: token,
        StreamSummaries: items.map(listedOutput),
      };
    },
    async ListShards(input, context) {
      const { NextToken: token, MaxResults: limit } = input;
      const named = input.StreamName !== undefined || input.StreamARN !== undefined;
      if (named === (token !== undefined))
        throw new AwsError(
          "InvalidArgumentException",
          named
            ? "NextToken and StreamName cannot be provided together."
            : "Either NextToken or StreamName should be provided.",
        );
      const page =
        token === undefined
          ? {
              ref: streamOf(input, context),
              ...(await streams.listShards(streamOf(input, context), {
                after: input.ExclusiveStartShardId,
                limit,
                filter: filterOf(input.ShardFilter),
              })),
            }
          : await streams.listMoreShards(context, token, limit);
      const stream = await streams.get(page.ref);
      return {
        Shards: page.items.map((shard) => shardOutput(stream, shard)),
        NextToken: page.token,
      };
    },
    async SplitShard(input, context) {
      const ref = streamOf(input, context);
      await streams.split(ref, input.ShardToSplit, input.NewStartingHashKey);
    },
    async MergeShards(input, context) {
      const ref = streamOf(input, context);
      await streams.merge(ref, [input.ShardToMerge, input.AdjacentShardToMerge]);
    },
    async UpdateShardCount(input, context) {
      const ref = streamOf(input, context);
      const { TargetShardCount } = input;
      const CurrentShardCount = await streams.scale(ref, TargetShardCount);
      return {
        StreamName: ref.name,
        CurrentShardCount,
        TargetShardCount,
        StreamARN: streamArn(ref),
      };
    },
  };
}

function ofRecords(streams: Streams): Door<KinesisApi> {
  return {
    async PutRecord(input, context) {
      const { placed, stream } = await streams.put(streamOf(input, context), recordOf(input), {
        after: input.SequenceNumberForOrdering,
        dryRun: input.DryRun,
      });
      return {
        ShardId: placed.shardId,
        SequenceNumber: placed.sequenceNumber,
        ...encryption(stream),
      };
    },
    async PutRecords(input, context) {
      const { results, stream } = await streams.putMany(
        streamOf(input, context),
        input.Records.map(recordOf),
        { dryRun: input.DryRun },
      );
      return {
        FailedRecordCount: results.filter((result) => "throttled" in result).length,
        Records: results.map(putOutput),
        ...encryption(stream),
      };
    },
    async GetShardIterator(input, context) {
      const ShardIterator = await streams.iterator(
        streamOf(input, context),
        input.ShardId,
        positionOf({
          type: input.ShardIteratorType,
          sequenceNumber: input.StartingSequenceNumber,
          timestamp: input.Timestamp,
        }),
        { dryRun: input.DryRun },
      );
      return { ShardIterator };
    },
    async GetRecords(input) {
      const { ShardIterator, Limit: limit, DryRun: dryRun } = input;
      return recordsOutput(await streams.records(ShardIterator, { limit, dryRun }));
    },
  };
}

function ofConsumers(streams: Streams): Door<KinesisApi> {
  return {
    async RegisterStreamConsumer(input, context) {
      const ref = streamOf(input, context);
      const { stream, consumer } = await streams.registerConsumer(
        ref,
        input.ConsumerName,
        input.Tags,
      );
      return { Consumer: consumerOutput(stream, consumer, "CREATING") };
    },
    async DescribeStreamConsumer(input) {
      const { stream, consumer } = await streams.consumer(consumerOf(input));
      return { ConsumerDescription: consumerDescription(stream, consumer) };
    },
    async DeregisterStreamConsumer(input) {
      await streams.deregisterConsumer(consumerOf(input));
    },
    async ListStreamConsumers(input, context) {
      const { items, stream, token } = await streams.consumers(streamOf(input, context), {
        token: input.NextToken,
        limit: input.MaxResults,
      });
      return {
        Consumers: items.map((consumer) => consumerOutput(stream, consumer)),
        NextToken: token,
      };
    },
    async SubscribeToShard(input, context) {
      const { Type: type, SequenceNumber: sequenceNumber, Timestamp } = input.StartingPosition;
      const events = await streams.subscribe(
        parseResourceArn(input.ConsumerARN),
        input.ShardId,
        positionOf({ type, sequenceNumber, timestamp: Timestamp }),
        { signal: context.signal, dryRun: input.DryRun },
      );
      return { EventStream: eventStream(events) };
    },
  };
}

async function* eventStream(
  events: AsyncGenerator<ShardEvent>,
): AsyncGenerator<SubscribeToShardEventStream> {
  try {
    for await (const event of events) yield { SubscribeToShardEvent: eventOutput(event) };
  } catch (error) {
    throw kinesisError(error);
  }
}
