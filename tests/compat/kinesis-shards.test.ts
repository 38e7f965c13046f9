/** Kinesis Data Streams through AWS's own JavaScript client: shards that become others, and those who are sent what comes. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  DeleteStreamCommand,
  DeregisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  ListShardsCommand,
  ListStreamConsumersCommand,
  MergeShardsCommand,
  PutRecordCommand,
  paginateListStreamConsumers,
  RegisterStreamConsumerCommand,
  SplitShardCommand,
  SubscribeToShardCommand,
  type SubscribeToShardEvent,
  UpdateShardCountCommand,
  waitUntilStreamNotExists,
} from "@aws-sdk/client-kinesis";
import { ARN, failure, type KinesisFixture, openKinesis, texts } from "./kinesis.ts";

const WAIT = { maxWaitTime: 20, minDelay: 1, maxDelay: 1 };

describe("shards and consumers of Kinesis, by AWS's JavaScript client", () => {
  let kinesis: KinesisFixture;
  before(async () => {
    kinesis = await openKinesis();
  });
  after(() => kinesis.stop());

  it("shards that were split or merged end, and name those that go on", async () => {
    const StreamName = await kinesis.stream("reshaped");
    const put = (text: string, ExplicitHashKey = "0") =>
      kinesis.client.send(
        new PutRecordCommand({
          StreamName,
          Data: Buffer.from(text),
          PartitionKey: "k",
          ExplicitHashKey,
        }),
      );
    await put("before");
    const begin = await kinesis.iterator({ StreamName });
    await kinesis.client.send(
      new SplitShardCommand({
        StreamName,
        ShardToSplit: "shardId-000000000000",
        NewStartingHashKey: "100",
      }),
    );
    const { ShardId } = await put("during or after");
    await kinesis.settled(StreamName);
    await put("low");
    await put("high", "100");
    const end = await kinesis.read(begin);
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
    const low = texts(
      await kinesis.read(await kinesis.iterator({ StreamName, ShardId: "shardId-000000000001" })),
    );
    assert.equal(low.at(-1), "low");
    assert.deepEqual(
      [...texts(end), ...low],
      ["before", "during or after", "low"],
      `the one in between is in ${ShardId}`,
    );
    await kinesis.client.send(
      new MergeShardsCommand({
        StreamName,
        ShardToMerge: "shardId-000000000001",
        AdjacentShardToMerge: "shardId-000000000002",
      }),
    );
    await kinesis.settled(StreamName);
    const { Shards = [] } = await kinesis.client.send(new ListShardsCommand({ StreamName }));
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
    const latest = await kinesis.client.send(
      new ListShardsCommand({ StreamName, ShardFilter: { Type: "AT_LATEST" } }),
    );
    assert.deepEqual(
      latest.Shards?.map(({ ShardId }) => ShardId),
      ["shardId-000000000003"],
    );
    const tail = await kinesis.client.send(
      new ListShardsCommand({
        StreamName,
        ShardFilter: { Type: "AFTER_SHARD_ID", ShardId: "shardId-000000000001" },
        MaxResults: 1,
      }),
    );
    const more = await kinesis.client.send(new ListShardsCommand({ NextToken: tail.NextToken }));
    assert.deepEqual(
      [tail, more].flatMap(({ Shards = [] }) => Shards.map(({ ShardId }) => ShardId)),
      ["shardId-000000000002", "shardId-000000000003"],
    );
    await assert.rejects(
      kinesis.client.send(
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
    const StreamName = await kinesis.stream("scaled", 2);
    const scale = (TargetShardCount: number) =>
      kinesis.client.send(
        new UpdateShardCountCommand({
          StreamName,
          TargetShardCount,
          ScalingType: "UNIFORM_SCALING",
        }),
      );
    assert.deepEqual((await scale(3)).CurrentShardCount, 2);
    await kinesis.settled(StreamName);
    const { Shards = [] } = await kinesis.client.send(
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

  it("consumers are registered, described, listed and deregistered", async () => {
    const StreamName = await kinesis.stream("consumed");
    const StreamARN = `${ARN}${StreamName}`;
    for (const ConsumerName of ["b", "a"])
      await kinesis.client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName }));
    await assert.rejects(
      kinesis.client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "a" })),
      failure("ResourceInUseException"),
    );
    const names: (string | undefined)[] = [];
    for await (const { Consumers = [] } of paginateListStreamConsumers(
      { client: kinesis.client, pageSize: 1 },
      { StreamARN },
    ))
      names.push(...Consumers.map(({ ConsumerName }) => ConsumerName));
    assert.deepEqual(names, ["a", "b"]);
    const { ConsumerDescription } = await kinesis.client.send(
      new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: "a" }),
    );
    assert.equal(ConsumerDescription?.ConsumerStatus, "ACTIVE");
    await assert.rejects(
      kinesis.client.send(new DeleteStreamCommand({ StreamName })),
      failure("ResourceInUseException"),
    );
    await kinesis.client.send(
      new DeregisterStreamConsumerCommand({ ConsumerARN: ConsumerDescription?.ConsumerARN }),
    );
    const left = await kinesis.client.send(new ListStreamConsumersCommand({ StreamARN }));
    assert.equal(left.Consumers?.length, 1);
    await kinesis.client.send(
      new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true }),
    );
    await waitUntilStreamNotExists({ client: kinesis.client, ...WAIT }, { StreamName });
  });

  for (const version of ["HTTP/2", "HTTP/1.1"] as const)
    it(`a consumer is sent what comes, to the end of the shard (${version})`, async () => {
      const StreamName = await kinesis.stream(`pushed-${version.replace(/\W/g, "-")}`);
      const StreamARN = `${ARN}${StreamName}`;
      const { Consumer } = await kinesis.client.send(
        new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "one" }),
      );
      const ShardId = "shardId-000000000000";
      const put = (text: string) =>
        kinesis.client.send(
          new PutRecordCommand({ StreamName, Data: Buffer.from(text), PartitionKey: "k" }),
        );
      await put("a");
      const subscribe = new SubscribeToShardCommand({
        ConsumerARN: Consumer?.ConsumerARN,
        ShardId,
        StartingPosition: { Type: "TRIM_HORIZON" },
      });
      const { EventStream = [] } = await (version === "HTTP/2"
        ? kinesis.client
        : kinesis.http1
      ).send(subscribe);
      const events: SubscribeToShardEvent[] = [];
      const found: string[] = [];
      for await (const { SubscribeToShardEvent: event } of EventStream) {
        if (!event) continue;
        events.push(event);
        found.push(...texts(event));
        if (events.length === 1) {
          await assert.rejects(kinesis.client.send(subscribe), failure("ResourceInUseException"));
          await put("b");
        }
        if (found.length === 2 && found.at(-1) === "b" && event.Records?.length)
          await kinesis.client.send(
            new SplitShardCommand({ StreamName, ShardToSplit: ShardId, NewStartingHashKey: "100" }),
          );
      }
      assert.deepEqual(found, ["a", "b"]);
      const last = events.at(-1);
      assert.equal(last?.ContinuationSequenceNumber, undefined);
      assert.equal(last?.ChildShards?.length, 2);
      assert.match(events[0]?.ContinuationSequenceNumber ?? "", /^49\d{54}$/);
    });
});
