import type { DatabaseSync, StatementSync } from "node:sqlite";
import { LIMIT } from "./database.ts";

/** What queue-store.ts does with the tables of queue-schema.ts, prepared once. Each walks one index. */
export function prepareQueueStatements(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => database.prepare(sql);
  return {
    readLastId: statement("SELECT value FROM counter WHERE name = 'message'"),
    writeLastId: statement("UPDATE counter SET value = ? WHERE name = 'message'"),

    addMessage: statement(
      `INSERT INTO message (id, queue, enqueued_at, member_of, attributes, body)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    readMessage: statement(
      "SELECT enqueued_at, member_of, attributes, body FROM message WHERE id = ?",
    ),
    changeAttributes: statement("UPDATE message SET attributes = ? WHERE id = ?"),
    removeMessage: statement("DELETE FROM message WHERE id = ?"),
    oldest: statement("SELECT enqueued_at FROM message WHERE queue = ? ORDER BY id LIMIT 1"),

    addReady: statement("INSERT INTO ready (queue, visible_at, id, attempts) VALUES (?, ?, ?, ?)"),
    listReady: statement(
      `SELECT visible_at, id, attempts FROM ready WHERE queue = ? AND visible_at <= ?
       ORDER BY visible_at, id ${LIMIT}`,
    ),
    removeReady: statement("DELETE FROM ready WHERE queue = ? AND visible_at = ? AND id = ?"),
    countReady: statement(
      "SELECT count(*) AS n FROM ready WHERE queue = ? AND visible_at > ? AND visible_at <= ?",
    ),

    addLease: statement(
      `INSERT INTO lease (id, queue, ends_at, visible_at, attempts, bytes, member_of)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    readLease: statement("SELECT queue, attempts, bytes, member_of FROM lease WHERE id = ?"),
    listEnded: statement(
      `SELECT ends_at, id, attempts FROM lease WHERE queue = ? AND ends_at <= ?
       ORDER BY ends_at, id ${LIMIT}`,
    ),
    renewLease: statement("UPDATE lease SET ends_at = ?, attempts = ? WHERE id = ?"),
    extendLease: statement("UPDATE lease SET ends_at = ? WHERE id = ?"),
    removeLease: statement("DELETE FROM lease WHERE id = ?"),
    countLeased: statement("SELECT count(*) AS n FROM lease WHERE queue = ? AND ends_at > ?"),

    enterGroup: statement("INSERT OR IGNORE INTO head (queue, member_of) VALUES (?, ?)"),
    leaveGroup: statement("DELETE FROM head WHERE queue = ? AND member_of = ?"),
    addFollower: statement(
      "INSERT INTO follower (queue, member_of, id, visible_at) VALUES (?, ?, ?, ?)",
    ),
    firstFollower: statement(
      `SELECT id, visible_at FROM follower WHERE queue = ? AND member_of = ? ORDER BY id LIMIT 1`,
    ),
    removeFollower: statement("DELETE FROM follower WHERE queue = ? AND member_of = ? AND id = ?"),
    countFollowers: statement(
      "SELECT count(*) AS n FROM follower WHERE queue = ? AND visible_at > ? AND visible_at <= ?",
    ),

    addPurged: statement("INSERT INTO purged (number) VALUES (?)"),
  };
}
