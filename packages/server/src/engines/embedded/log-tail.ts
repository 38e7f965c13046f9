import { createHash } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LogRecord } from "../../ports/logs.ts";
import { droppedRecord } from "../log-rules.ts";
import { closeFile, openFile, readAt, statFile, writeAll } from "./files.ts";
import { newestRecords } from "./log-reading.ts";

/** A file that reached this size makes room: it becomes the predecessor, and the one before is forgotten. */
const ROTATE_BYTES = 16 << 20;
/** So much may wait for the disk, in characters; what comes beyond is dropped and counted. */
const MAX_WAITING = 4 << 20;
const MAX_WAITING_IN_ALL = 64 << 20;

/** What the tails of an engine have waiting together, in characters. */
export interface Backlog {
  waiting: number;
}

/**
 * The newest lines of one group: what waits to be written, and two files of one JSON record a line. What touches the
 * files happens one after another. Nothing is fsynced: logs are no acknowledged writes.
 */
export class LogTail {
  readonly #path: string;
  readonly #predecessor: string;
  readonly #backlog: Backlog;
  /** What waits, and how many lines are lost if it is lost. */
  #text = "";
  #lines = 0;
  /** Lines that were lost since the last one that was taken in. */
  #dropped = 0;
  /** Characters being written. */
  #writing = 0;
  #file: { readonly fd: number; size: number } | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #steps = 0;

  constructor(directory: string, group: string, backlog: Backlog) {
    this.#backlog = backlog;
    const name = join(directory, fileName(group));
    this.#path = `${name}.ndjson`;
    this.#predecessor = `${name}.1.ndjson`;
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
      return;
    }
    this.#noteDropped(record.timestamp);
    this.#take(record, 1);
  }

  /** Writes down what waits. Never rejects: what cannot be written is dropped, and counted. */
  flush(now: number): Promise<void> {
    return this.#inTurn(async () => {
      this.#noteDropped(now);
      const [text, lines] = [this.#text, this.#lines];
      if (text === "") return;
      [this.#text, this.#lines, this.#writing] = ["", 0, text.length];
      try {
        await this.#write(Buffer.from(text));
      } catch {
        this.#dropped += lines;
        await this.#close().catch(() => undefined);
      }
      this.#writing = 0;
      this.#backlog.waiting -= text.length;
    });
  }

  /** The newest records of those from `since` on, oldest first. */
  async read(since: number, limit: number): Promise<LogRecord[]> {
    // Opened in turn, so that no rotation comes between; read at leisure.
    const files = await this.#inTurn(async () => [
      await openIfThere(this.#path),
      await openIfThere(this.#predecessor),
    ]);
    const open = files.filter((fd) => fd !== undefined);
    try {
      return await newestRecords(open, since, limit);
    } finally {
      await Promise.all(open.map((fd) => closeFile(fd)));
    }
  }

  /** Forgets everything. */
  delete(): Promise<void> {
    return this.#inTurn(async () => {
      this.#backlog.waiting -= this.#text.length;
      [this.#text, this.#lines, this.#dropped] = ["", 0, 0];
      await this.#close();
      await rm(this.#path, { force: true });
      await rm(this.#predecessor, { force: true });
    });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#close());
  }

  #take(record: LogRecord, lines: number): void {
    const text = `${JSON.stringify(record)}\n`;
    this.#text += text;
    this.#lines += lines;
    this.#backlog.waiting += text.length;
  }

  #noteDropped(timestamp: number): void {
    if (this.#dropped > 0) this.#take(droppedRecord(this.#dropped, timestamp), this.#dropped);
    this.#dropped = 0;
  }

  async #write(bytes: Buffer): Promise<void> {
    let file = await this.#opened();
    if (file.size > 0 && file.size + bytes.length > ROTATE_BYTES) {
      await this.#close();
      await rename(this.#path, this.#predecessor);
      file = await this.#opened();
    }
    await writeAll(file.fd, [bytes]);
    file.size += bytes.length;
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

/** Readable as far as it is harmless, and told apart by a digest: also where the file system ignores case. */
function fileName(group: string): string {
  const readable = group.replaceAll(/[^A-Za-z0-9_-]+/g, "_").slice(0, 100);
  return `${readable}-${createHash("sha256").update(group).digest("hex").slice(0, 32)}`;
}

async function openIfThere(path: string): Promise<number | undefined> {
  try {
    return await openFile(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
