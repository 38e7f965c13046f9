import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "./database.ts";

/**
 * What is large lies in `message` and is written once; what changes is small, and each state has a table of its own
 * (why: docs/design/engines.md). Each message is in `message` and in one of `ready`, `lease` and `follower`.
 * - `ready`: visible now or later, in the order in which they are leased.
 * - `lease`: leased; `visible_at` is when it was visible before. `blocked`: another one of its group is before it.
 * - `follower`: waits for another of its group. `head` has the groups whose first is in `ready` or `lease`.
 * - `added`: keys of messages that are added once, also of queues that hold nothing.
 * - `purged`: numbers of queues whose rows are still there, and nobody's.
 * - `counter`: the last id of a message and the last number of a queue that were given.
 */
export const QUEUE_MIGRATIONS: readonly string[] = [
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

  // Several of a group in one lease; messages that are added once; ages; when a message was leased first.
  // `message.visible_at`: the place of its row in `ready`, where it has one.
  `ALTER TABLE message ADD COLUMN visible_at INTEGER NOT NULL DEFAULT 0;
   UPDATE message SET visible_at = ready.visible_at FROM ready WHERE ready.id = message.id;
   UPDATE message SET visible_at = follower.visible_at FROM follower WHERE follower.id = message.id;
   DROP INDEX message_queue;
   CREATE INDEX message_age ON message (queue, enqueued_at);
   ALTER TABLE ready ADD COLUMN first_leased_at INTEGER;
   ALTER TABLE follower ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE follower ADD COLUMN first_leased_at INTEGER;
   ALTER TABLE lease ADD COLUMN first_leased_at INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE lease ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
   DROP INDEX lease_end;
   CREATE INDEX lease_end ON lease (queue, blocked, ends_at);
   CREATE INDEX lease_member ON lease (queue, member_of, id) WHERE blocked = 1;
   CREATE TABLE added (
     queue TEXT NOT NULL, key TEXT NOT NULL, id INTEGER NOT NULL, until INTEGER NOT NULL, note TEXT NOT NULL,
     PRIMARY KEY (queue, key)
   ) WITHOUT ROWID, STRICT;
   CREATE INDEX added_until ON added (until);`,
];

/** @throws YunqueError as openDatabase */
export const openQueueDatabase = (path: string): DatabaseSync =>
  openDatabase(path, QUEUE_MIGRATIONS);
