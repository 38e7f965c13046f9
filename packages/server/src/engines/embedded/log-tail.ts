import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LogRecord } from "../../ports/logs.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { droppedRecord, nextId } from "../log-rules.ts";
import { closeFile, openFile, readAt, statFile, syncFile, writeAll } from "./files.ts";
import { newestRecords, openIfThere, reading, recordsWhere } from "./log-reading.ts";
import { fileBase, type GroupSegments } from "./log-segments.ts";

/** A file that reached this size is full: it is to be sealed, and another one begins. */
const FULL_BYTES = 8 << 20;
/** Where sealing does not keep up or fails, the oldest of so many full files gives way. */
const MOST_FULL = 128;
/** So much may wait for the disk, in characters; what comes beyond is dropped and counted. */
const MAX_WAITING = 16 << 20;
const MAX_WAITING_IN_ALL = 64 << 20;

/** What the tails of an engine have waiting together, in characters. */
export interface Backlog {
  waiting: number;
}

/**
 * The lines of one group that are not sealed: what waits to be written, the file that is being written, and full ones.
 * What touches the files happens one after another. Nothing is fsynced unless somebody waits for it.
 */
export class LogTail {
  readonly group: string;
  readonly base: string;
  readonly segments: GroupSegments;
  readonly #directory: string;
  readonly #path: string;
  readonly #backlog: Backlog;
  readonly #onFull: (tail: LogTail) => void;
  /** What waits, and how many lines are lost if it is lost. */
  #text = "";
  /** Of the last record, and as JSON. */
  #stream: string | undefined;
  #streamText = "";
  #lines = 0;
  /** Lines that were lost since the last one that was taken in. */
  #dropped = 0;
  /** Characters being written. */
  #writing = 0;
  #failure: unknown;
  #file: { readonly fd: number; size: number } | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #steps = 0;

  constructor(
    directory: string,
    group: string,
    segments: GroupSegments,
    backlog: Backlog,
    onFull: (tail: LogTail) => void,
  ) {
    this.group = group;
    this.base = fileBase(group);
    this.segments = segments;
    this.#directory = directory;
    this.#path = join(directory, `${this.base}.ndjson`);
    this.#backlog = backlog;
    this.#onFull = onFull;
  }

  /** Characters that wait to be written. */
  get waiting(): number {
    return this.#text.length + this.#writing;
  }

  /** Nothing to write and nothing under way: may be closed and forgotten. */
  get idle(): boolean {
    return this.waiting === 0 && this.#dropped === 0 && this.#steps === 0;
  }

  /** Takes the record in, or counts it as dropped where too much waits already. */
  add(record: LogRecord): void {
    if (this.waiting > MAX_WAITING || this.#backlog.waiting > MAX_WAITING_IN_ALL) {
      this.#dropped++;
      this.#failure = storageError(
        "StorageBusy",
        `too many lines of ${this.base} wait for the disk`,
      );
      return;
    }
    this.#noteDropped(record);
    this.#take(record, 1);
  }

  /** Writes down what waits. Never rejects: what cannot be written is dropped, and counted. */
  flush(now: number): Promise<void> {
    return this.#inTurn(() => this.#flush(now));
  }

  /** The same, durably. @throws the system's error where lines could not be written */
  sync(now: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#flush(now);
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure !== undefined) throw failure;
      if (this.#file) await syncFile(this.#file.fd);
    });
  }

  /** The newest records of those from `since` on that are not sealed, oldest first. */
  read(since: number, limit: number): Promise<LogRecord[]> {
    return reading(this.#open(), (files) => newestRecords(files, since, limit));
  }

  /** Those that are not sealed and fit, in no order. */
  where(fits: (record: LogRecord) => boolean): Promise<LogRecord[]> {
    return reading(this.#open(), (files) => recordsWhere(files, fits));
  }

  /** Ends the file that is being written, where it has so many bytes. Answers whether it did. */
  rotate(atLeast: number): Promise<boolean> {
    return this.#inTurn(async () => {
      const { size } = await this.#opened();
      if (size < Math.max(1, atLeast)) return false;
      await this.#rotate();
      return true;
    });
  }

  /** Bytes in the files that are not sealed. */
  size(): Promise<number> {
    return reading(this.#open(), async (files) => {
      const sizes = await Promise.all(files.map(async (fd) => (await statFile(fd)).size));
      return sizes.reduce((sum, size) => sum + size, 0);
    });
  }

  /** Forgets everything that is not sealed, or only files that were last written before a time. */
  delete(before = Infinity): Promise<void> {
    return this.#inTurn(async () => {
      if (before === Infinity) {
        this.#backlog.waiting -= this.#text.length;
        [this.#text, this.#lines, this.#dropped] = ["", 0, 0];
      }
      for (const segment of [...this.segments.full])
        if (await this.#remove(join(this.#directory, segment.file), before))
          this.segments.full.splice(this.segments.full.indexOf(segment), 1);
      await this.#close();
      await this.#remove(this.#path, before);
    });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#close());
  }

  /** The files, the newest first. Opened in turn, so that none is renamed meanwhile; read at leisure. */
  #open(): Promise<(number | undefined)[]> {
    return this.#inTurn(async () => {
      const full = this.segments.full.map(({ file }) => join(this.#directory, file));
      const opened: (number | undefined)[] = [];
      for (const path of [...full, this.#path]) opened.unshift(await openIfThere(path));
      return opened;
    });
  }

  async #flush(now: number): Promise<void> {
    if (this.#dropped > 0) this.#noteDropped({ timestamp: now, id: nextId(now) });
    const [text, lines] = [this.#text, this.#lines];
    if (text === "") return;
    [this.#text, this.#lines, this.#writing] = ["", 0, text.length];
    try {
      await this.#write(Buffer.from(text));
    } catch (error) {
      this.#failure = error;
      this.#dropped += lines;
      await this.#close().catch(() => undefined);
    }
    this.#writing = 0;
    this.#backlog.waiting -= text.length;
  }

  async #remove(path: string, before: number): Promise<boolean> {
    const fd = await openIfThere(path);
    if (fd === undefined) return true;
    const { mtimeMs } = await statFile(fd).finally(() => closeFile(fd));
    if (mtimeMs >= before) return false;
    await rm(path, { force: true });
    return true;
  }

  #take(record: LogRecord, lines: number): void {
    const text = this.#textOf(record);
    this.#text += text;
    this.#lines += lines;
    this.#backlog.waiting += text.length;
  }

  /** `JSON.stringify(record)` and a line end, at half its price: lines of a stream come together. */
  #textOf({ id, timestamp, stream, message, requestId }: LogRecord): string {
    if (stream !== this.#stream)
      [this.#stream, this.#streamText] = [stream, JSON.stringify(stream)];
    const start = `{"id":${id},"timestamp":${timestamp},"stream":${this.#streamText},"message":${JSON.stringify(message)}`;
    return requestId === undefined
      ? `${start}}\n`
      : `${start},"requestId":${JSON.stringify(requestId)}}\n`;
  }

  #noteDropped(before: { readonly timestamp: number; readonly id: number }): void {
    if (this.#dropped > 0) this.#take(droppedRecord(this.#dropped, before), this.#dropped);
    this.#dropped = 0;
  }

  async #write(bytes: Buffer): Promise<void> {
    let file = await this.#opened();
    if (file.size > 0 && file.size + bytes.length > FULL_BYTES) {
      await this.#rotate();
      file = await this.#opened();
    }
    await writeAll(file.fd, [bytes]);
    file.size += bytes.length;
  }

  async #rotate(): Promise<void> {
    await this.#close();
    const id = nextId(Date.now());
    const segment = { id, file: `${this.base}.${id}.ndjson` };
    await rename(this.#path, join(this.#directory, segment.file));
    this.segments.rotations++;
    const { full } = this.segments;
    full.push(segment);
    for (const oldest of full.splice(0, Math.max(0, full.length - MOST_FULL))) {
      await rm(join(this.#directory, oldest.file), { force: true });
      process.emitWarning(`${oldest.file}: lines were given up, for sealing does not keep up`);
    }
    this.#onFull(this);
  }

  async #opened(): Promise<{ readonly fd: number; size: number }> {
    if (this.#file) return this.#file;
    const fd = await openFile(this.#path, "a+", 0o600);
    this.#file = { fd, size: (await statFile(fd)).size };
    await this.#endTornLine(this.#file);
    return this.#file;
  }

  /** A killed process or a full disk may have left half a line: the next one must not join it. */
  async #endTornLine(file: { readonly fd: number; size: number }): Promise<void> {
    if (file.size === 0) return;
    const [last] = await readAt(file.fd, file.size - 1, 1);
    if (last === 0x0a) return;
    await writeAll(file.fd, [Buffer.from("\n")]);
    file.size++;
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file) await closeFile(file.fd);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#steps++;
    const result = this.#last.then(work).finally(() => this.#steps--);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
