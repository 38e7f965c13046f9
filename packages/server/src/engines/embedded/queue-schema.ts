import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "./database.ts";

/**
 * What is large lies in `message` and is written once; what changes is small, and each state has a table of its own
 * (why: docs/design/engines.md). Each message is in `message` and in one of `ready`, `lease` and `follower`.
 * - `ready`: visible now or later, in the order in which they are leased.
 * - `lease`: leased; `visible_at` is when it was visible before.
 * - `follower`: waits for another of its group. `head` has the groups of which one is in `ready` or `lease`.
 * - `purged`: numbers of queues whose rows are still there, and nobody's.
 * - `counter`: the last id of a message and the last number of a queue that were given.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE queue (
     number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
     messages INTEGER NOT NULL, bytes INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE message (
     id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, enqueued_at INTEGER NOT NULL,
     member_of TEXT, attributes TEXT NOT NULL, body BLOB NOT NULL
   ) STRICT;
   CREATE INDEX message_queue ON message (queue);
   CREATE TABLE ready (
     queue INTEGER NOT NULL, visible_at INTEGER NOT NULL, id INTEGER NOT NULL, attempts INTEGER NOT NULL,
     PRIMARY KEY (queue, visible_at, id)
   ) WITHOUT ROWID, STRICT;
   CREATE TABLE lease (
     id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, ends_at INTEGER NOT NULL, visible_at INTEGER NOT NULL,
     attempts INTEGER NOT NULL, bytes INTEGER NOT NULL, member_of TEXT
   ) STRICT;
   CREATE INDEX lease_end ON lease (queue, ends_at);
   CREATE TABLE follower (
     queue INTEGER NOT NULL, member_of TEXT NOT NULL, id INTEGER NOT NULL, visible_at INTEGER NOT NULL,
     PRIMARY KEY (queue, member_of, id)
   ) WITHOUT ROWID, STRICT;
   CREATE INDEX follower_time ON follower (queue, visible_at);
   CREATE TABLE head (
     queue INTEGER NOT NULL, member_of TEXT NOT NULL, PRIMARY KEY (queue, member_of)
   ) WITHOUT ROWID, STRICT;
   CREATE TABLE purged (number INTEGER PRIMARY KEY) STRICT;
   CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;
   INSERT INTO counter VALUES ('message', 0), ('queue', 0);`,
];

/** @throws YunqueError as openDatabase */
export const openQueueDatabase = (path: string): DatabaseSync => openDatabase(path, MIGRATIONS);
