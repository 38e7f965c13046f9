import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ShardRecord, ShardState } from "../../ports/shards.ts";
import { afterPrefix } from "../utf8-order.ts";
import { decodeBlock } from "./shard-blocks.ts";
import { blockAt, FIND_BLOCK, FIND_SHARD, firstBlockSince, storedShard } from "./shard-schema.ts";
import { stateOf } from "./shard-store.ts";

/** Of a part: so much is read without letting anybody else go on. */
const PART_BYTES = 1 << 20;

export interface Page {
  readonly records: ShardRecord[];
  /** Of bodies and attributes. */
  bytes: number;
}

/** What is read on the caller's thread. */
export class ShardReader {
  readonly #find: StatementSync;
  readonly #findBlock: StatementSync;
  readonly #blocks: StatementSync;
  readonly #names: { readonly all: StatementSync; readonly below: StatementSync };

  constructor(database: DatabaseSync) {
    const names = (bounds: string) =>
      database.prepare(`SELECT name FROM shard WHERE ${bounds} ORDER BY name`);
    this.#names = { all: names("name >= ?"), below: names("name >= ? AND name < ?") };
    this.#find = database.prepare(FIND_SHARD);
    this.#findBlock = database.prepare(FIND_BLOCK);
    this.#blocks = database.prepare(
      `SELECT last, count, added_at, body FROM block WHERE shard = ? AND last > ? ORDER BY last`,
    );
  }

  /** Adds a part of what is behind the place to the page; answers whether the page can have more. */
  read(
    name: string,
    page: Page,
    {
      after,
      limit,
      maxBytes,
    }: { readonly after: number; readonly limit: number; readonly maxBytes: number },
  ): boolean {
    const shard = storedShard(this.#find.get(name));
    if (!shard) return false;
    const start = page.bytes;
    let place = Math.max(after, shard.trimmed, page.records.at(-1)?.number ?? 0);
    for (const row of this.#blocks.iterate(shard.number, place)) {
      if (page.bytes - start >= PART_BYTES) return true;
      const last = Number(row["last"]);
      const block = { last, count: Number(row["count"]), addedAt: Number(row["added_at"]) };
      for (const record of decodeBlock(row["body"] as Uint8Array, block)) {
        if (record.number <= place) continue;
        const bytes = record.body.length + Buffer.byteLength(record.attributes);
        const full = page.records.length > 0 && page.bytes + bytes > maxBytes;
        if (full || page.records.length >= limit) return false;
        page.records.push(record);
        page.bytes += bytes;
      }
      place = last;
    }
    return false;
  }

  placeAt(name: string, time: number): number {
    const shard = storedShard(this.#find.get(name));
    if (!shard) return 0;
    const block = firstBlockSince(this.#findBlock, shard, time);
    return block ? Math.max(shard.trimmed, block.last - block.count) : shard.last;
  }

  describe(name: string): ShardState | undefined {
    const shard = storedShard(this.#find.get(name));
    if (!shard) return undefined;
    const { number, trimmed, last } = shard;
    const first = trimmed < last ? blockAt(this.#findBlock, number, trimmed + 1) : undefined;
    return stateOf(shard, first?.addedAt);
  }

  names(prefix: string): string[] {
    const end = afterPrefix(prefix);
    const { all, below } = this.#names;
    const rows = end === undefined ? all.all(prefix) : below.all(prefix, end);
    return rows.map((row) => String(row["name"]));
  }
}
