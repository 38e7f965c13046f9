/**
 * Files by their descriptors, as promises. node:fs/promises would do the same through a FileHandle for twice the cost
 * per read, and complains aloud where one is left to the garbage collector.
 */
import * as fs from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";

export const openFile = promisify(fs.open);
export const closeFile = promisify(fs.close);
export const statFile = promisify(fs.fstat);
export const syncFile = promisify(fs.fsync);
const read = promisify(fs.read);
const writev = promisify(fs.writev);

/** The bytes at `position`, at most `length`; fewer only at the end of the file. */
export async function readAt(fd: number, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await read(fd, buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** Writes all chunks, one after another, where the file's own position is. */
export async function writeAll(fd: number, chunks: readonly Uint8Array[]): Promise<void> {
  let rest = chunks.filter(({ length }) => length > 0);
  while (rest.length > 0) rest = beyond(rest, (await writev(fd, rest)).bytesWritten);
}

/** What is left of the chunks after `written` bytes of them. */
function beyond(chunks: readonly Uint8Array[], written: number): Uint8Array[] {
  let before = written;
  return chunks.flatMap((chunk) => {
    const skip = Math.min(before, chunk.length);
    before -= skip;
    return skip === chunk.length ? [] : [chunk.subarray(skip)];
  });
}

/** Makes the names in a directory durable: a new or renamed file is only safe after this. */
export async function syncDirectory(path: string): Promise<void> {
  const fd = await openFile(path, "r");
  try {
    await syncFile(fd);
  } finally {
    await closeFile(fd);
  }
}

/**
 * Makes directories that only we may enter, with all that lead to them, durably; those that exist are fine. Waits for
 * the disk: for the start. Paths are absolute. All are made before the first is synced, so that the syncs cost one.
 */
export function makeDirectories(...paths: readonly string[]): void {
  const parents = new Set<string>();
  for (const path of paths) {
    const made = fs.mkdirSync(path, { recursive: true, mode: 0o700 });
    for (let at = path; made !== undefined && at.length >= made.length; at = dirname(at))
      parents.add(dirname(at));
  }
  for (const parent of parents) syncNow(parent);
}

function syncNow(path: string): void {
  const fd = fs.openSync(path, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
