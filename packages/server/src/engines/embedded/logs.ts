import type { LogLine, LogRecord, Logs } from "../../ports/logs.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { checkGroup, checkLimit, logRecord } from "../log-rules.ts";
import { Watchers } from "../watchers.ts";
import { type Backlog, LogTail } from "./log-tail.ts";
import { onDisk } from "./storage-faults.ts";

/** Lines wait so long for others, or until a group has so much of them. */
const FLUSH_MS = 100;
const FLUSH_CHARACTERS = 256 << 10;
/** Groups that are written at once. */
const FLUSH_GROUPS = 16;
/** Tails that stay open, and with them as many files. */
const OPEN_TAILS = 256;

/** Logs as a bounded tail of files per group, written in batches behind the callers' backs. */
export class EmbeddedLogs implements Logs {
  readonly #directory: string;
  /** The one that was used last is last. */
  readonly #tails = new Map<string, LogTail>();
  readonly #followers = new Watchers<LogRecord>();
  /** With lines that wait. */
  readonly #dirty = new Set<LogTail>();
  readonly #backlog: Backlog = { waiting: 0 };
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** The files are directly in this directory, which is there. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  append(group: string, stream: string, lines: readonly LogLine[]): void {
    if (this.#closing) return;
    checkGroup(group);
    const tail = this.#tail(group);
    for (const line of lines) {
      const record = logRecord(stream, line);
      tail.add(record);
      this.#followers.notify(group, record);
    }
    this.#dirty.add(tail);
    if (tail.waiting >= FLUSH_CHARACTERS) void this.#flush();
    this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_MS).unref();
  }

  async read(
    group: string,
    options: { readonly since?: number; readonly limit?: number } = {},
  ): Promise<LogRecord[]> {
    this.#check();
    checkGroup(group);
    const limit = checkLimit(options.limit);
    const tail = this.#tail(group);
    await tail.flush(Date.now());
    return onDisk(this.#directory, tail.read(options.since ?? -Infinity, limit));
  }

  follow(group: string, listener: (record: LogRecord) => void): () => void {
    return this.#followers.add(group, listener);
  }

  async delete(group: string): Promise<void> {
    this.#check();
    checkGroup(group);
    await onDisk(this.#directory, this.#tail(group).delete());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    while (this.#dirty.size > 0) await this.#flush();
    clearTimeout(this.#timer);
    this.#followers.clear();
    await Promise.all([...this.#tails.values()].map((tail) => tail.close()));
  }

  #tail(group: string): LogTail {
    let tail = this.#tails.get(group);
    if (!tail) {
      this.#closeOldest();
      tail = new LogTail(this.#directory, group, this.#backlog);
    }
    this.#tails.delete(group);
    this.#tails.set(group, tail);
    return tail;
  }

  /** Writes until nothing waits, a bounded number of groups at once. */
  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flushAll(): Promise<void> {
    while (this.#dirty.size > 0) {
      const now = Date.now();
      const group = [...this.#dirty].slice(0, FLUSH_GROUPS);
      for (const tail of group) this.#dirty.delete(tail);
      await Promise.all(group.map((tail) => tail.flush(now)));
      this.#closeOldest();
    }
  }

  #closeOldest(): void {
    for (const [group, tail] of this.#tails) {
      if (this.#tails.size <= OPEN_TAILS) return;
      if (!tail.idle) continue;
      this.#tails.delete(group);
      tail.close().catch(() => undefined);
    }
  }

  #check(): void {
    if (this.#closing) throw storageError("StorageClosed", "the logs are closed");
  }
}
