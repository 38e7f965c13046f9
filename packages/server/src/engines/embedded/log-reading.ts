import type { LogRecord } from "../../ports/logs.ts";
import { readAt, statFile } from "./files.ts";

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
    return JSON.parse(line) as LogRecord;
  } catch {
    return undefined;
  }
}
