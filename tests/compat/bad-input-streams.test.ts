/** What Kinesis refuses, in AWS's words. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateStreamCommand,
  DescribeStreamCommand,
  type KinesisServiceException,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { type KinesisFixture, openKinesis } from "./kinesis.ts";

describe("bad input to Kinesis, by AWS's JavaScript client", () => {
  let kinesis: KinesisFixture;
  before(async () => {
    kinesis = await openKinesis();
  });
  after(() => kinesis.stop());

  it("bad input gets AWS's errors", async () => {
    const StreamName = await kinesis.stream("strict");
    const cases: [string, RegExp, () => Promise<unknown>][] = [
      [
        "ResourceNotFoundException",
        /Stream none under account 000000000000 not found/,
        () =>
          kinesis.client.send(
            new PutRecordCommand({ StreamName: "none", Data: Buffer.from(""), PartitionKey: "k" }),
          ),
      ],
      [
        "ValidationException",
        /at 'streamName' failed to satisfy constraint/,
        () =>
          kinesis.client.send(new CreateStreamCommand({ StreamName: "no spaces", ShardCount: 1 })),
      ],
      [
        "InvalidArgumentException",
        /Either StreamName or StreamARN/,
        () => kinesis.client.send(new DescribeStreamCommand({})),
      ],
      [
        "InvalidArgumentException",
        /ExplicitHashKey must be in the range/,
        () =>
          kinesis.client.send(
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
          kinesis.client.send(
            new PutRecordCommand({ StreamName, Data: Buffer.alloc(1 << 20), PartitionKey: "k" }),
          ),
      ],
      [
        "ValidationException",
        /'records' failed to satisfy constraint: Member must have length less than or equal to 500/,
        () =>
          kinesis.client.send(
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
        () => kinesis.iterator({ StreamName, ShardId: "shardId-000000000009" }),
      ],
      [
        "InvalidArgumentException",
        /Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber/,
        () => kinesis.iterator({ StreamName, ShardIteratorType: "AT_SEQUENCE_NUMBER" }),
      ],
      [
        "InvalidArgumentException",
        /is invalid\.$/,
        () =>
          kinesis.iterator({
            StreamName,
            ShardIteratorType: "AT_SEQUENCE_NUMBER",
            StartingSequenceNumber: "17",
          }),
      ],
      [
        "InvalidArgumentException",
        /timestampInMillis parameter cannot be greater/,
        () =>
          kinesis.iterator({
            StreamName,
            ShardIteratorType: "AT_TIMESTAMP",
            Timestamp: new Date(Date.now() + 3_600_000),
          }),
      ],
      ["InvalidArgumentException", /^Invalid ShardIterator\.$/, () => kinesis.read("bm9uZQ==")],
      ["InvalidArgumentException", /^Invalid ShardIterator\.$/, () => kinesis.read("WzEsMiwzXQ==")],
      [
        "InvalidArgumentException",
        /NextToken is invalid/,
        () => kinesis.client.send(new ListShardsCommand({ NextToken: "nonsense" })),
      ],
      [
        "InvalidArgumentException",
        /cannot be provided together/,
        () => kinesis.client.send(new ListShardsCommand({ StreamName, NextToken: "nonsense" })),
      ],
      [
        "LimitExceededException",
        /exceed the shard limit for the account 000000000000 in us-east-1/,
        () =>
          kinesis.client.send(new CreateStreamCommand({ StreamName: "huge", ShardCount: 100_000 })),
      ],
      [
        "DryRunOperationException",
        /would have succeeded/,
        () =>
          kinesis.client.send(
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
    const { Records } = await kinesis.read(await kinesis.iterator({ StreamName }));
    assert.deepEqual(Records, []);
  });
});
