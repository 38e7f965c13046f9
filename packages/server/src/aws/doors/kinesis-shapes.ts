/** What Kinesis answers, in the words of its model. */
import { decimalOf } from "../../domain/hash-range.ts";
import type { StreamShard } from "../../domain/resharding.ts";
import {
  type Consumer,
  consumerArn,
  type DataRecord,
  type PutResult,
  type RecordsPage,
  type ShardEvent,
  type Stream,
  sequenceRange,
  shardId,
  streamArn,
} from "../../services/streams/index.ts";
import type {
  ChildShard,
  ConsumerDescription,
  Consumer as ConsumerOutput,
  GetRecordsOutput,
  PutRecordsResultEntry,
  RecordShape,
  Shard,
  StreamDescription,
  StreamDescriptionSummary,
  StreamSummary,
  SubscribeToShardEvent,
} from "../api/kinesis.ts";

const common = (stream: Stream) => ({
  StreamName: stream.name,
  StreamARN: streamArn(stream),
  StreamStatus: stream.status,
  StreamModeDetails: { StreamMode: stream.mode },
  RetentionPeriodHours: stream.retentionHours,
  StreamCreationTimestamp: new Date(stream.created),
  EnhancedMonitoring: [{ ShardLevelMetrics: stream.metrics as [] }],
  EncryptionType: stream.keyId === undefined ? ("NONE" as const) : ("KMS" as const),
  KeyId: stream.keyId,
});

/** Kinesis: a stream that is being made has no shards yet. */
export const visibleShards = ({ status, shards }: Stream): readonly StreamShard[] =>
  status === "CREATING" ? [] : shards;

export const streamOutput = (
  stream: Stream,
  shards: readonly StreamShard[],
  more: boolean,
): StreamDescription => ({
  ...common(stream),
  Shards: shards.map((shard) => shardOutput(stream, shard)),
  HasMoreShards: more,
});

export const summaryOutput = (stream: Stream): StreamDescriptionSummary => ({
  ...common(stream),
  OpenShardCount: visibleShards(stream).filter(({ closed }) => closed === undefined).length,
  ConsumerCount: stream.consumers.length,
  MaxRecordSizeInKiB: stream.maxRecordKiB,
  RecordDistributionStrategy: stream.distribution === "AUTO" ? "AUTO" : undefined,
});

export const listedOutput = (stream: Stream): StreamSummary => ({
  StreamName: stream.name,
  StreamARN: streamArn(stream),
  StreamStatus: stream.status,
  StreamModeDetails: { StreamMode: stream.mode },
  StreamCreationTimestamp: new Date(stream.created),
});

export function shardOutput(stream: Stream, shard: StreamShard): Shard {
  const [parent, adjacent] = shard.parents;
  const { first, last } = sequenceRange(stream, shard);
  return {
    ShardId: shardId(shard.number),
    ParentShardId: parent === undefined ? undefined : shardId(parent),
    AdjacentParentShardId: adjacent === undefined ? undefined : shardId(adjacent),
    HashKeyRange: hashKeyRange(shard),
    SequenceNumberRange: { StartingSequenceNumber: first, EndingSequenceNumber: last },
  };
}

const childOutput = (shard: StreamShard): ChildShard => ({
  ShardId: shardId(shard.number),
  ParentShards: shard.parents.map(shardId),
  HashKeyRange: hashKeyRange(shard),
});

const hashKeyRange = ({ start, end }: StreamShard) => ({
  StartingHashKey: decimalOf(start),
  EndingHashKey: decimalOf(end),
});

/** Absent where nothing is encrypted. */
export const encryption = ({ keyId }: Stream) =>
  keyId === undefined ? {} : { EncryptionType: "KMS" as const };

export const putOutput = (result: PutResult): PutRecordsResultEntry =>
  "throttled" in result
    ? {
        ErrorCode: "ProvisionedThroughputExceededException",
        ErrorMessage: result.throttled,
      }
    : { SequenceNumber: result.sequenceNumber, ShardId: result.shardId };

const recordOutput = (
  stream: Stream,
  { sequenceNumber, arrivedAt, data, partitionKey }: DataRecord,
): RecordShape => ({
  SequenceNumber: sequenceNumber,
  ApproximateArrivalTimestamp: new Date(arrivedAt),
  Data: data,
  PartitionKey: partitionKey,
  ...encryption(stream),
});

export const recordsOutput = (page: RecordsPage): GetRecordsOutput => ({
  Records: page.records.map((record) => recordOutput(page.stream, record)),
  NextShardIterator: page.iterator,
  MillisBehindLatest: page.behindMs,
  ChildShards: page.children?.map(childOutput),
});

/** At the end of a shard there is no number to go on with, although the model says that there always is. */
export const eventOutput = (event: ShardEvent): SubscribeToShardEvent => ({
  Records: event.records.map((record) => recordOutput(event.stream, record)),
  ContinuationSequenceNumber: event.continuation as string,
  MillisBehindLatest: event.behindMs,
  ChildShards: event.children?.map(childOutput),
});

export const consumerOutput = (
  stream: Stream,
  consumer: Consumer,
  status: ConsumerOutput["ConsumerStatus"] = "ACTIVE",
): ConsumerOutput => ({
  ConsumerName: consumer.name,
  ConsumerARN: consumerArn(stream, consumer),
  ConsumerStatus: status,
  ConsumerCreationTimestamp: new Date(consumer.created),
});

export const consumerDescription = (stream: Stream, consumer: Consumer): ConsumerDescription => ({
  ...consumerOutput(stream, consumer),
  StreamARN: streamArn(stream),
});
