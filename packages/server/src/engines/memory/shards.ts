import type {
  NewShardRecord,
  ReadShardOptions,
  ShardRecord,
  ShardState,
  Shards,
} from "../../ports/shards.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { checkAppend, checkRead, checkShard, checkShardTime } from "../shard-rules.ts";
import { checkSpacePrefix } from "../space-rules.ts";
import { Watchers } from "../watchers.ts";

interface Log {
  records: ShardRecord[];
  last: number;
  addedAt: number;
  sealed: boolean;
}

/** Shards as ports/shards.ts defines them, as plainly as they can be said. */
export class MemoryShards implements Shards {
  readonly #logs = new Map<string, Log>();
  readonly #watchers = new Watchers<void>();
  /** No shard to come has a number of at most this. */
  #floor = 0;
  #closed = false;

  async append(records: readonly NewShardRecord[], now: number): Promise<(number | undefined)[]> {
    this.#check();
    checkAppend(records, now);
    const numbers = records.map(({ shard, body, attributes }) => {
      const log = this.#enter(shard);
      if (log.sealed) return undefined;
      log.addedAt = Math.max(log.addedAt, now);
      const number = ++log.last;
      log.records.push({ number, addedAt: log.addedAt, body: new Uint8Array(body), attributes });
      return number;
    });
    for (const shard of new Set(records.map(({ shard }) => shard))) this.#watchers.notify(shard);
    return numbers;
  }

  async read(shard: string, options: ReadShardOptions): Promise<ShardRecord[]> {
    this.#check();
    const maxBytes = checkRead(shard, options);
    const { after, limit } = options;
    const page: ShardRecord[] = [];
    let bytes = 0;
    for (const record of this.#logs.get(shard)?.records ?? []) {
      if (record.number <= after) continue;
      bytes += sizeOf(record);
      if (page.length === limit || (page.length > 0 && bytes > maxBytes)) break;
      page.push({ ...record, body: new Uint8Array(record.body) });
    }
    return page;
  }

  async placeAt(shard: string, time: number): Promise<number> {
    this.#check();
    checkShardTime(shard, time);
    const { records, last } = this.#logs.get(shard) ?? { records: [], last: 0 };
    const found = records.find(({ addedAt }) => addedAt >= time);
    return found === undefined ? last : found.number - 1;
  }

  async describe(shard: string): Promise<ShardState | undefined> {
    this.#check();
    checkShard(shard);
    const log = this.#logs.get(shard);
    return log && stateOf(log);
  }

  async seal(shard: string): Promise<ShardState> {
    this.#check();
    checkShard(shard);
    const log = this.#enter(shard);
    log.sealed = true;
    this.#watchers.notify(shard);
    return stateOf(log);
  }

  async trim(shard: string, before: number): Promise<number> {
    this.#check();
    checkShardTime(shard, before);
    const log = this.#logs.get(shard);
    if (!log) return 0;
    const kept = log.records.filter(({ addedAt }) => addedAt >= before);
    const trimmed = log.records.length - kept.length;
    log.records = kept;
    return trimmed;
  }

  async delete(shard: string): Promise<void> {
    this.#check();
    checkShard(shard);
    const log = this.#logs.get(shard);
    if (!log) return;
    this.#floor = Math.max(this.#floor, log.last);
    this.#logs.delete(shard);
    this.#watchers.notify(shard);
  }

  async names(prefix: string): Promise<string[]> {
    this.#check();
    checkSpacePrefix(prefix, "shard");
    return [...this.#logs.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  watch(shard: string, listener: () => void): () => void {
    checkShard(shard);
    return this.#watchers.add(shard, listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watchers.clear();
  }

  #enter(shard: string): Log {
    const log = this.#logs.get(shard) ?? {
      records: [],
      last: this.#floor,
      addedAt: 0,
      sealed: false,
    };
    this.#logs.set(shard, log);
    return log;
  }

  #check(): void {
    if (this.#closed) throw storageError("StorageClosed", "the shards are closed");
  }
}

function stateOf({ records, last, sealed }: Log): ShardState {
  const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0);
  const [oldest] = records;
  const first = oldest && { number: oldest.number, addedAt: oldest.addedAt };
  return { ...(first ? { first } : {}), last, records: records.length, bytes, sealed };
}

const sizeOf = ({ body, attributes }: ShardRecord): number =>
  body.length + Buffer.byteLength(attributes);
