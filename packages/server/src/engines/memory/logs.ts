import type { LogLine, LogRecord, Logs } from "../../ports/logs.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { checkGroup, checkLimit, logRecord } from "../log-rules.ts";
import { Watchers } from "../watchers.ts";

/** So many lines of a group are kept, and so many characters of them. */
const TAIL_LINES = 20_000;
const TAIL_CHARACTERS = 16 << 20;

interface Tail {
  records: LogRecord[];
  characters: number;
}

/** Logs as ports/logs.ts defines them. */
export class MemoryLogs implements Logs {
  readonly #groups = new Map<string, Tail>();
  readonly #followers = new Watchers<LogRecord>();
  #closed = false;

  append(group: string, stream: string, lines: readonly LogLine[]): void {
    if (this.#closed) return;
    checkGroup(group);
    const records = lines.map((line) => logRecord(stream, line));
    const tail = this.#groups.get(group) ?? { records: [], characters: 0 };
    this.#groups.set(group, tail);
    for (const record of records) {
      tail.records.push(record);
      tail.characters += record.message.length;
    }
    if (tail.records.length > TAIL_LINES || tail.characters > TAIL_CHARACTERS) halve(tail);
    for (const record of records) this.#followers.notify(group, { ...record });
  }

  async read(
    group: string,
    options: { readonly since?: number; readonly limit?: number } = {},
  ): Promise<LogRecord[]> {
    this.#check();
    checkGroup(group);
    const limit = checkLimit(options.limit);
    const { since = -Infinity } = options;
    const found = (this.#groups.get(group)?.records ?? []).filter(
      ({ timestamp }) => timestamp >= since,
    );
    return found.slice(Math.max(0, found.length - limit)).map((record) => ({ ...record }));
  }

  follow(group: string, listener: (record: LogRecord) => void): () => void {
    return this.#followers.add(group, listener);
  }

  async delete(group: string): Promise<void> {
    this.#check();
    checkGroup(group);
    this.#groups.delete(group);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#followers.clear();
  }

  #check(): void {
    if (this.#closed) throw storageError("StorageClosed", "the logs are closed");
  }
}

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
