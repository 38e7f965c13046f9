/** What the suites of shards share: names, times and records. */
import type { NewShardRecord, ShardRecord } from "./shards.ts";

export const SHARD = "000000000000/us-east-1/stream/one";
export const OTHER_SHARD = "000000000000/us-east-1/stream/other";
export const NOW = 1_700_000_000_000;

export const record = (text: string, shard = SHARD, attributes = "k"): NewShardRecord => ({
  shard,
  body: Buffer.from(text),
  attributes,
});

export const textOf = ({ body }: ShardRecord): string => Buffer.from(body).toString();
