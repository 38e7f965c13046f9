/** What ports/shards.ts says of shards, records and times, checked once for every engine. */
import type { NewShardRecord, ReadShardOptions } from "../ports/shards.ts";
import { checkSpace, checkText } from "./space-rules.ts";

const MAX_RECORDS = 1000;
const MAX_BODY_BYTES = 10 << 20;
const MAX_ATTRIBUTES_BYTES = 64 << 10;
const MAX_BATCH_BYTES = 32 << 20;
const MAX_READ_RECORDS = 10_000;

/** @throws RangeError */
export function checkShard(shard: string): void {
  checkSpace(shard, "shard");
}

/** @throws RangeError */
export function checkAppend(records: readonly NewShardRecord[], now: number): void {
  checkNumber(now, "time");
  if (records.length > MAX_RECORDS)
    throw new RangeError(`${records.length} records at once, at most ${MAX_RECORDS}`);
  let bytes = 0;
  for (const { shard, body, attributes } of records) {
    checkShard(shard);
    checkText(attributes, "text of attributes", MAX_ATTRIBUTES_BYTES);
    if (body.length > MAX_BODY_BYTES)
      throw new RangeError(`a body of ${body.length} bytes, at most ${MAX_BODY_BYTES}`);
    bytes += body.length;
  }
  if (bytes > MAX_BATCH_BYTES)
    throw new RangeError(`more than ${MAX_BATCH_BYTES} bytes of bodies at once`);
}

/** The bytes that the options mean. @throws RangeError */
export function checkRead(shard: string, options: ReadShardOptions): number {
  const { after, limit, maxBytes = MAX_BATCH_BYTES } = options;
  checkShard(shard);
  checkNumber(after, "place");
  checkNumber(limit, "limit", MAX_READ_RECORDS);
  checkNumber(maxBytes, "maxBytes", MAX_BATCH_BYTES);
  return maxBytes;
}

/** @throws RangeError */
export function checkShardTime(shard: string, time: number): void {
  checkShard(shard);
  checkNumber(time, "time");
}

function checkNumber(value: number, what: string, max = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > max)
    throw new RangeError(`${what} ${value} is no whole number from 0 to ${max}`);
}
