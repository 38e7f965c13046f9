import { access } from "node:fs/promises";
import { join } from "node:path";
import { YunqueError } from "../../domain/errors.ts";
import type { LogQueries, LogQuery, LogRows } from "../../ports/log-queries.ts";
import type { LogBatch, LogLine, LogRecord, LogSelection, Logs } from "../../ports/logs.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { LogDatabase } from "../log-database/log-database.ts";
import type { LogFiles } from "../log-database/protocol.ts";
import { newestQuery, recordsOf, selectionQuery } from "../log-database/selection-query.ts";
import { checkGroup, checkLimit, inOrder, isSelected, logRecord } from "../log-rules.ts";
import { Watchers } from "../watchers.ts";
import { removeSegments } from "./log-removal.ts";
import { LogSealing } from "./log-sealing.ts";
import { fileBase, type GroupSegments, readSegments, segmentsOf } from "./log-segments.ts";
import { type Backlog, LogTail } from "./log-tail.ts";
import { onDisk } from "./storage-faults.ts";

/** Lines wait so long for others, or until a group has so much of them. */
const FLUSH_MS = 100;
const FLUSH_CHARACTERS = 256 << 10;
/** Groups that are written at once. */
const FLUSH_GROUPS = 16;
/** Tails that stay open, and with them as many files. */
const OPEN_TAILS = 256;
/** After so long without any line the larger ones of the files that are not full are sealed too. */
const QUIET_MS = 60_000;
const WORTH_SEALING = 1 << 20;
const EVERY = "";

/**
 * Logs as files per group: JSON lines, written in batches behind the callers' backs, which are sealed into columns when
 * they are full. What was sealed is read by a database in a process of its own, the rest by ourselves.
 */
export class EmbeddedLogs implements Logs, LogQueries {
  readonly #directory: string;
  readonly #segments = new Map<string, GroupSegments>();
  /** The one that was used last is last. */
  readonly #tails = new Map<string, LogTail>();
  readonly #followers = new Watchers<LogRecord>();
  readonly #listeners = new Watchers<LogBatch>();
  /** With lines that wait. */
  readonly #dirty = new Set<LogTail>();
  readonly #backlog: Backlog = { waiting: 0 };
  /** For questions; and for sealing, which is no hurry. */
  readonly #database: LogDatabase;
  readonly #sealer: LogDatabase;
  readonly #sealing: LogSealing;
  #loading: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** The files are directly in this directory, which is there. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#database = new LogDatabase(directory);
    this.#sealer = new LogDatabase(directory, { background: true });
    this.#sealing = new LogSealing(directory, this.#sealer);
  }

  /** Of the database's process, while there is one. */
  get databasePid(): number | undefined {
    return this.#database.pid;
  }

  append(group: string, stream: string, lines: readonly LogLine[]): void {
    if (this.#closing || lines.length === 0) return;
    checkGroup(group);
    const tail = this.#tail(group);
    const now = Date.now();
    const records = lines.map((line) => logRecord(stream, line, now));
    for (const record of records) tail.add(record);
    if (this.#followers.has(group))
      for (const record of records) this.#followers.notify(group, record);
    this.#listeners.notify(EVERY, { group, stream, records });
    this.#dirty.add(tail);
    if (tail.waiting >= FLUSH_CHARACTERS) void this.#flush();
    this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_MS).unref();
  }

  async sync(group: string): Promise<void> {
    this.#check();
    await this.#loaded();
    await onDisk(this.#directory, this.#tail(group).sync(Date.now()));
  }

  async read(
    group: string,
    options: { readonly since?: number; readonly limit?: number } = {},
  ): Promise<LogRecord[]> {
    this.#check();
    checkGroup(group);
    const limit = checkLimit(options.limit);
    const since = options.since ?? -Infinity;
    return this.#reading(async () => {
      const tail = await this.#flushed(group);
      const sealed = tail.segments.sealed.some(({ last }) => last >= since);
      const newest = await tail.read(since, limit);
      if (newest.length >= limit || !sealed) return newest;
      return recordsOf(await this.#query(newestQuery(group, since, limit))).reverse();
    });
  }

  async select(group: string, selection: LogSelection): Promise<LogRecord[]> {
    this.#check();
    checkGroup(group);
    checkLimit(selection.limit);
    const { from = -Infinity, to = Infinity } = selection;
    return this.#reading(async () => {
      const tail = await this.#flushed(group);
      if (tail.segments.sealed.some(({ first, last }) => last >= from && first <= to))
        return inOrder(recordsOf(await this.#query(selectionQuery(group, selection))), selection);
      return inOrder(await tail.where((record) => isSelected(record, selection)), selection);
    });
  }

  query(query: LogQuery): Promise<LogRows> {
    this.#check();
    return this.#reading(() => this.#query(query));
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
    const tail = await this.#flushed(group);
    const sealed = tail.segments.sealed.reduce((sum, { bytes }) => sum + bytes, 0);
    return sealed + (await onDisk(this.#directory, tail.size()));
  }

  async delete(group: string): Promise<void> {
    await this.#remove(group, Infinity);
  }

  async expire(group: string, before: number): Promise<void> {
    await this.#remove(group, before);
  }

  /** Seals what the group has, and resolves once that is done. */
  async seal(group: string): Promise<void> {
    const tail = await this.#flushed(group);
    if (!(await tail.rotate(1))) this.#sealing.add(tail);
    await this.#sealing.settled();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    while (this.#dirty.size > 0) await this.#flush();
    clearTimeout(this.#timer);
    clearTimeout(this.#quiet);
    this.#followers.clear();
    this.#listeners.clear();
    this.#sealing.close();
    await Promise.all([this.#database.close(), this.#sealer.close()]);
    await this.#sealing.settled();
    await this.#loading?.catch(() => undefined);
    await Promise.all([...this.#tails.values()].map((tail) => tail.close()));
  }

  async #remove(group: string, before: number): Promise<void> {
    this.#check();
    checkGroup(group);
    await this.#loaded();
    const tail = this.#tail(group);
    await onDisk(this.#directory, tail.delete(before));
    await onDisk(this.#directory, removeSegments(this.#directory, tail.segments, before));
  }

  /** A file may be renamed between its listing and its opening; listed again, it is there. */
  async #reading<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++)
      try {
        return await onDisk(this.#directory, this.#sealing.reading(work));
      } catch (error) {
        if (attempt === 3 || !isRenamed(error)) throw error;
      }
  }

  async #query(query: LogQuery, again = 3): Promise<LogRows> {
    const { groups, from, to, sql, params = [], maxRows = 10_000, signal } = query;
    await this.#loaded();
    const rotations: [GroupSegments, number][] = [];
    const files: { sealed: string[]; open: LogFiles["open"][number][] } = { sealed: [], open: [] };
    let bytes = 0;
    for (const group of new Set(groups)) {
      checkGroup(group);
      await this.#tails.get(group)?.flush(Date.now());
      const base = fileBase(group);
      const open = `${base}.ndjson`;
      const writing = await isThere(join(this.#directory, open));
      const segments = segmentsOf(this.#segments, base);
      const { sealed, full } = segments;
      rotations.push([segments, segments.rotations]);
      for (const { first, last, file, bytes: size } of sealed)
        if (last >= from && first <= to) {
          files.sealed.push(file);
          bytes += size;
        }
      for (const { file } of full) files.open.push({ file, group });
      if (writing) files.open.push({ file: open, group });
      if (this.#tails.has(group)) bytes += (await this.#tails.get(group)?.size()) ?? 0;
    }
    const answer = await this.#database.rows(
      { files, from: within(from), to: within(to), sql, params, maxRows, count: true },
      signal,
    );
    const { columns, rows, records } = answer;
    // A file that became full meanwhile may have been missed.
    if (again > 0 && rotations.some(([segments, before]) => segments.rotations !== before))
      return this.#query(query, again - 1);
    return { columns, rows, scanned: { records, bytes: records === 0 ? 0 : bytes } };
  }

  #tail(group: string): LogTail {
    let tail = this.#tails.get(group);
    if (!tail) {
      this.#closeOldest();
      const segments = segmentsOf(this.#segments, fileBase(group));
      const onFull = (full: LogTail) => this.#sealing.add(full);
      tail = new LogTail(this.#directory, group, segments, this.#backlog, onFull);
      if (segments.full.length > 0) this.#sealing.add(tail);
    }
    this.#tails.delete(group);
    this.#tails.set(group, tail);
    return tail;
  }

  async #flushed(group: string): Promise<LogTail> {
    await this.#loaded();
    const tail = this.#tail(group);
    await tail.flush(Date.now());
    return tail;
  }

  /** What there is on disk is looked at when it is first needed. */
  #loaded(): Promise<void> {
    this.#loading ??= onDisk(this.#directory, readSegments(this.#directory, this.#segments)).catch(
      (error: unknown) => {
        this.#loading = undefined;
        throw error;
      },
    );
    return this.#loading;
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
    await this.#loaded().catch(() => undefined);
    while (this.#dirty.size > 0) {
      const now = Date.now();
      const group = [...this.#dirty].slice(0, FLUSH_GROUPS);
      for (const tail of group) this.#dirty.delete(tail);
      await Promise.all(group.map((tail) => tail.flush(now)));
      this.#closeOldest();
    }
    clearTimeout(this.#quiet);
    if (!this.#closing) this.#quiet = setTimeout(() => this.#sealQuiet(), QUIET_MS).unref();
  }

  #sealQuiet(): void {
    for (const tail of this.#tails.values())
      if (tail.idle) tail.rotate(WORTH_SEALING).catch(() => undefined);
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

const within = (time: number): number =>
  Math.min(Math.max(time, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);

const isRenamed = (error: unknown): boolean =>
  error instanceof YunqueError &&
  error.code === "LogQueryFailed" &&
  /No files found|Cannot open file|No such file/.test(error.message);

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
