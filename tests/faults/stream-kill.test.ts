/** Streams of the whole platform, killed while records come and shards are split and merged. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  type Shard,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { seeded } from "../../packages/server/src/ports/port.contract.ts";
import { clientSettings, startPlatform } from "../platform.ts";

const ROUNDS = 4;
const SEED = 20_261_130;
const StreamName = "killed";
const KEYS = ["a", "b", "c", "d", "e"];

it(`${ROUNDS} times killed, a stream has every acknowledged record once, and each key's in order`, async (context) => {
  const dataDir = await mkdtemp(join(tmpdir(), "yunque-kill-"));
  context.after(() => rm(dataDir, { recursive: true, force: true }));
  const random = seeded(SEED);
  /** Sequence numbers of what was acknowledged, by text. */
  const acknowledged = new Map<string, string | undefined>();
  for (let round = 0; round < ROUNDS; round++) {
    const platform = await startPlatform({ dataDir, flags: ["--no-limits-stream-throughput"] });
    const client = new KinesisClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    if (round === 0) await client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
    await active(client);
    const enough = 20 + Math.floor(random() * 60);
    let heard = 0;
    let killed: Promise<void> | undefined;
    const put = async (key: string): Promise<void> => {
      for (let n = 0; !killed; n += 3) {
        const texts = [n, n + 1, n + 2].map((m) => `${key} ${round} ${m}`);
        const Records = texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: key }));
        const { Records: results = [] } = await client.send(
          new PutRecordsCommand({ StreamName, Records }),
        );
        for (const [index, text] of texts.entries())
          acknowledged.set(text, results[index]?.SequenceNumber);
        if (++heard === enough) killed = platform.kill();
      }
    };
    const reshape = async (): Promise<void> => {
      while (!killed) {
        await split(client);
        await active(client);
        await merge(client);
        await active(client);
      }
    };
    // Whoever was under way when the platform was killed hears nothing more.
    const ends = await Promise.allSettled([...KEYS.map(put), reshape()]);
    assert.ok(killed, `nothing was acknowledged: ${JSON.stringify(ends)}`);
    await killed;
    client.destroy();
  }
  const platform = await startPlatform({ dataDir, flags: ["--no-limits-stream-throughput"] });
  context.after(() => platform.stop());
  const client = new KinesisClient(clientSettings(platform.origin));
  context.after(() => client.destroy());
  await active(client);
  const found = await everything(client);
  assert.equal(new Set(found.map(({ text }) => text)).size, found.length, "none is there twice");
  const numbers = new Map(found.map(({ text, number }) => [text, number]));
  for (const [text, number] of acknowledged) assert.equal(numbers.get(text), number, text);
  assert.ok(acknowledged.size > ROUNDS * 20);
  for (const key of KEYS) {
    const order = found.map(({ text }) => text.split(" ")).filter(([of]) => of === key);
    const places = order.map(([, round, n]) => Number(round) * 1e6 + Number(n));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      `the order of ${key}`,
    );
  }
});

/** Splits the first open shard in the middle. */
async function split(client: KinesisClient): Promise<void> {
  const [{ ShardId, HashKeyRange } = {}] = await open(client);
  const { StartingHashKey = "0", EndingHashKey = "0" } = HashKeyRange ?? {};
  const NewStartingHashKey = String((BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n);
  await client.send(
    new SplitShardCommand({ StreamName, ShardToSplit: ShardId, NewStartingHashKey }),
  );
}

/** Merges the first two that lie beside each other. */
async function merge(client: KinesisClient): Promise<void> {
  const [first, second] = await open(client);
  const ids = { ShardToMerge: first?.ShardId, AdjacentShardToMerge: second?.ShardId };
  await client.send(new MergeShardsCommand({ StreamName, ...ids }));
}

/** Open shards in the order of their ranges. */
async function open(client: KinesisClient): Promise<Shard[]> {
  const { Shards = [] } = await client.send(
    new ListShardsCommand({ StreamName, ShardFilter: { Type: "AT_LATEST" } }),
  );
  const start = ({ HashKeyRange }: Shard) => BigInt(HashKeyRange?.StartingHashKey ?? 0);
  return Shards.sort((a, b) => (start(a) < start(b) ? -1 : 1));
}

async function active(client: KinesisClient): Promise<void> {
  for (;;) {
    const { StreamDescriptionSummary: summary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName }),
    );
    if (summary?.StreamStatus === "ACTIVE") return;
  }
}

/** All records, parents before children. */
async function everything(client: KinesisClient) {
  const found: { readonly text: string; readonly number: string | undefined }[] = [];
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
  for (const { ShardId } of Shards) {
    const { ShardIterator: begin } = await client.send(
      new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
    );
    for (let ShardIterator = begin; ShardIterator; ) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator }));
      for (const { Data = new Uint8Array(), SequenceNumber } of page.Records ?? [])
        found.push({ text: String(Buffer.from(Data)), number: SequenceNumber });
      ShardIterator = page.MillisBehindLatest === 0 ? undefined : page.NextShardIterator;
    }
  }
  return found;
}
