/** What the errors of SQLite and of the file system mean in the words of ports/storage-errors.ts. */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { YunqueError } from "../../domain/errors.ts";
import { type StorageCode, storageError } from "../../ports/storage-errors.ts";

/** SQLite's primary result codes: https://sqlite.org/rescode.html */
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

/** With less room than this, an I/O error that names no reason is taken for a full disk. */
const LITTLE_ROOM = 1 << 20;

/** Runs what touches `path`; what the disk or SQLite cannot do comes out as a storage error, all else as it is. */
export function translating<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translated(path, error);
  }
}

/** The same for work that is under way already. */
export async function onDisk<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw translated(path, error);
  }
}

/** The storage error that this error means; the error itself where it means none. */
export function translated(path: string, error: unknown): unknown {
  return sqliteFault(path, error) ?? fileFault(path, error) ?? error;
}

function sqliteFault(path: string, error: unknown): YunqueError | undefined {
  if (!(error instanceof Error && "errcode" in error)) return undefined;
  const code = codeOf(Number(error.errcode) & 0xff, path);
  return storageError(code, `${path}: ${error.message}`, { errcode: error.errcode });
}

function codeOf(result: number, path: string): StorageCode {
  if (result === SQLITE_FULL || (result === SQLITE_IOERR && isFull(path))) return "StorageFull";
  if (result === SQLITE_CORRUPT || result === SQLITE_NOTADB) return "StorageDamaged";
  return "StorageFailed";
}

function fileFault(path: string, error: unknown): YunqueError | undefined {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return undefined;
  const full = error.code === "ENOSPC" || error.code === "EDQUOT";
  return storageError(full ? "StorageFull" : "StorageFailed", `${path}: ${error.message}`, {
    errno: error.code,
  });
}

function isFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < LITTLE_ROOM;
  } catch {
    return false;
  }
}
