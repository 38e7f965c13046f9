import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import {
  moreBehind,
  type NewShardRecord,
  type Shards,
} from "../../packages/server/src/ports/shards.ts";
import { durableRate } from "../disk-floor.ts";
import { type BenchOptions, type Figure, type Measurement, quantile } from "../figure.ts";
import { repeated } from "../repeated.ts";

const PREFIX = "000000000000/us-east-1/bench";
const SHARDS = 4;
/** What a record with its key takes. */
const RECORD_BYTES = 1024;
const BODY = Buffer.alloc(1000, "x");
/** Callers that add at once, and how many records each call has. */
const WAYS = [
  { callers: 1, records: 1 },
  { callers: 64, records: 1 },
  { callers: 256, records: 1 },
  { callers: 4, records: 500 },
] as const;

/** Durable records beside the disk's own best: the same bytes in the same groups into a file that is there already. */
export const figure: Figure = {
  name: "shards",
  describe:
    "durable records of 1 KB in 4 shards; floor: write + fdatasync of the same bytes in groups",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const directory = mkdtempSync(join(tmpdir(), "yunque-bench-"));
    const seconds = quick ? 0.2 : 2;
    try {
      const engine = await openEmbeddedEngine({ directory: join(directory, "data") });
      const results: Measurement[] = [];
      for (const way of WAYS) {
        progress(`${way.callers} callers, ${way.records} records each`);
        const group = way.callers * way.records;
        const floor = durableRate(join(directory, "floor"), RECORD_BYTES, group, seconds);
        results.push(...(await adding(engine.shards, way, seconds, floor)));
      }
      progress("reading");
      results.push(await reading(engine.shards, seconds));
      results.push(await waking(engine.shards, seconds));
      await engine.close();
      return results;
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

async function adding(
  shards: Shards,
  { callers, records }: (typeof WAYS)[number],
  seconds: number,
  floor: number,
): Promise<Measurement[]> {
  const name = `${callers} ${callers === 1 ? "caller" : "callers"}, ${records} at a time`;
  let next = 0;
  const batch = (): NewShardRecord[] =>
    Array.from({ length: records }, () => ({
      shard: `${PREFIX}/${next++ % SHARDS}`,
      body: BODY,
      attributes: "partition key",
    }));
  const { rate, latencies, perCpuSecond } = await repeated(callers, seconds, async () => {
    await shards.append(batch(), Date.now());
  });
  return [
    {
      name,
      value: rate * records,
      unit: "records/s",
      floor,
      floorName: `fdatasync in groups of ${callers * records}`,
    },
    { name: `${name}, p50`, value: quantile(latencies, 0.5), unit: "ms" },
    { name: `${name}, p99`, value: quantile(latencies, 0.99), unit: "ms" },
    { name: `${name}, processor time`, value: 1e6 / (perCpuSecond * records), unit: "us/record" },
  ];
}

/** Everything that was added, by pages of 1,000. */
async function reading(shards: Shards, seconds: number): Promise<Measurement> {
  const shard = `${PREFIX}/0`;
  let after = 0;
  let records = 0;
  const { perCpuSecond, latencies } = await repeated(1, seconds, async () => {
    const page = await shards.read(shard, { after, limit: 1000 });
    records += page.length;
    after = page.length === 1000 ? (page.at(-1)?.number ?? 0) : 0;
  });
  const perCall = records / Math.max(1, latencies.length);
  return {
    name: "read by pages of 1,000, processor time",
    value: 1e6 / (perCpuSecond * perCall),
    unit: "us/record",
  };
}

/** From the call that adds a record to the reader that waited for it. */
async function waking(shards: Shards, seconds: number): Promise<Measurement> {
  const shard = `${PREFIX}/tail`;
  const { signal } = new AbortController();
  let after = 0;
  const { latencies } = await repeated(1, seconds, async () => {
    const woken = moreBehind(shards, shard, after, signal);
    await shards.append([{ shard, body: BODY, attributes: "partition key" }], Date.now());
    await woken;
    const page = await shards.read(shard, { after, limit: 10 });
    after = page.at(-1)?.number ?? after;
  });
  return {
    name: "from an append to its reader, idle, p50",
    value: quantile(latencies, 0.5),
    unit: "ms",
  };
}
