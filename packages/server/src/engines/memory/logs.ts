import type { LogLine, LogRecord, Logs } from "../../ports/logs.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { checkGroup, checkLimit, logRecord } from "../log-rules.ts";
import { Watchers } from "../watchers.ts";

/** So many lines of a group are kept. */
const TAIL = 20_000;

/** Logs as ports/logs.ts defines them. */
export class MemoryLogs implements Logs {
  readonly #groups = new Map<string, LogRecord[]>();
  readonly #followers = new Watchers<LogRecord>();
  #closed = false;

  append(group: string, stream: string, lines: readonly LogLine[]): void {
    if (this.#closed) return;
    checkGroup(group);
    const records = lines.map((line) => logRecord(stream, line));
    const kept = this.#groups.get(group) ?? [];
    for (const record of records) kept.push(record);
    this.#groups.set(group, kept.length > TAIL ? kept.slice(-TAIL / 2) : kept);
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
    const found = (this.#groups.get(group) ?? []).filter(({ timestamp }) => timestamp >= since);
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
