/** Kinesis Data Streams through AWS's own JavaScript client: streams, records, readers, shards that become others. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AddTagsToStreamCommand,
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DeleteResourcePolicyCommand,
  DeleteStreamCommand,
  DeregisterStreamConsumerCommand,
  DescribeLimitsCommand,
  DescribeStreamCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  DisableEnhancedMonitoringCommand,
  EnableEnhancedMonitoringCommand,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetResourcePolicyCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  IncreaseStreamRetentionPeriodCommand,
  KinesisClient,
  type KinesisServiceException,
  ListShardsCommand,
  ListStreamConsumersCommand,
  ListStreamsCommand,
  ListTagsForResourceCommand,
  ListTagsForStreamCommand,
  MergeShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  PutResourcePolicyCommand,
  paginateListStreamConsumers,
  paginateListStreams,
  RegisterStreamConsumerCommand,
  RemoveTagsFromStreamCommand,
  SplitShardCommand,
  StartStreamEncryptionCommand,
  StopStreamEncryptionCommand,
  SubscribeToShardCommand,
  type SubscribeToShardEvent,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateMaxRecordSizeCommand,
  UpdateShardCountCommand,
  UpdateStreamModeCommand,
  UpdateStreamRecordDistributionStrategyCommand,
  UpdateStreamWarmThroughputCommand,
  waitUntilStreamExists,
  waitUntilStreamNotExists,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { decodeCbor } from "../../packages/server/src/aws/codecs/cbor-decode.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/";
const CBOR_TYPE = "application/x-amz-cbor-1.1";
const WAIT = { maxWaitTime: 20, minDelay: 1, maxDelay: 1 };

describe("Kinesis Data Streams, by AWS's JavaScript client", () => {
  let platform: TestPlatform;
  /** As it comes: HTTP/2 from the first byte. */
  let client: KinesisClient;
  let http1: KinesisClient;

  before(async () => {
    platform = await startPlatform();
    client = new KinesisClient(clientSettings(platform.origin));
    http1 = new KinesisClient({
      ...clientSettings(platform.origin),
      requestHandler: new NodeHttpHandler(),
      maxAttempts: 1,
    });
  });
  after(async () => {
    client.destroy();
    http1.destroy();
    await platform.stop();
  });

  /** Makes a stream and waits until it is there. */
  async function stream(StreamName: string, ShardCount = 1): Promise<string> {
    await client.send(new CreateStreamCommand({ StreamName, ShardCount }));
    await settled(StreamName);
    return StreamName;
  }

  async function settled(StreamName: string): Promise<void> {
    for (;;) {
      const { StreamDescriptionSummary } = await client.send(
        new DescribeStreamSummaryCommand({ StreamName }),
      );
      if (StreamDescriptionSummary?.StreamStatus === "ACTIVE") return;
    }
  }

  async function iterator(
    input: Partial<GetShardIteratorCommandInput> & { StreamName: string },
  ): Promise<string> {
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        ShardId: "shardId-000000000000",
        ShardIteratorType: "TRIM_HORIZON",
        ...input,
      }),
    );
    return ShardIterator ?? "";
  }

  const read = (ShardIterator: string, Limit?: number): Promise<GetRecordsCommandOutput> =>
    client.send(new GetRecordsCommand({ ShardIterator, ...(Limit ? { Limit } : {}) }));

  const texts = ({
    Records = [],
  }: {
    readonly Records?: { Data?: Uint8Array | undefined }[] | undefined;
  }) => Records.map(({ Data = new Uint8Array() }) => String(Buffer.from(Data)));

  const failure = (name: string, message?: RegExp | string) => (error: KinesisServiceException) => {
    assert.equal(error.name, name, error.message);
    if (message !== undefined) assert.match(error.message, new RegExp(message));
    return true;
  };

  it("a stream is made, described, listed and deleted", async () => {
    const StreamName = "made";
    const StreamARN = `${ARN}${StreamName}`;
    await client.send(
      new CreateStreamCommand({ StreamName, ShardCount: 2, Tags: { team: "birds" } }),
    );
    await waitUntilStreamExists({ client, ...WAIT }, { StreamName });
    await assert.rejects(
      client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 })),
      failure("ResourceInUseException", "Stream made under account 000000000000 already exists."),
    );
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamARN }));
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
    const page = await client.send(
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
    const { StreamDescriptionSummary: summary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName }),
    );
    assert.deepEqual([summary?.OpenShardCount, summary?.ConsumerCount], [2, 0]);
    await stream("made-too");
    const first = await client.send(new ListStreamsCommand({ Limit: 1 }));
    assert.deepEqual([first.StreamNames, first.HasMoreStreams], [["made"], true]);
    const names: string[] = [];
    for await (const { StreamNames } of paginateListStreams({ client, pageSize: 1 }, {}))
      names.push(...(StreamNames ?? []));
    assert.deepEqual(names, ["made", "made-too"]);
    const { OpenShardCount } = await client.send(new DescribeLimitsCommand({}));
    assert.equal(OpenShardCount, 3);
    await client.send(new DeleteStreamCommand({ StreamName }));
    await waitUntilStreamNotExists({ client, ...WAIT }, { StreamName });
    await assert.rejects(
      client.send(new DescribeStreamCommand({ StreamName })),
      failure("ResourceNotFoundException", "Stream made under account 000000000000 not found."),
    );
  });

  it("records come back in their order, by every kind of iterator", async () => {
    const StreamName = await stream("ordered");
    const start = new Date();
    const numbers: string[] = [];
    for (const text of ["a", "b", "c"]) {
      const {
        SequenceNumber = "",
        ShardId,
        EncryptionType,
      } = await client.send(
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
    const whole = await read(await iterator({ StreamName }));
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
    const latest = await iterator({ StreamName, ShardIteratorType: "LATEST" });
    const at = (ShardIteratorType: "AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER") =>
      iterator({ StreamName, ShardIteratorType, StartingSequenceNumber: numbers[1] });
    assert.deepEqual(texts(await read(await at("AT_SEQUENCE_NUMBER"))), ["b", "c"]);
    assert.deepEqual(texts(await read(await at("AFTER_SEQUENCE_NUMBER"))), ["c"]);
    const since = await iterator({
      StreamName,
      ShardIteratorType: "AT_TIMESTAMP",
      Timestamp: start,
    });
    const page = await read(since, 2);
    assert.deepEqual(texts(page), ["a", "b"]);
    assert.ok((page.MillisBehindLatest ?? -1) >= 0);
    await client.send(
      new PutRecordCommand({ StreamName, Data: Buffer.from("d"), PartitionKey: "é" }),
    );
    const next = await read(latest);
    assert.deepEqual([texts(next), next.Records?.[0]?.PartitionKey], [["d"], "é"]);
  });

  it("many records go to the shards of their keys", async () => {
    const StreamName = await stream("spread", 3);
    const Records = Array.from({ length: 60 }, (_, n) => ({
      Data: Buffer.from(`${n}`),
      PartitionKey: `key ${n % 7}`,
      ...(n % 10 === 0 ? { ExplicitHashKey: "340282366920938463463374607431768211455" } : {}),
    }));
    const { FailedRecordCount, Records: results } = await client.send(
      new PutRecordsCommand({ StreamName, Records }),
    );
    assert.equal(FailedRecordCount, 0);
    const shards = new Map<string, string[]>();
    for (const [n, { ShardId = "" }] of (results ?? []).entries()) {
      if (n % 10 === 0) assert.equal(ShardId, "shardId-000000000002");
      shards.set(ShardId, [...(shards.get(ShardId) ?? []), `${n}`]);
    }
    for (const [ShardId, expected] of shards)
      assert.deepEqual(texts(await read(await iterator({ StreamName, ShardId }))), expected);
  });

  it("CBOR is spoken too, with times in milliseconds, as AWS's SDKs for Java do", async () => {
    const StreamName = await stream("cbor");
    const call = async (operation: string, input: Buffer): Promise<Buffer> => {
      const response = await fetch(platform.origin, {
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
    const { Records: [record] = [] } = await read(ShardIterator);
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

  it("shards that were split or merged end, and name those that go on", async () => {
    const StreamName = await stream("reshaped");
    const put = (text: string, ExplicitHashKey = "0") =>
      client.send(
        new PutRecordCommand({
          StreamName,
          Data: Buffer.from(text),
          PartitionKey: "k",
          ExplicitHashKey,
        }),
      );
    await put("before");
    const begin = await iterator({ StreamName });
    await client.send(
      new SplitShardCommand({
        StreamName,
        ShardToSplit: "shardId-000000000000",
        NewStartingHashKey: "100",
      }),
    );
    const { ShardId } = await put("during or after");
    await settled(StreamName);
    await put("low");
    await put("high", "100");
    const end = await read(begin);
    assert.equal(texts(end)[0], "before");
    assert.equal(end.NextShardIterator, undefined);
    assert.deepEqual(
      end.ChildShards?.map(({ ShardId, ParentShards, HashKeyRange }) => [
        ShardId,
        ParentShards,
        HashKeyRange?.StartingHashKey,
      ]),
      [
        ["shardId-000000000001", ["shardId-000000000000"], "0"],
        ["shardId-000000000002", ["shardId-000000000000"], "100"],
      ],
    );
    const low = texts(await read(await iterator({ StreamName, ShardId: "shardId-000000000001" })));
    assert.equal(low.at(-1), "low");
    assert.deepEqual(
      [...texts(end), ...low],
      ["before", "during or after", "low"],
      `the one in between is in ${ShardId}`,
    );
    await client.send(
      new MergeShardsCommand({
        StreamName,
        ShardToMerge: "shardId-000000000001",
        AdjacentShardToMerge: "shardId-000000000002",
      }),
    );
    await settled(StreamName);
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
    const merged = Shards.at(-1);
    assert.deepEqual(
      [merged?.ShardId, merged?.ParentShardId, merged?.AdjacentParentShardId],
      ["shardId-000000000003", "shardId-000000000001", "shardId-000000000002"],
    );
    for (const { ShardId, SequenceNumberRange } of Shards)
      assert.equal(
        SequenceNumberRange?.EndingSequenceNumber === undefined,
        ShardId === "shardId-000000000003",
      );
    const latest = await client.send(
      new ListShardsCommand({ StreamName, ShardFilter: { Type: "AT_LATEST" } }),
    );
    assert.deepEqual(
      latest.Shards?.map(({ ShardId }) => ShardId),
      ["shardId-000000000003"],
    );
    const tail = await client.send(
      new ListShardsCommand({
        StreamName,
        ShardFilter: { Type: "AFTER_SHARD_ID", ShardId: "shardId-000000000001" },
        MaxResults: 1,
      }),
    );
    const more = await client.send(new ListShardsCommand({ NextToken: tail.NextToken }));
    assert.deepEqual(
      [tail, more].flatMap(({ Shards = [] }) => Shards.map(({ ShardId }) => ShardId)),
      ["shardId-000000000002", "shardId-000000000003"],
    );
    await assert.rejects(
      client.send(
        new SplitShardCommand({
          StreamName,
          ShardToSplit: "shardId-000000000000",
          NewStartingHashKey: "100",
        }),
      ),
      failure("InvalidArgumentException", "already been merged or split"),
    );
  });

  it("a shard count is updated, within AWS's limits", async () => {
    const StreamName = await stream("scaled", 2);
    const scale = (TargetShardCount: number) =>
      client.send(
        new UpdateShardCountCommand({
          StreamName,
          TargetShardCount,
          ScalingType: "UNIFORM_SCALING",
        }),
      );
    assert.deepEqual((await scale(3)).CurrentShardCount, 2);
    await settled(StreamName);
    const { Shards = [] } = await client.send(
      new ListShardsCommand({ StreamName, ShardFilter: { Type: "AT_LATEST" } }),
    );
    assert.equal(Shards.length, 3);
    await assert.rejects(
      scale(7),
      failure("LimitExceededException", "cannot scale up over double"),
    );
    await assert.rejects(
      scale(1),
      failure("LimitExceededException", "cannot scale down below half"),
    );
  });

  it("retention, mode, record size, encryption and monitoring are kept", async () => {
    const StreamName = await stream("settings");
    const StreamARN = `${ARN}${StreamName}`;
    await client.send(
      new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 48 }),
    );
    await client.send(
      new DecreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 36 }),
    );
    await assert.rejects(
      client.send(
        new DecreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 23 }),
      ),
      failure("InvalidArgumentException", "Minimum allowed retention period is 24 hours"),
    );
    await client.send(
      new StartStreamEncryptionCommand({
        StreamName,
        EncryptionType: "KMS",
        KeyId: "alias/aws/kinesis",
      }),
    );
    const put = await client.send(
      new PutRecordCommand({ StreamName, Data: Buffer.from("x"), PartitionKey: "k" }),
    );
    assert.equal(put.EncryptionType, "KMS");
    const { DesiredShardLevelMetrics } = await client.send(
      new EnableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ["IncomingBytes"] }),
    );
    assert.deepEqual(DesiredShardLevelMetrics, ["IncomingBytes"]);
    await client.send(new UpdateMaxRecordSizeCommand({ StreamARN, MaxRecordSizeInKiB: 2048 }));
    await client.send(
      new UpdateStreamModeCommand({ StreamARN, StreamModeDetails: { StreamMode: "ON_DEMAND" } }),
    );
    const { StreamDescriptionSummary: summary } = await client.send(
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
    await client.send(
      new DisableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ["ALL"] }),
    );
    await client.send(
      new StopStreamEncryptionCommand({
        StreamName,
        EncryptionType: "KMS",
        KeyId: "alias/aws/kinesis",
      }),
    );
    await client.send(
      new UpdateStreamRecordDistributionStrategyCommand({
        StreamARN,
        RecordDistributionStrategy: "AUTO",
      }),
    );
    const without = await client.send(
      new PutRecordCommand({ StreamName, Data: Buffer.from("y") } as never),
    );
    assert.equal(without.EncryptionType, undefined);
    await assert.rejects(
      client.send(new UpdateStreamWarmThroughputCommand({ StreamName, WarmThroughputMiBps: 1 })),
      failure("NotImplemented"),
    );
  });

  it("tags and policies of streams and consumers are kept", async () => {
    const StreamName = await stream("tagged");
    const StreamARN = `${ARN}${StreamName}`;
    await client.send(new AddTagsToStreamCommand({ StreamName, Tags: { a: "1", b: "2", c: "3" } }));
    await client.send(new RemoveTagsFromStreamCommand({ StreamName, TagKeys: ["b"] }));
    const page = await client.send(new ListTagsForStreamCommand({ StreamName, Limit: 1 }));
    assert.deepEqual([page.Tags, page.HasMoreTags], [[{ Key: "a", Value: "1" }], true]);
    const rest = await client.send(
      new ListTagsForStreamCommand({ StreamName, ExclusiveStartTagKey: "a" }),
    );
    assert.deepEqual([rest.Tags, rest.HasMoreTags], [[{ Key: "c", Value: "3" }], false]);
    const { Consumer } = await client.send(
      new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "one", Tags: { x: "y" } }),
    );
    const ConsumerARN = Consumer?.ConsumerARN ?? "";
    for (const ResourceARN of [StreamARN, ConsumerARN]) {
      await client.send(new TagResourceCommand({ ResourceARN, Tags: { more: "tags" } }));
      await client.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["a", "c", "x"] }));
      const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceARN }));
      assert.deepEqual(Tags, [{ Key: "more", Value: "tags" }]);
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
      await client.send(new PutResourcePolicyCommand({ ResourceARN, Policy }));
      const kept = await client.send(new GetResourcePolicyCommand({ ResourceARN }));
      assert.equal(kept.Policy, Policy);
      await client.send(new DeleteResourcePolicyCommand({ ResourceARN }));
      await assert.rejects(
        client.send(new GetResourcePolicyCommand({ ResourceARN })),
        failure("ResourceNotFoundException"),
      );
    }
  });

  it("consumers are registered, described, listed and deregistered", async () => {
    const StreamName = await stream("consumed");
    const StreamARN = `${ARN}${StreamName}`;
    for (const ConsumerName of ["b", "a"])
      await client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName }));
    await assert.rejects(
      client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "a" })),
      failure("ResourceInUseException"),
    );
    const names: (string | undefined)[] = [];
    for await (const { Consumers = [] } of paginateListStreamConsumers(
      { client, pageSize: 1 },
      { StreamARN },
    ))
      names.push(...Consumers.map(({ ConsumerName }) => ConsumerName));
    assert.deepEqual(names, ["a", "b"]);
    const { ConsumerDescription } = await client.send(
      new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: "a" }),
    );
    assert.equal(ConsumerDescription?.ConsumerStatus, "ACTIVE");
    await assert.rejects(
      client.send(new DeleteStreamCommand({ StreamName })),
      failure("ResourceInUseException"),
    );
    await client.send(
      new DeregisterStreamConsumerCommand({ ConsumerARN: ConsumerDescription?.ConsumerARN }),
    );
    const left = await client.send(new ListStreamConsumersCommand({ StreamARN }));
    assert.equal(left.Consumers?.length, 1);
    await client.send(new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true }));
    await waitUntilStreamNotExists({ client, ...WAIT }, { StreamName });
  });

  for (const version of ["HTTP/2", "HTTP/1.1"] as const)
    it(`a consumer is sent what comes, to the end of the shard (${version})`, async () => {
      const StreamName = await stream(`pushed-${version.replace(/\W/g, "-")}`);
      const StreamARN = `${ARN}${StreamName}`;
      const { Consumer } = await client.send(
        new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "one" }),
      );
      const ShardId = "shardId-000000000000";
      const put = (text: string) =>
        client.send(
          new PutRecordCommand({ StreamName, Data: Buffer.from(text), PartitionKey: "k" }),
        );
      await put("a");
      const subscribe = new SubscribeToShardCommand({
        ConsumerARN: Consumer?.ConsumerARN,
        ShardId,
        StartingPosition: { Type: "TRIM_HORIZON" },
      });
      const { EventStream = [] } = await (version === "HTTP/2" ? client : http1).send(subscribe);
      const events: SubscribeToShardEvent[] = [];
      const found: string[] = [];
      for await (const { SubscribeToShardEvent: event } of EventStream) {
        if (!event) continue;
        events.push(event);
        found.push(...texts(event));
        if (events.length === 1) {
          await assert.rejects(client.send(subscribe), failure("ResourceInUseException"));
          await put("b");
        }
        if (found.length === 2 && found.at(-1) === "b" && event.Records?.length)
          await client.send(
            new SplitShardCommand({ StreamName, ShardToSplit: ShardId, NewStartingHashKey: "100" }),
          );
      }
      assert.deepEqual(found, ["a", "b"]);
      const last = events.at(-1);
      assert.equal(last?.ContinuationSequenceNumber, undefined);
      assert.equal(last?.ChildShards?.length, 2);
      assert.match(events[0]?.ContinuationSequenceNumber ?? "", /^49\d{54}$/);
    });

  it("more than a shard takes in a second is refused, record by record", async () => {
    const StreamName = await stream("throttled");
    const Data = Buffer.alloc(200_000);
    const Records = Array.from({ length: 8 }, () => ({ Data, PartitionKey: "k" }));
    const { FailedRecordCount = 0, Records: results = [] } = await client.send(
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
        http1.send(new PutRecordCommand({ StreamName, Data, PartitionKey: "k" })),
      ),
    );
    assert.ok(
      refused.some(
        (one) =>
          one.status === "rejected" &&
          failure("ProvisionedThroughputExceededException", "Rate exceeded")(one.reason),
      ),
    );
    const begin = await iterator({ StreamName });
    const reads = await Promise.allSettled(
      Array.from({ length: 12 }, () => http1.send(new GetRecordsCommand({ ShardIterator: begin }))),
    );
    assert.ok(
      reads.some(
        (one) =>
          one.status === "rejected" &&
          failure("ProvisionedThroughputExceededException")(one.reason),
      ),
    );
  });

  it("bad input gets AWS's errors", async () => {
    const StreamName = await stream("strict");
    const cases: [string, RegExp, () => Promise<unknown>][] = [
      [
        "ResourceNotFoundException",
        /Stream none under account 000000000000 not found/,
        () =>
          client.send(
            new PutRecordCommand({ StreamName: "none", Data: Buffer.from(""), PartitionKey: "k" }),
          ),
      ],
      [
        "ValidationException",
        /at 'streamName' failed to satisfy constraint/,
        () => client.send(new CreateStreamCommand({ StreamName: "no spaces", ShardCount: 1 })),
      ],
      [
        "InvalidArgumentException",
        /Either StreamName or StreamARN/,
        () => client.send(new DescribeStreamCommand({})),
      ],
      [
        "InvalidArgumentException",
        /ExplicitHashKey must be in the range/,
        () =>
          client.send(
            new PutRecordCommand({
              StreamName,
              Data: Buffer.from(""),
              PartitionKey: "k",
              ExplicitHashKey: "340282366920938463463374607431768211456",
            }),
          ),
      ],
      [
        "InvalidArgumentException",
        /exceeds the maximum record size of 1024 KiB/,
        () =>
          client.send(
            new PutRecordCommand({ StreamName, Data: Buffer.alloc(1 << 20), PartitionKey: "k" }),
          ),
      ],
      [
        "ValidationException",
        /'records' failed to satisfy constraint: Member must have length less than or equal to 500/,
        () =>
          client.send(
            new PutRecordsCommand({
              StreamName,
              Records: Array.from({ length: 501 }, () => ({
                Data: Buffer.from(""),
                PartitionKey: "k",
              })),
            }),
          ),
      ],
      [
        "ResourceNotFoundException",
        /Shard shardId-000000000009 in stream strict under account 000000000000 does not exist/,
        () => iterator({ StreamName, ShardId: "shardId-000000000009" }),
      ],
      [
        "InvalidArgumentException",
        /Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber/,
        () => iterator({ StreamName, ShardIteratorType: "AT_SEQUENCE_NUMBER" }),
      ],
      [
        "InvalidArgumentException",
        /is invalid\.$/,
        () =>
          iterator({
            StreamName,
            ShardIteratorType: "AT_SEQUENCE_NUMBER",
            StartingSequenceNumber: "17",
          }),
      ],
      [
        "InvalidArgumentException",
        /timestampInMillis parameter cannot be greater/,
        () =>
          iterator({
            StreamName,
            ShardIteratorType: "AT_TIMESTAMP",
            Timestamp: new Date(Date.now() + 3_600_000),
          }),
      ],
      ["InvalidArgumentException", /^Invalid ShardIterator\.$/, () => read("bm9uZQ==")],
      ["InvalidArgumentException", /^Invalid ShardIterator\.$/, () => read("WzEsMiwzXQ==")],
      [
        "InvalidArgumentException",
        /NextToken is invalid/,
        () => client.send(new ListShardsCommand({ NextToken: "nonsense" })),
      ],
      [
        "InvalidArgumentException",
        /cannot be provided together/,
        () => client.send(new ListShardsCommand({ StreamName, NextToken: "nonsense" })),
      ],
      [
        "LimitExceededException",
        /exceed the shard limit for the account 000000000000 in us-east-1/,
        () => client.send(new CreateStreamCommand({ StreamName: "huge", ShardCount: 100_000 })),
      ],
      [
        "DryRunOperationException",
        /would have succeeded/,
        () =>
          client.send(
            new PutRecordCommand({
              StreamName,
              Data: Buffer.from(""),
              PartitionKey: "k",
              DryRun: true,
            } as never),
          ),
      ],
    ];
    for (const [name, message, call] of cases)
      await assert.rejects(call(), (error: KinesisServiceException) => {
        assert.equal(error.name, name, error.message);
        assert.match(error.message, message);
        return true;
      });
    const { Records } = await read(await iterator({ StreamName }));
    assert.deepEqual(Records, []);
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
