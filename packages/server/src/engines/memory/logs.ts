import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogQueries, LogQuery, LogRows } from "../../ports/log-queries.ts";
import type { LogBatch, LogLine, LogRecord, LogSelection, Logs } from "../../ports/logs.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { LogDatabase } from "../log-database/log-database.ts";
import { checkGroup, checkLimit, inOrder, isSelected, logRecord } from "../log-rules.ts";
import { Watchers } from "../watchers.ts";

/** So many lines of a group are kept, and so many characters of them. */
const TAIL_LINES = 20_000;
const TAIL_CHARACTERS = 16 << 20;
const EVERY = "";

interface Tail {
  records: LogRecord[];
  characters: number;
}

/** Logs as ports/logs.ts defines them. */
export class MemoryLogs implements Logs, LogQueries {
  readonly #groups = new Map<string, Tail>();
  readonly #followers = new Watchers<LogRecord>();
  readonly #listeners = new Watchers<LogBatch>();
  #closed = false;

  append(group: string, stream: string, lines: readonly LogLine[]): void {
    if (this.#closed || lines.length === 0) return;
    checkGroup(group);
    const now = Date.now();
    const records = lines.map((line) => logRecord(stream, line, now));
    const tail = this.#groups.get(group) ?? { records: [], characters: 0 };
    this.#groups.set(group, tail);
    for (const record of records) {
      tail.records.push(record);
      tail.characters += record.message.length;
    }
    if (tail.records.length > TAIL_LINES || tail.characters > TAIL_CHARACTERS) halve(tail);
    for (const record of records) this.#followers.notify(group, { ...record });
    this.#listeners.notify(EVERY, { group, stream, records: records.map((one) => ({ ...one })) });
  }

  async sync(): Promise<void> {
    this.#check();
  }

  async read(
    group: string,
    options: { readonly since?: number; readonly limit?: number } = {},
  ): Promise<LogRecord[]> {
    this.#check();
    checkGroup(group);
    const limit = checkLimit(options.limit);
    const { since = -Infinity } = options;
    const found = this.#records(group).filter(({ timestamp }) => timestamp >= since);
    return found.slice(Math.max(0, found.length - limit));
  }

  async select(group: string, selection: LogSelection): Promise<LogRecord[]> {
    this.#check();
    checkGroup(group);
    checkLimit(selection.limit);
    const fits = this.#records(group).filter((record) => isSelected(record, selection));
    return inOrder(fits, selection);
  }

  /** By way of files that are there for the time of the question. */
  async query(query: LogQuery): Promise<LogRows> {
    this.#check();
    const { groups, from, to, sql, params = [], maxRows = 10_000, signal } = query;
    const directory = await mkdtemp(join(tmpdir(), "yunque-logs-"));
    const database = new LogDatabase(directory);
    try {
      const open: { file: string; group: string }[] = [];
      let bytes = 0;
      for (const group of new Set(groups)) {
        checkGroup(group);
        const text = this.#records(group).map((record) => `${JSON.stringify(record)}\n`);
        if (text.length === 0) continue;
        const file = `${open.length}.ndjson`;
        await writeFile(join(directory, file), text.join(""), { mode: 0o600 });
        open.push({ file, group });
        bytes += text.reduce((sum, { length }) => sum + length, 0);
      }
      const files = { sealed: [], open };
      const { columns, rows, records } = await database.rows(
        { files, from: within(from), to: within(to), sql, params, maxRows, count: true },
        signal,
      );
      return { columns, rows, scanned: { records, bytes: records === 0 ? 0 : bytes } };
    } finally {
      await database.close();
      await rm(directory, { recursive: true, force: true });
    }
  }

  follow(group: string, listener: (record: LogRecord) => void): () => void {
    return this.#followers.add(group, listener);
  }

  listen(listener: (batch: LogBatch) => void): () => void {
    return this.#listeners.add(EVERY, listener);
  }

  async size(group: string): Promise<number> {
    this.#check();
    checkGroup(group);
    return this.#groups.get(group)?.characters ?? 0;
  }

  async delete(group: string): Promise<void> {
    await this.expire(group, Infinity);
  }

  async expire(group: string, before: number): Promise<void> {
    this.#check();
    checkGroup(group);
    const records = this.#records(group).filter(({ timestamp }) => timestamp >= before);
    if (records.length === 0) this.#groups.delete(group);
    else this.#groups.set(group, { records, characters: charactersOf(records) });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#followers.clear();
    this.#listeners.clear();
  }

  #records(group: string): LogRecord[] {
    return (this.#groups.get(group)?.records ?? []).map((record) => ({ ...record }));
  }

  #check(): void {
    if (this.#closed) throw storageError("StorageClosed", "the logs are closed");
  }
}

const within = (time: number): number =>
  Math.min(Math.max(time, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);

const charactersOf = (records: readonly LogRecord[]): number =>
  records.reduce((sum, { message }) => sum + message.length, 0);

/** Keeps the newest half of what a tail may have, so that not each line more costs a copy. */
function halve(tail: Tail): void {
  const { records } = tail;
  let first = records.length;
  let characters = 0;
  while (first > 0 && records.length - first < TAIL_LINES / 2) {
    const { length } = records[first - 1]?.message ?? "";
    if (characters + length > TAIL_CHARACTERS / 2) break;
    characters += length;
    first--;
  }
  tail.records = records.slice(first);
  tail.characters = characters;
}
