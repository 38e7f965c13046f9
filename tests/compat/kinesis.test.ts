/** Kinesis Data Streams through AWS's own JavaScript client: streams, their settings, and records. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AddTagsToStreamCommand,
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DeleteResourcePolicyCommand,
  DeleteStreamCommand,
  DescribeLimitsCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  DisableEnhancedMonitoringCommand,
  EnableEnhancedMonitoringCommand,
  GetRecordsCommand,
  GetResourcePolicyCommand,
  IncreaseStreamRetentionPeriodCommand,
  ListStreamsCommand,
  ListTagsForResourceCommand,
  ListTagsForStreamCommand,
  PutRecordCommand,
  PutRecordsCommand,
  PutResourcePolicyCommand,
  paginateListStreams,
  RegisterStreamConsumerCommand,
  RemoveTagsFromStreamCommand,
  StartStreamEncryptionCommand,
  StopStreamEncryptionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateMaxRecordSizeCommand,
  UpdateStreamModeCommand,
  UpdateStreamRecordDistributionStrategyCommand,
  UpdateStreamWarmThroughputCommand,
  waitUntilStreamExists,
  waitUntilStreamNotExists,
} from "@aws-sdk/client-kinesis";
import { decodeCbor } from "../../packages/server/src/aws/codecs/cbor-decode.ts";
import { ARN, failure, type KinesisFixture, openKinesis, texts } from "./kinesis.ts";

const CBOR_TYPE = "application/x-amz-cbor-1.1";
const WAIT = { maxWaitTime: 20, minDelay: 1, maxDelay: 1 };

describe("Kinesis Data Streams, by AWS's JavaScript client", () => {
  let kinesis: KinesisFixture;
  before(async () => {
    kinesis = await openKinesis();
  });
  after(() => kinesis.stop());

  it("a stream is made, described, listed and deleted", async () => {
    const StreamName = "made";
    const StreamARN = `${ARN}${StreamName}`;
    await kinesis.client.send(
      new CreateStreamCommand({ StreamName, ShardCount: 2, Tags: { team: "birds" } }),
    );
    await waitUntilStreamExists({ client: kinesis.client, ...WAIT }, { StreamName });
    await assert.rejects(
      kinesis.client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 })),
      failure("ResourceInUseException", "Stream made under account 000000000000 already exists."),
    );
    const { StreamDescription } = await kinesis.client.send(
      new DescribeStreamCommand({ StreamARN }),
    );
    const { StreamCreationTimestamp, Shards, ...rest } = StreamDescription ?? {};
    assert.ok(StreamCreationTimestamp instanceof Date);
    assert.deepEqual(rest, {
      StreamName,
      StreamARN,
      StreamStatus: "ACTIVE",
      StreamModeDetails: { StreamMode: "PROVISIONED" },
      HasMoreShards: false,
      RetentionPeriodHours: 24,
      EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
      EncryptionType: "NONE",
    });
    assert.deepEqual(
      Shards?.map(({ ShardId, HashKeyRange }) => [ShardId, HashKeyRange?.EndingHashKey]),
      [
        ["shardId-000000000000", "170141183460469231731687303715884105727"],
        ["shardId-000000000001", "340282366920938463463374607431768211455"],
      ],
    );
    assert.match(Shards?.[0]?.SequenceNumberRange?.StartingSequenceNumber ?? "", /^49\d{54}$/);
    const page = await kinesis.client.send(
      new DescribeStreamCommand({
        StreamName,
        Limit: 1,
        ExclusiveStartShardId: "shardId-000000000000",
      }),
    );
    assert.deepEqual(
      page.StreamDescription?.Shards?.map(({ ShardId }) => ShardId),
      ["shardId-000000000001"],
    );
    const { StreamDescriptionSummary: summary } = await kinesis.client.send(
      new DescribeStreamSummaryCommand({ StreamName }),
    );
    assert.deepEqual([summary?.OpenShardCount, summary?.ConsumerCount], [2, 0]);
    await kinesis.stream("made-too");
    const first = await kinesis.client.send(new ListStreamsCommand({ Limit: 1 }));
    assert.deepEqual([first.StreamNames, first.HasMoreStreams], [["made"], true]);
    const names: string[] = [];
    for await (const { StreamNames } of paginateListStreams(
      { client: kinesis.client, pageSize: 1 },
      {},
    ))
      names.push(...(StreamNames ?? []));
    assert.deepEqual(names, ["made", "made-too"]);
    const { OpenShardCount } = await kinesis.client.send(new DescribeLimitsCommand({}));
    assert.equal(OpenShardCount, 3);
    await kinesis.client.send(new DeleteStreamCommand({ StreamName }));
    await waitUntilStreamNotExists({ client: kinesis.client, ...WAIT }, { StreamName });
    await assert.rejects(
      kinesis.client.send(new DescribeStreamCommand({ StreamName })),
      failure("ResourceNotFoundException", "Stream made under account 000000000000 not found."),
    );
  });

  it("records come back in their order, by every kind of iterator", async () => {
    const StreamName = await kinesis.stream("ordered");
    const start = new Date();
    const numbers: string[] = [];
    for (const text of ["a", "b", "c"]) {
      const {
        SequenceNumber = "",
        ShardId,
        EncryptionType,
      } = await kinesis.client.send(
        new PutRecordCommand({
          StreamName,
          Data: Buffer.from(text),
          PartitionKey: "key",
          ...(numbers.length > 0 ? { SequenceNumberForOrdering: numbers.at(-1) } : {}),
        }),
      );
      assert.deepEqual([ShardId, EncryptionType], ["shardId-000000000000", undefined]);
      numbers.push(SequenceNumber);
    }
    assert.deepEqual(numbers, numbers.toSorted());
    const whole = await kinesis.read(await kinesis.iterator({ StreamName }));
    assert.deepEqual(texts(whole), ["a", "b", "c"]);
    const [one] = whole.Records ?? [];
    assert.deepEqual(
      { ...one, Data: String(Buffer.from(one?.Data ?? [])) },
      {
        SequenceNumber: numbers[0],
        ApproximateArrivalTimestamp: one?.ApproximateArrivalTimestamp,
        Data: "a",
        PartitionKey: "key",
      },
    );
    assert.equal(whole.MillisBehindLatest, 0);
    assert.equal(whole.ChildShards, undefined);
    const latest = await kinesis.iterator({ StreamName, ShardIteratorType: "LATEST" });
    const at = (ShardIteratorType: "AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER") =>
      kinesis.iterator({ StreamName, ShardIteratorType, StartingSequenceNumber: numbers[1] });
    assert.deepEqual(texts(await kinesis.read(await at("AT_SEQUENCE_NUMBER"))), ["b", "c"]);
    assert.deepEqual(texts(await kinesis.read(await at("AFTER_SEQUENCE_NUMBER"))), ["c"]);
    const since = await kinesis.iterator({
      StreamName,
      ShardIteratorType: "AT_TIMESTAMP",
      Timestamp: start,
    });
    const page = await kinesis.read(since, 2);
    assert.deepEqual(texts(page), ["a", "b"]);
    assert.ok((page.MillisBehindLatest ?? -1) >= 0);
    await kinesis.client.send(
      new PutRecordCommand({ StreamName, Data: Buffer.from("d"), PartitionKey: "é" }),
    );
    const next = await kinesis.read(latest);
    assert.deepEqual([texts(next), next.Records?.[0]?.PartitionKey], [["d"], "é"]);
  });

  it("many records go to the shards of their keys", async () => {
    const StreamName = await kinesis.stream("spread", 3);
    const Records = Array.from({ length: 60 }, (_, n) => ({
      Data: Buffer.from(`${n}`),
      PartitionKey: `key ${n % 7}`,
      ...(n % 10 === 0 ? { ExplicitHashKey: "340282366920938463463374607431768211455" } : {}),
    }));
    const { FailedRecordCount, Records: results } = await kinesis.client.send(
      new PutRecordsCommand({ StreamName, Records }),
    );
    assert.equal(FailedRecordCount, 0);
    const shards = new Map<string, string[]>();
    for (const [n, { ShardId = "" }] of (results ?? []).entries()) {
      if (n % 10 === 0) assert.equal(ShardId, "shardId-000000000002");
      shards.set(ShardId, [...(shards.get(ShardId) ?? []), `${n}`]);
    }
    for (const [ShardId, expected] of shards)
      assert.deepEqual(
        texts(await kinesis.read(await kinesis.iterator({ StreamName, ShardId }))),
        expected,
      );
  });

  it("CBOR is spoken too, with times in milliseconds, as AWS's SDKs for Java do", async () => {
    const StreamName = await kinesis.stream("cbor");
    const call = async (operation: string, input: Buffer): Promise<Buffer> => {
      const response = await fetch(kinesis.platform.origin, {
        method: "POST",
        headers: { "content-type": CBOR_TYPE, "x-amz-target": `Kinesis_20131202.${operation}` },
        body: Uint8Array.from(input),
      });
      assert.equal(response.headers.get("content-type"), CBOR_TYPE);
      return Buffer.from(await response.arrayBuffer());
    };
    const put = (name: string) =>
      call("PutRecord", cborMap({ StreamName: name, PartitionKey: "k", Data: Buffer.of(255, 0) }));
    assert.match(String(await put(StreamName)), /shardId-000000000000/);
    const answer = await call(
      "GetShardIterator",
      cborMap({
        StreamName,
        ShardId: "shardId-000000000000",
        ShardIteratorType: "AT_TIMESTAMP",
        Timestamp: new Date(Date.now() - 60_000),
      }),
    );
    const { ShardIterator = "" } = decodeCbor(answer, 1000) as { ShardIterator?: string };
    const { Records: [record] = [] } = await kinesis.read(ShardIterator);
    assert.deepEqual([...(record?.Data ?? [])], [255, 0]);
    const page = await call("GetRecords", cborMap({ ShardIterator }));
    const name = "ApproximateArrivalTimestamp";
    const at = page.indexOf(name) + name.length;
    assert.deepEqual([page[at], page[at + 1]], [0xc1, 0x1b]);
    const arrived = record?.ApproximateArrivalTimestamp?.getTime();
    assert.equal(Number(page.readBigUInt64BE(at + 2)), arrived);
    const refused = decodeCbor(await put("none"), 1000) as Record<string, string>;
    assert.equal(refused["__type"], "ResourceNotFoundException");
    assert.match(refused["message"] ?? "", /Stream none under account 000000000000 not found/);
  });

  it("retention, mode, record size, encryption and monitoring are kept", async () => {
    const StreamName = await kinesis.stream("settings");
    const StreamARN = `${ARN}${StreamName}`;
    await kinesis.client.send(
      new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 48 }),
    );
    await kinesis.client.send(
      new DecreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 36 }),
    );
    await assert.rejects(
      kinesis.client.send(
        new DecreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 23 }),
      ),
      failure("InvalidArgumentException", "Minimum allowed retention period is 24 hours"),
    );
    await kinesis.client.send(
      new StartStreamEncryptionCommand({
        StreamName,
        EncryptionType: "KMS",
        KeyId: "alias/aws/kinesis",
      }),
    );
    const put = await kinesis.client.send(
      new PutRecordCommand({ StreamName, Data: Buffer.from("x"), PartitionKey: "k" }),
    );
    assert.equal(put.EncryptionType, "KMS");
    const { DesiredShardLevelMetrics } = await kinesis.client.send(
      new EnableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ["IncomingBytes"] }),
    );
    assert.deepEqual(DesiredShardLevelMetrics, ["IncomingBytes"]);
    await kinesis.client.send(
      new UpdateMaxRecordSizeCommand({ StreamARN, MaxRecordSizeInKiB: 2048 }),
    );
    await kinesis.client.send(
      new UpdateStreamModeCommand({ StreamARN, StreamModeDetails: { StreamMode: "ON_DEMAND" } }),
    );
    const { StreamDescriptionSummary: summary } = await kinesis.client.send(
      new DescribeStreamSummaryCommand({ StreamName }),
    );
    const { StreamCreationTimestamp: _, ...kept } = summary ?? {};
    assert.deepEqual(kept, {
      StreamName,
      StreamARN,
      StreamStatus: "ACTIVE",
      StreamModeDetails: { StreamMode: "ON_DEMAND" },
      RetentionPeriodHours: 36,
      EnhancedMonitoring: [{ ShardLevelMetrics: ["IncomingBytes"] }],
      EncryptionType: "KMS",
      KeyId: "alias/aws/kinesis",
      OpenShardCount: 1,
      ConsumerCount: 0,
      MaxRecordSizeInKiB: 2048,
    });
    await kinesis.client.send(
      new DisableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ["ALL"] }),
    );
    await kinesis.client.send(
      new StopStreamEncryptionCommand({
        StreamName,
        EncryptionType: "KMS",
        KeyId: "alias/aws/kinesis",
      }),
    );
    await kinesis.client.send(
      new UpdateStreamRecordDistributionStrategyCommand({
        StreamARN,
        RecordDistributionStrategy: "AUTO",
      }),
    );
    const without = await kinesis.client.send(
      new PutRecordCommand({ StreamName, Data: Buffer.from("y") } as never),
    );
    assert.equal(without.EncryptionType, undefined);
    await assert.rejects(
      kinesis.client.send(
        new UpdateStreamWarmThroughputCommand({ StreamName, WarmThroughputMiBps: 1 }),
      ),
      failure("NotImplemented"),
    );
  });

  it("tags and policies of streams and consumers are kept", async () => {
    const StreamName = await kinesis.stream("tagged");
    const StreamARN = `${ARN}${StreamName}`;
    await kinesis.client.send(
      new AddTagsToStreamCommand({ StreamName, Tags: { a: "1", b: "2", c: "3" } }),
    );
    await kinesis.client.send(new RemoveTagsFromStreamCommand({ StreamName, TagKeys: ["b"] }));
    const page = await kinesis.client.send(new ListTagsForStreamCommand({ StreamName, Limit: 1 }));
    assert.deepEqual([page.Tags, page.HasMoreTags], [[{ Key: "a", Value: "1" }], true]);
    const rest = await kinesis.client.send(
      new ListTagsForStreamCommand({ StreamName, ExclusiveStartTagKey: "a" }),
    );
    assert.deepEqual([rest.Tags, rest.HasMoreTags], [[{ Key: "c", Value: "3" }], false]);
    const { Consumer } = await kinesis.client.send(
      new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "one", Tags: { x: "y" } }),
    );
    const ConsumerARN = Consumer?.ConsumerARN ?? "";
    for (const ResourceARN of [StreamARN, ConsumerARN]) {
      await kinesis.client.send(new TagResourceCommand({ ResourceARN, Tags: { more: "tags" } }));
      await kinesis.client.send(
        new UntagResourceCommand({ ResourceARN, TagKeys: ["a", "c", "x"] }),
      );
      const { Tags } = await kinesis.client.send(new ListTagsForResourceCommand({ ResourceARN }));
      assert.deepEqual(Tags, [{ Key: "more", Value: "tags" }]);
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
      await kinesis.client.send(new PutResourcePolicyCommand({ ResourceARN, Policy }));
      const kept = await kinesis.client.send(new GetResourcePolicyCommand({ ResourceARN }));
      assert.equal(kept.Policy, Policy);
      await kinesis.client.send(new DeleteResourcePolicyCommand({ ResourceARN }));
      await assert.rejects(
        kinesis.client.send(new GetResourcePolicyCommand({ ResourceARN })),
        failure("ResourceNotFoundException"),
      );
    }
  });

  it("more than a shard takes in a second is refused, record by record", async () => {
    const StreamName = await kinesis.stream("throttled");
    const Data = Buffer.alloc(200_000);
    const Records = Array.from({ length: 8 }, () => ({ Data, PartitionKey: "k" }));
    const { FailedRecordCount = 0, Records: results = [] } = await kinesis.client.send(
      new PutRecordsCommand({ StreamName, Records }),
    );
    assert.ok(FailedRecordCount >= 1 && FailedRecordCount < 8);
    assert.deepEqual(results.at(-1), {
      ErrorCode: "ProvisionedThroughputExceededException",
      ErrorMessage:
        "Rate exceeded for shard shardId-000000000000 in stream throttled under account 000000000000.",
    });
    const refused = await Promise.allSettled(
      Array.from({ length: 12 }, () =>
        kinesis.http1.send(new PutRecordCommand({ StreamName, Data, PartitionKey: "k" })),
      ),
    );
    assert.ok(
      refused.some(
        (one) =>
          one.status === "rejected" &&
          failure("ProvisionedThroughputExceededException", "Rate exceeded")(one.reason),
      ),
    );
    const begin = await kinesis.iterator({ StreamName });
    const reads = await Promise.allSettled(
      Array.from({ length: 12 }, () =>
        kinesis.http1.send(new GetRecordsCommand({ ShardIterator: begin })),
      ),
    );
    assert.ok(
      reads.some(
        (one) =>
          one.status === "rejected" &&
          failure("ProvisionedThroughputExceededException")(one.reason),
      ),
    );
  });
});

/** A map as AWS's SDKs for Java write it: times are whole numbers of milliseconds under tag 1. */
function cborMap(entries: Readonly<Record<string, string | Buffer | Date>>): Buffer {
  const sized = (head: number, bytes: Buffer) =>
    Buffer.concat([Buffer.of(head, bytes.length >> 8, bytes.length & 255), bytes]);
  const item = (value: string | Buffer | Date) => {
    if (typeof value === "string") return sized(0x79, Buffer.from(value));
    if (!(value instanceof Date)) return sized(0x59, value);
    const time = Buffer.of(0xc1, 0x1b, 0, 0, 0, 0, 0, 0, 0, 0);
    time.writeBigUInt64BE(BigInt(value.getTime()), 2);
    return time;
  };
  const all = Object.entries(entries).flatMap(([name, value]) => [item(name), item(value)]);
  return Buffer.concat([Buffer.of(0xa0 + all.length / 2), ...all]);
}
