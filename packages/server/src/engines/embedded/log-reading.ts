import type { LogRecord } from "../../ports/logs.ts";
import { closeFile, openFile, readAt, statFile } from "./files.ts";

const CHUNK = 64 << 10;
const NEWLINE = 0x0a;

/**
 * The newest `limit` records from `since` on in files of one JSON record a line, read from their ends and no further
 * than needed. `files` are open, the newest one first; the result is in the order of the lines.
 */
export async function newestRecords(
  files: readonly number[],
  since: number,
  limit: number,
): Promise<LogRecord[]> {
  const newestFirst: LogRecord[] = [];
  for (const fd of files) {
    if (newestFirst.length >= limit) break;
    for await (const lines of linesBackwards(fd)) {
      for (const line of lines) {
        const record = parse(line);
        if (record && record.timestamp >= since) newestFirst.push(record);
      }
      if (newestFirst.length >= limit) break;
    }
  }
  return newestFirst.slice(0, limit).reverse();
}

/** Every record of files that fits, in no order. */
export async function recordsWhere(
  files: readonly number[],
  fits: (record: LogRecord) => boolean,
): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for (const fd of files)
    for await (const lines of linesBackwards(fd))
      for (const line of lines) {
        const record = parse(line);
        if (record && fits(record)) found.push(record);
      }
  return found;
}

/** The files that are there, open for the time of the work. */
export async function reading<T>(
  opening: Promise<readonly (number | undefined)[]>,
  work: (files: readonly number[]) => Promise<T>,
): Promise<T> {
  const files = (await opening).filter((fd) => fd !== undefined);
  try {
    return await work(files);
  } finally {
    await Promise.all(files.map((fd) => closeFile(fd)));
  }
}

export async function openIfThere(path: string): Promise<number | undefined> {
  try {
    return await openFile(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** The lines of a file from the last to the first, some at a time. */
async function* linesBackwards(fd: number): AsyncGenerator<string[]> {
  let end = (await statFile(fd)).size;
  let rest = Buffer.alloc(0);
  while (end > 0) {
    const start = Math.max(0, end - CHUNK);
    const chunk = Buffer.concat([await readAt(fd, start, end - start), rest]);
    const lines: string[] = [];
    let stop = chunk.length;
    for (let at = chunk.lastIndexOf(NEWLINE); at >= 0; ) {
      lines.push(chunk.toString("utf8", at + 1, stop));
      stop = at;
      at = at === 0 ? -1 : chunk.lastIndexOf(NEWLINE, at - 1);
    }
    yield lines;
    rest = chunk.subarray(0, stop);
    end = start;
  }
  yield [rest.toString()];
}

/** Undefined for the empty text behind the last newline, and for a line that a crash tore. */
function parse(line: string): LogRecord | undefined {
  if (line === "") return undefined;
  try {
    const record = JSON.parse(line) as LogRecord;
    return record.id === undefined ? { ...record, id: record.timestamp * 1000 } : record;
  } catch {
    return undefined;
  }
}
