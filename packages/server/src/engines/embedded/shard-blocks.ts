/** Records as they lie in a block: two lengths, then attributes and body, one record after the other. */
import type { NewShardRecord, ShardRecord } from "../../ports/shards.ts";

/** Of the two lengths. */
const HEAD = 8;

/** A run is cut off, and a block ends, where it would be longer. A single record may be. */
export const BLOCK_BYTES = 128 << 10;

/** Records of one shard, one after the other, as they go to the writer's thread. */
export interface Run {
  readonly shard: string;
  readonly count: number;
  /** Of bodies and attributes. */
  readonly bytes: number;
  /** Where it lies in the data. */
  readonly start: number;
  readonly end: number;
}

export interface Encoded {
  readonly runs: readonly Run[];
  readonly data: Uint8Array;
  /** For each record: its run, and which of the run's it is. */
  readonly places: readonly (readonly [run: number, index: number])[];
}

export function encodeRecords(records: readonly NewShardRecord[]): Encoded {
  const places: (readonly [number, number])[] = new Array(records.length);
  const lengths = records.map(({ attributes }) => Buffer.byteLength(attributes));
  const sizeOf = (index: number) => (lengths[index] ?? 0) + (records[index]?.body.length ?? 0);
  const total = records.reduce((sum, _, index) => sum + HEAD + sizeOf(index), 0);
  // In a buffer of its own: all of a buffer would go over.
  const data = Buffer.allocUnsafeSlow(total);
  const runs: Run[] = [];
  let at = 0;
  for (const [shard, indexes] of byShard(records)) {
    let run = { shard, count: 0, bytes: 0, start: at, end: at };
    for (const index of indexes) {
      const bytes = sizeOf(index);
      if (run.count > 0 && at - run.start + HEAD + bytes > BLOCK_BYTES) {
        runs.push(run);
        run = { shard, count: 0, bytes: 0, start: at, end: at };
      }
      places[index] = [runs.length, run.count];
      at = write(data, at, records[index] as NewShardRecord, lengths[index] ?? 0);
      run = { ...run, count: run.count + 1, bytes: run.bytes + bytes, end: at };
    }
    runs.push(run);
  }
  return { runs, data, places };
}

function byShard(records: readonly NewShardRecord[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [index, { shard }] of records.entries()) {
    const indexes = found.get(shard);
    if (indexes) indexes.push(index);
    else found.set(shard, [index]);
  }
  return found;
}

function write(
  data: Buffer,
  at: number,
  { body, attributes }: NewShardRecord,
  attributesLength: number,
): number {
  data.writeUInt32BE(attributesLength, at);
  data.writeUInt32BE(body.length, at + 4);
  data.write(attributes, at + HEAD, attributesLength, "utf8");
  data.set(body, at + HEAD + attributesLength);
  return at + HEAD + attributesLength + body.length;
}

/** The records of a block, of which `last` is the last. */
export function* decodeBlock(
  bytes: Uint8Array,
  {
    last,
    count,
    addedAt,
  }: { readonly last: number; readonly count: number; readonly addedAt: number },
): Generator<ShardRecord> {
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (let number = last - count + 1; number <= last; number++) {
    const text = at + HEAD;
    const body = text + block.readUInt32BE(at);
    const end = body + block.readUInt32BE(at + 4);
    const attributes = block.toString("utf8", text, body);
    yield { number, addedAt, body: bytes.subarray(body, end), attributes };
    at = end;
  }
}
