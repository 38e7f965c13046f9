import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
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
import { encodeRecords } from "./shard-blocks.ts";
import {
  type ShardCall,
  type ShardResult,
  type ShardResults,
  sizeOfShardCall,
} from "./shard-calls.ts";
import { type Page, ShardReader } from "./shard-reader.ts";
import { openShardDatabase } from "./shard-schema.ts";
import { translating } from "./storage-faults.ts";
import { Writer } from "./writer.ts";

const THREAD = new URL("./shard-writer-thread.ts", import.meta.url);

/** Shards in SQLite: written by a thread of their own, read here. A platform without streams pays nothing for them. */
export class EmbeddedShards implements Shards {
  readonly #path: string;
  readonly #writer: Writer<ShardCall, ShardResult>;
  readonly #watchers = new Watchers<void>();
  #opened: { readonly database: DatabaseSync; readonly reader: ShardReader } | undefined;
  #closing: Promise<void> | undefined;

  /** Opens the database at this path; where it is missing the first write makes it. @throws YunqueError as openDatabase */
  constructor(path: string) {
    this.#path = path;
    this.#writer = new Writer("shards", THREAD, path);
    if (existsSync(path)) this.#open();
  }

  async append(records: readonly NewShardRecord[], now: number): Promise<(number | undefined)[]> {
    this.#check();
    checkAppend(records, now);
    if (records.length === 0) return [];
    const { runs, data, places } = encodeRecords(records);
    const first = await this.#call({ kind: "append", runs, data, now });
    for (const shard of new Set(runs.map(({ shard }) => shard))) this.#watchers.notify(shard);
    return places.map(([run, index]) => {
      const number = first[run] ?? 0;
      return number === 0 ? undefined : number + index;
    });
  }

  async read(shard: string, options: ReadShardOptions): Promise<ShardRecord[]> {
    this.#check();
    const maxBytes = checkRead(shard, options);
    const { after, limit } = options;
    const page: Page = { records: [], bytes: 0 };
    if (limit === 0) return [];
    while (this.#read((reader) => reader.read(shard, page, { after, limit, maxBytes }), false)) {
      await setImmediate();
      this.#check();
    }
    return page.records;
  }

  async placeAt(shard: string, time: number): Promise<number> {
    this.#check();
    checkShardTime(shard, time);
    return this.#read((reader) => reader.placeAt(shard, time), 0);
  }

  async describe(shard: string): Promise<ShardState | undefined> {
    this.#check();
    checkShard(shard);
    return this.#read((reader) => reader.describe(shard), undefined);
  }

  async seal(shard: string): Promise<ShardState> {
    this.#check();
    checkShard(shard);
    const state = await this.#call({ kind: "seal", shard });
    this.#watchers.notify(shard);
    return state;
  }

  async trim(shard: string, before: number): Promise<number> {
    this.#check();
    checkShardTime(shard, before);
    return this.#call({ kind: "trim", shard, before });
  }

  async delete(shard: string): Promise<void> {
    this.#check();
    checkShard(shard);
    await this.#call({ kind: "delete", shard });
    this.#watchers.notify(shard);
  }

  async names(prefix: string): Promise<string[]> {
    this.#check();
    checkSpacePrefix(prefix, "shard");
    return this.#read((reader) => reader.names(prefix), []);
  }

  watch(shard: string, listener: () => void): () => void {
    checkShard(shard);
    return this.#watchers.add(shard, listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writer.close();
    this.#watchers.clear();
    this.#opened?.database.close();
  }

  /** Reads from the database; `otherwise` is the answer where nothing was ever written. */
  #read<T>(look: (reader: ShardReader) => T, otherwise: T): T {
    const opened = this.#opened;
    return opened ? translating(this.#path, () => look(opened.reader)) : otherwise;
  }

  #open(): void {
    if (this.#opened) return;
    const database = openShardDatabase(this.#path);
    database.exec("PRAGMA query_only = ON");
    this.#opened = { database, reader: new ShardReader(database) };
  }

  async #call<Kind extends ShardCall["kind"]>(
    call: Extract<ShardCall, { kind: Kind }>,
  ): Promise<ShardResults[Kind]> {
    this.#open();
    // The thread answers each kind of call with its own kind of result.
    return this.#writer.call(call, sizeOfShardCall(call)) as Promise<ShardResults[Kind]>;
  }

  #check(): void {
    if (this.#closing) throw storageError("StorageClosed", "the shards are closed");
  }
}
