/** The SQLite files of the engine: their settings, and how their schemas come about. */
import { closeSync, existsSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { storageError } from "../../ports/storage-errors.ts";
import { translating } from "./storage-faults.ts";

/** "YUNQ": `file` and SQLite's own tools tell from it whose database this is. */
const APPLICATION_ID = 0x59554e51;

/**
 * So many rows. A bare `LIMIT ?` costs 8 to 13 us for each execution and this 1 to 2, measured on SQLite 3.53.4: it seems
 * to look at the value when it compiles, and to compile the statement again for each.
 */
export const LIMIT = "LIMIT ? + 0";

/**
 * Opens the database, made or brought up to date where needed. `migrations` has one step per schema version; a step
 * that was released is never changed.
 * @throws YunqueError StorageTooNew, StorageDamaged, StorageFull, StorageFailed
 */
export function openDatabase(path: string, migrations: readonly string[]): DatabaseSync {
  return translating(path, () => {
    if (!existsSync(path)) closeSync(openSync(path, "wx", 0o600));
    const database = new DatabaseSync(path, { timeout: 5000 });
    try {
      configure(database);
      migrate(database, path, migrations);
    } catch (error) {
      database.close();
      throw error;
    }
    return database;
  });
}

function configure(database: DatabaseSync): void {
  database.exec(`PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -32000;
    PRAGMA trusted_schema = OFF;`);
}

function migrate(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  const version = numberOf(database, "user_version");
  const owner = numberOf(database, "application_id");
  const foreign = owner !== APPLICATION_ID && (owner !== 0 || version !== 0);
  if (foreign) throw storageError("StorageDamaged", `${path} is not a database of Yunque`);
  if (version > migrations.length)
    throw storageError(
      "StorageTooNew",
      `${path} has schema version ${version}, this Yunque knows ${migrations.length}: a newer one wrote it`,
    );
  for (const [index, step] of migrations.entries())
    if (index >= version)
      database.exec(`BEGIN IMMEDIATE; ${step}
        PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${index + 1}; COMMIT`);
}

function numberOf(database: DatabaseSync, pragma: string): number {
  const row: Record<string, unknown> = database.prepare(`PRAGMA ${pragma}`).get() ?? {};
  return Number(row[pragma]);
}
