import type { DatabaseSync, StatementSync } from "node:sqlite";
import { openDatabase } from "./database.ts";

/**
 * Records lie in blocks, one after the other (shard-blocks.ts): what a group of calls adds to one shard is one row.
 * - `shard`: `last` is the last number that was given, up to `trimmed` they are gone; `bytes` and `trimmed_bytes` count
 *   those of all records that ever were and of those that are gone. `number` is never given twice.
 * - `block`: the records up to `last`, `count` of them, all added at one time; `bytes_before`: of all before it.
 * - `gone`: blocks up to `last` of these shards are nobody's any more.
 * - `counter`: no shard to come has a number of at most `floor`.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE shard (
     number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, last INTEGER NOT NULL,
     trimmed INTEGER NOT NULL, bytes INTEGER NOT NULL, trimmed_bytes INTEGER NOT NULL,
     added_at INTEGER NOT NULL, sealed INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE block (
     id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL,
     added_at INTEGER NOT NULL, bytes_before INTEGER NOT NULL, body BLOB NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX block_place ON block (shard, last);
   CREATE TABLE gone (shard INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;
   CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;
   INSERT INTO counter VALUES ('floor', 0);`,
];

/** @throws YunqueError as openDatabase */
export const openShardDatabase = (path: string): DatabaseSync => openDatabase(path, MIGRATIONS);

/** A row of `shard`. */
export interface StoredShard {
  readonly number: number;
  readonly name: string;
  last: number;
  trimmed: number;
  bytes: number;
  trimmedBytes: number;
  addedAt: number;
  sealed: boolean;
}

export const FIND_SHARD = "SELECT * FROM shard WHERE name = ?";

export function storedShard(
  row: Readonly<Record<string, unknown>> | undefined,
): StoredShard | undefined {
  return (
    row && {
      number: Number(row["number"]),
      name: String(row["name"]),
      last: Number(row["last"]),
      trimmed: Number(row["trimmed"]),
      bytes: Number(row["bytes"]),
      trimmedBytes: Number(row["trimmed_bytes"]),
      addedAt: Number(row["added_at"]),
      sealed: row["sealed"] === 1,
    }
  );
}

/** Where a block lies: what of it is read without its body. */
export interface BlockPlace {
  readonly last: number;
  readonly count: number;
  readonly addedAt: number;
  readonly bytesBefore: number;
}

/** The block in which a number lies, or the next one. */
export const FIND_BLOCK = `SELECT last, count, added_at, bytes_before FROM block
  WHERE shard = ? AND last >= ? ORDER BY last LIMIT 1`;

export function blockAt(
  find: StatementSync,
  shard: number,
  number: number,
): BlockPlace | undefined {
  const row = find.get(shard, number);
  return (
    row && {
      last: Number(row["last"]),
      count: Number(row["count"]),
      addedAt: Number(row["added_at"]),
      bytesBefore: Number(row["bytes_before"]),
    }
  );
}

/** The first block that was added then or later; found by halving, because times grow as numbers do. */
export function firstBlockSince(
  find: StatementSync,
  { number, trimmed, last }: StoredShard,
  time: number,
): BlockPlace | undefined {
  let found: BlockPlace | undefined;
  let [from, to] = [trimmed + 1, last];
  while (from <= to) {
    const block = blockAt(find, number, from + Math.floor((to - from) / 2));
    if (block === undefined) break;
    if (block.addedAt < time) from = block.last + 1;
    else {
      found = block;
      to = block.last - block.count;
    }
  }
  return found;
}
