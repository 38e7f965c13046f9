/** The SQLite file behind the records: its schema and its settings. */
import { closeSync, existsSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { storageError } from "../../ports/storage-errors.ts";
import { translating } from "./storage-faults.ts";

/** "YUNQ": `file` and SQLite's own tools tell from it whose database this is. */
const APPLICATION_ID = 0x59554e51;

/**
 * One step per schema version; a step that was released is never changed. Rows are appended as they come and found by
 * an index whose entries are small, the space being a number there: commits of random ids then touch few pages (the
 * figures are in docs/design/engines.md). `counter` holds the last revision that was given.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE space (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
   CREATE TABLE record (
     number INTEGER PRIMARY KEY,
     space INTEGER NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, value TEXT NOT NULL,
     UNIQUE (space, id)
   ) STRICT;
   CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;
   INSERT INTO counter VALUES ('revision', 0);`,
];

/**
 * Opens the database, made or brought up to date where needed.
 * @throws YunqueError StorageTooNew, StorageDamaged, StorageFull, StorageFailed
 */
export function openDatabase(path: string): DatabaseSync {
  return translating(path, () => {
    if (!existsSync(path)) closeSync(openSync(path, "wx", 0o600));
    const database = new DatabaseSync(path, { timeout: 5000 });
    try {
      configure(database);
      migrate(database, path);
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

function migrate(database: DatabaseSync, path: string): void {
  const version = numberOf(database, "user_version");
  const owner = numberOf(database, "application_id");
  const foreign = owner !== APPLICATION_ID && (owner !== 0 || version !== 0);
  if (foreign) throw storageError("StorageDamaged", `${path} is not a database of Yunque`);
  if (version > MIGRATIONS.length)
    throw storageError(
      "StorageTooNew",
      `${path} has schema version ${version}, this Yunque knows ${MIGRATIONS.length}: a newer one wrote it`,
    );
  for (const [index, step] of MIGRATIONS.entries())
    if (index >= version)
      database.exec(`BEGIN IMMEDIATE; ${step}
        PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${index + 1}; COMMIT`);
}

function numberOf(database: DatabaseSync, pragma: string): number {
  const row: Record<string, unknown> = database.prepare(`PRAGMA ${pragma}`).get() ?? {};
  return Number(row[pragma]);
}
