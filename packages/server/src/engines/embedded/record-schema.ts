import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "./database.ts";

/**
 * Rows are appended as they come and found by an index whose entries are small, the space being a number there: commits
 * of random ids then touch few pages (the figures are in docs/design/engines.md). `counter` holds the last revision
 * that was given.
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

/** @throws YunqueError as openDatabase */
export const openRecordDatabase = (path: string): DatabaseSync => openDatabase(path, MIGRATIONS);
