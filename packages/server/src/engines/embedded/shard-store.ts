import type { DatabaseSync } from "node:sqlite";
import type { ShardState } from "../../ports/shards.ts";
import { BLOCK_BYTES, type Run } from "./shard-blocks.ts";
import {
  blockAt,
  FIND_BLOCK,
  FIND_SHARD,
  firstBlockSince,
  type StoredShard,
  storedShard,
} from "./shard-schema.ts";

/** So many shards are kept at hand. */
const REMEMBERED = 10_000;

/** What was added to a shard in this transaction and is not written yet: one block to be. */
interface OpenBlock {
  readonly addedAt: number;
  readonly bytesBefore: number;
  readonly parts: Uint8Array[];
  length: number;
  count: number;
}

interface KnownShard extends StoredShard {
  block: OpenBlock | undefined;
  /** Whether its row is older than it. */
  changed: boolean;
}

/** Shards as rows; every call is made inside of a transaction. */
export class ShardStore {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #known = new Map<string, KnownShard>();
  readonly #changed = new Set<KnownShard>();

  constructor(database: DatabaseSync) {
    this.#sql = prepare(database);
  }

  append(runs: readonly Run[], data: Uint8Array, now: number): number[] {
    return runs.map((run) => {
      const shard = this.#enter(run.shard);
      return shard.sealed ? 0 : this.#add(shard, run, data.subarray(run.start, run.end), now);
    });
  }

  seal(name: string): ShardState {
    const shard = this.#enter(name);
    shard.sealed = true;
    this.#change(shard);
    this.#flush(shard);
    return stateOf(shard, blockAt(this.#sql.findBlock, shard.number, shard.trimmed + 1)?.addedAt);
  }

  /** What is trimmed stays where it is, and is nobody's: shard-sweep.ts removes it. */
  trim(name: string, before: number): number {
    const shard = this.#find(name);
    if (!shard) return 0;
    this.#flush(shard);
    const next = firstBlockSince(this.#sql.findBlock, shard, before);
    const trimmed = next ? next.last - next.count : shard.last;
    const records = trimmed - shard.trimmed;
    if (records <= 0) return 0;
    shard.trimmed = trimmed;
    shard.trimmedBytes = next ? next.bytesBefore : shard.bytes;
    this.#change(shard);
    this.#sql.addGone.run(shard.number, trimmed);
    return records;
  }

  delete(name: string): void {
    const shard = this.#find(name);
    if (!shard) return;
    this.#sql.addGone.run(shard.number, Number.MAX_SAFE_INTEGER);
    this.#sql.raiseFloor.run(shard.last);
    this.#sql.remove.run(shard.number);
    this.#known.delete(name);
    this.#changed.delete(shard);
  }

  /** Writes what is kept back, before the transaction ends. */
  write(): void {
    for (const shard of this.#changed) {
      this.#flush(shard);
      const { last, trimmed, bytes, trimmedBytes, addedAt, sealed, number } = shard;
      this.#sql.update.run(last, trimmed, bytes, trimmedBytes, addedAt, sealed ? 1 : 0, number);
      shard.changed = false;
    }
    this.#changed.clear();
    if (this.#known.size > REMEMBERED) this.#known.clear();
  }

  /** The transaction failed: what is known of shards is no more. */
  forget(): void {
    this.#known.clear();
    this.#changed.clear();
  }

  /** The number of the first record. */
  #add(shard: KnownShard, { count, bytes }: Run, part: Uint8Array, now: number): number {
    const addedAt = Math.max(shard.addedAt, now);
    const { block } = shard;
    if (block && (block.addedAt !== addedAt || block.length + part.length > BLOCK_BYTES))
      this.#flush(shard);
    shard.block ??= { addedAt, bytesBefore: shard.bytes, parts: [], length: 0, count: 0 };
    shard.block.parts.push(part);
    shard.block.length += part.length;
    shard.block.count += count;
    shard.addedAt = addedAt;
    shard.bytes += bytes;
    shard.last += count;
    this.#change(shard);
    return shard.last - count + 1;
  }

  #flush(shard: KnownShard): void {
    const { block } = shard;
    if (!block) return;
    const { parts, count, addedAt, bytesBefore } = block;
    const [only] = parts;
    const body = only !== undefined && parts.length === 1 ? only : Buffer.concat(parts);
    this.#sql.addBlock.run(shard.number, shard.last, count, addedAt, bytesBefore, body);
    shard.block = undefined;
  }

  #change(shard: KnownShard): void {
    if (shard.changed) return;
    shard.changed = true;
    this.#changed.add(shard);
  }

  #find(name: string): KnownShard | undefined {
    const known = this.#known.get(name);
    if (known) return known;
    const stored = storedShard(this.#sql.find.get(name));
    return stored && this.#remember(stored);
  }

  #enter(name: string): KnownShard {
    const known = this.#find(name);
    if (known) return known;
    const floor = Number(this.#sql.floor.get()?.["value"]);
    const number = Number(this.#sql.enter.run(name, floor, floor).lastInsertRowid);
    return this.#remember({
      number,
      name,
      last: floor,
      trimmed: floor,
      bytes: 0,
      trimmedBytes: 0,
      addedAt: 0,
      sealed: false,
    });
  }

  #remember(stored: StoredShard): KnownShard {
    const shard = { ...stored, block: undefined, changed: false };
    this.#known.set(stored.name, shard);
    return shard;
  }
}

export function stateOf(shard: StoredShard, firstAddedAt: number | undefined): ShardState {
  const { last, trimmed, bytes, trimmedBytes, sealed } = shard;
  const records = last - trimmed;
  const first =
    records > 0 && firstAddedAt !== undefined
      ? { first: { number: trimmed + 1, addedAt: firstAddedAt } }
      : {};
  return { ...first, last, records, bytes: bytes - trimmedBytes, sealed };
}

function prepare(database: DatabaseSync) {
  const statement = (sql: string) => database.prepare(sql);
  return {
    find: statement(FIND_SHARD),
    findBlock: statement(FIND_BLOCK),
    floor: statement("SELECT value FROM counter WHERE name = 'floor'"),
    raiseFloor: statement("UPDATE counter SET value = max(value, ?) WHERE name = 'floor'"),
    enter: statement(
      `INSERT INTO shard (name, last, trimmed, bytes, trimmed_bytes, added_at, sealed)
       VALUES (?, ?, ?, 0, 0, 0, 0)`,
    ),
    update: statement(
      `UPDATE shard SET last = ?, trimmed = ?, bytes = ?, trimmed_bytes = ?, added_at = ?, sealed = ?
       WHERE number = ?`,
    ),
    remove: statement("DELETE FROM shard WHERE number = ?"),
    addBlock: statement(
      `INSERT INTO block (shard, last, count, added_at, bytes_before, body) VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    addGone: statement(
      `INSERT INTO gone (shard, last) VALUES (?, ?)
       ON CONFLICT (shard) DO UPDATE SET last = max(last, excluded.last)`,
    ),
  };
}
