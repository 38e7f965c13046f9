/** What shard-child.ts adds and shard-kill.test.ts expects. */
import type { NewShardRecord, ShardRecord } from "../../packages/server/src/ports/shards.ts";

const SPACE = "000000000000/us-east-1/stream";
/** Those to which records are added. */
export const SHARDS: readonly string[] = ["a", "b", "c"].map((name) => `${SPACE}/${name}`);
/** One that is trimmed as it grows: its record `n` is of the time `n`. */
export const TRIMMED = `${SPACE}/trimmed`;
/** Each is sealed once it has a record. */
export const sealedShard = (n: number): string => `${SPACE}/sealed/${n}`;

/** Record number `n`: its own content, of a size of its own, in a shard of its own choice. */
export function recordOf(n: number, shard = SHARDS[n % SHARDS.length] ?? ""): NewShardRecord {
  const body = Buffer.from(`${n}:${"x".repeat((n * 7919) % 5000)}`);
  return { shard, body, attributes: JSON.stringify({ n, bytes: body.length }) };
}

/** Which one it is; a torn one is none. */
export function numberOf({ body, attributes }: ShardRecord): number {
  const { n, bytes } = JSON.parse(attributes) as { n: number; bytes: number };
  const text = String(Buffer.from(body));
  if (text !== String(recordOf(n).body) || bytes !== body.length)
    throw new Error(`record ${n} is torn: ${text.slice(0, 100)}`);
  return n;
}
