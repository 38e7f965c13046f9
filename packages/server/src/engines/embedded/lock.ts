import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { storageError } from "../../ports/storage-errors.ts";
import { translated } from "./storage-faults.ts";

const SQLITE_BUSY = 5;

/** Keeps the claims from being collected, which would give them up: whoever has an engine's records alone has it too. */
const claims = new Set<DatabaseSync>();

/**
 * Claims a data directory for this platform alone. The claim is the operating system's lock on a file, taken through
 * SQLite: the kernel drops it with the process, however that ends, so a killed platform leaves nothing to clear away.
 * The process id beside it is only for the message.
 * @returns the function that gives the claim up.
 * @throws YunqueError StorageInUse
 */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, "lock.db");
  const holder = join(directory, "lock.pid");
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    throw isBusy(error) ? inUse(directory, holder) : translated(path, error);
  }
  claims.add(database);
  sayWho(holder);
  return () => {
    claims.delete(database);
    rmSync(holder, { force: true });
    database.close();
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}

function inUse(directory: string, holder: string): Error {
  return storageError(
    "StorageInUse",
    `the data directory ${directory} is in use by another platform${processOf(holder)}: stop it, or choose another one`,
    { directory },
  );
}

function sayWho(holder: string): void {
  try {
    writeFileSync(holder, `${process.pid}\n`);
  } catch {
    // The claim holds without it.
  }
}

function processOf(holder: string): string {
  try {
    return ` (process ${Number.parseInt(readFileSync(holder, "utf8"), 10)})`;
  } catch {
    return "";
  }
}
