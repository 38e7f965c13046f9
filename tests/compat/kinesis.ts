/** A platform and AWS's clients of Kinesis, for the tests of streams. */
import assert from "node:assert/strict";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  KinesisClient,
  type KinesisServiceException,
} from "@aws-sdk/client-kinesis";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

export const ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/";

export interface KinesisFixture {
  readonly platform: TestPlatform;
  /** As it comes: HTTP/2 from the first byte. */
  readonly client: KinesisClient;
  /** HTTP/1.1, and nothing is tried again. */
  readonly http1: KinesisClient;
  /** Makes a stream and waits until it is there; answers its name. */
  stream(name: string, shardCount?: number): Promise<string>;
  /** Waits until nothing is under way in it. */
  settled(name: string): Promise<void>;
  /** Of the first shard, from its beginning, unless said otherwise. */
  iterator(
    input: Partial<GetShardIteratorCommandInput> & { readonly StreamName: string },
  ): Promise<string>;
  read(iterator: string, limit?: number): Promise<GetRecordsCommandOutput>;
  stop(): Promise<void>;
}

export async function openKinesis(): Promise<KinesisFixture> {
  const platform = await startPlatform();
  const settings = clientSettings(platform.origin);
  const client = new KinesisClient(settings);
  // The handler of a client that speaks HTTP/1.1 as it comes.
  const { requestHandler } = new LambdaClient(settings).config;
  const http1 = new KinesisClient({ ...settings, requestHandler, maxAttempts: 1 });
  const settled = async (StreamName: string): Promise<void> => {
    for (;;) {
      const { StreamDescriptionSummary: summary } = await client.send(
        new DescribeStreamSummaryCommand({ StreamName }),
      );
      if (summary?.StreamStatus === "ACTIVE") return;
    }
  };
  return {
    platform,
    client,
    http1,
    settled,
    async stream(StreamName, ShardCount = 1) {
      await client.send(new CreateStreamCommand({ StreamName, ShardCount }));
      await settled(StreamName);
      return StreamName;
    },
    async iterator(input) {
      const { ShardIterator = "" } = await client.send(
        new GetShardIteratorCommand({
          ShardId: "shardId-000000000000",
          ShardIteratorType: "TRIM_HORIZON",
          ...input,
        }),
      );
      return ShardIterator;
    },
    read: (ShardIterator, Limit) =>
      client.send(new GetRecordsCommand({ ShardIterator, ...(Limit ? { Limit } : {}) })),
    async stop() {
      client.destroy();
      http1.destroy();
      await platform.stop();
    },
  };
}

export const texts = ({
  Records = [],
}: {
  readonly Records?: { Data?: Uint8Array | undefined }[] | undefined;
}): string[] => Records.map(({ Data = new Uint8Array() }) => String(Buffer.from(Data)));

/** Whether an error has this name, and says so. */
export const failure =
  (name: string, message: RegExp | string = "") =>
  (error: KinesisServiceException): true => {
    assert.equal(error.name, name, error.message);
    assert.match(error.message, new RegExp(message));
    return true;
  };
