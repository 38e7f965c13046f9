import type { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import {
  type Change,
  type Listed,
  type ListOptions,
  RecordConflict,
  type Records,
  type Versioned,
} from "../../ports/records.ts";
import { storageError } from "../../ports/storage-errors.ts";
import {
  checkKey,
  checkList,
  encodeChanges,
  sizeOf,
  touched,
  type Write,
} from "../record-rules.ts";
import { checkSpacePrefix } from "../space-rules.ts";
import { Watchers } from "../watchers.ts";
import type { Outcome } from "./group-commit.ts";
import { decode, RecordReader } from "./record-reader.ts";
import { openRecordDatabase } from "./record-schema.ts";
import { translating } from "./storage-faults.ts";
import { Writer } from "./writer.ts";

const THREAD = new URL("./record-writer-thread.ts", import.meta.url);

/** After so many records a long list lets others have a turn of the event loop: parsing them takes longest. */
const TURN = 1000;

/** Records in SQLite: read here, written by a thread of their own. */
export class EmbeddedRecords implements Records {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #reader: RecordReader;
  readonly #writer: Writer<readonly Write[], Outcome>;
  readonly #watchers = new Watchers<readonly string[]>();
  #closing: Promise<void> | undefined;

  /** Opens the database at this path, made where it is missing. @throws YunqueError as openDatabase */
  constructor(path: string) {
    this.#path = path;
    this.#database = openRecordDatabase(path);
    this.#database.exec("PRAGMA query_only = ON");
    this.#reader = new RecordReader(this.#database);
    this.#writer = new Writer("records", THREAD, path);
    this.#writer.start();
  }

  async get<T>(space: string, id: string): Promise<Versioned<T> | undefined> {
    this.#check();
    checkKey(space, id);
    return translating(this.#path, () => this.#reader.get<T>(space, id));
  }

  async list<T>(space: string, options: ListOptions = {}): Promise<Listed<T>[]> {
    this.#check();
    const limit = checkList(space, options);
    const rows = translating(this.#path, () => this.#reader.list(space, options, limit));
    const records: Listed<T>[] = [];
    for (const row of rows) {
      records.push(decode<T>(row));
      if (records.length % TURN === 0 && records.length < rows.length) await turn();
    }
    return records;
  }

  async spaces(prefix: string): Promise<string[]> {
    this.#check();
    checkSpacePrefix(prefix);
    return translating(this.#path, () => this.#reader.spaces(prefix));
  }

  async commit(changes: readonly Change[]): Promise<void> {
    this.#check();
    const writes = encodeChanges(changes);
    if (writes.length === 0) return;
    const outcome = await this.#writer.call(writes, sizeOf(writes));
    if (outcome) throw conflictOf(writes[outcome.conflict]);
    for (const [space, ids] of touched(writes)) this.#watchers.notify(space, ids);
  }

  watch(space: string, listener: (ids: readonly string[]) => void): () => void {
    return this.#watchers.add(space, listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writer.close();
    this.#watchers.clear();
    this.#database.close();
  }

  #check(): void {
    if (this.#closing) throw storageError("StorageClosed", "the records are closed");
  }
}

const conflictOf = (write: Write | undefined): RecordConflict =>
  new RecordConflict(write?.space ?? "", write?.id ?? "");
