import type { DatabaseSync, StatementSync } from "node:sqlite";
import { LIMIT } from "./database.ts";

export type QueueStatements = ReturnType<typeof prepareQueueStatements>;

/** What queue-store.ts does with the tables of queue-schema.ts, prepared once. Each walks one index. */
export function prepareQueueStatements(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => database.prepare(sql);
  return {
    readLastId: statement("SELECT value FROM counter WHERE name = 'message'"),
    writeLastId: statement("UPDATE counter SET value = ? WHERE name = 'message'"),

    addMessage: statement(
      `INSERT INTO message (id, queue, enqueued_at, member_of, attributes, body, visible_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    readMessage: statement(
      "SELECT enqueued_at, member_of, attributes, body FROM message WHERE id = ?",
    ),
    changeAttributes: statement("UPDATE message SET attributes = ? WHERE id = ?"),
    moveMessage: statement("UPDATE message SET visible_at = ? WHERE id = ?"),
    removeMessage: statement("DELETE FROM message WHERE id = ?"),
    oldest: statement(
      "SELECT enqueued_at FROM message WHERE queue = ? ORDER BY enqueued_at, id LIMIT 1",
    ),
    listOld: statement(
      `SELECT id, visible_at, member_of, length(body) AS bytes FROM message
       WHERE queue = ? AND enqueued_at < ? ORDER BY enqueued_at, id ${LIMIT}`,
    ),

    addReady: statement(
      "INSERT INTO ready (queue, visible_at, id, attempts, first_leased_at) VALUES (?, ?, ?, ?, ?)",
    ),
    listReady: statement(
      `SELECT visible_at, id, attempts, first_leased_at FROM ready WHERE queue = ? AND visible_at <= ?
       ORDER BY visible_at, id ${LIMIT}`,
    ),
    removeReady: statement("DELETE FROM ready WHERE queue = ? AND visible_at = ? AND id = ?"),
    countReady: statement(
      "SELECT count(*) AS n FROM ready WHERE queue = ? AND visible_at > ? AND visible_at <= ?",
    ),

    addLease: statement(
      `INSERT INTO lease
         (id, queue, ends_at, visible_at, attempts, bytes, member_of, first_leased_at, blocked)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    readLease: statement(
      `SELECT queue, ends_at, attempts, bytes, member_of, first_leased_at, blocked FROM lease
       WHERE id = ?`,
    ),
    listEnded: statement(
      `SELECT ends_at, id, attempts, first_leased_at FROM lease
       WHERE queue = ? AND blocked = 0 AND ends_at <= ? ORDER BY ends_at, id ${LIMIT}`,
    ),
    nextBlocked: statement(
      `SELECT id, ends_at, attempts, first_leased_at FROM lease
       WHERE queue = ? AND member_of = ? AND blocked = 1 AND id > ? ORDER BY id LIMIT 1`,
    ),
    renewLease: statement("UPDATE lease SET ends_at = ?, attempts = ? WHERE id = ?"),
    extendLease: statement("UPDATE lease SET ends_at = ? WHERE id = ?"),
    unblockLease: statement("UPDATE lease SET blocked = 0 WHERE id = ?"),
    removeLease: statement("DELETE FROM lease WHERE id = ?"),
    countLeased: statement(
      "SELECT count(*) AS n FROM lease WHERE queue = ? AND blocked IN (0, 1) AND ends_at > ?",
    ),

    enterGroup: statement("INSERT OR IGNORE INTO head (queue, member_of) VALUES (?, ?)"),
    leaveGroup: statement("DELETE FROM head WHERE queue = ? AND member_of = ?"),
    addFollower: statement(
      `INSERT INTO follower (queue, member_of, id, visible_at, attempts, first_leased_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    nextFollower: statement(
      `SELECT id, visible_at, attempts, first_leased_at FROM follower
       WHERE queue = ? AND member_of = ? AND id > ? ORDER BY id LIMIT 1`,
    ),
    removeFollower: statement("DELETE FROM follower WHERE queue = ? AND member_of = ? AND id = ?"),
    countFollowers: statement(
      "SELECT count(*) AS n FROM follower WHERE queue = ? AND visible_at > ? AND visible_at <= ?",
    ),

    addKey: statement(
      "INSERT OR REPLACE INTO added (queue, key, id, until, note) VALUES (?, ?, ?, ?, ?)",
    ),
    findKey: statement("SELECT id, note FROM added WHERE queue = ? AND key = ? AND until > ?"),
    listOldKeys: statement(`SELECT queue, key FROM added WHERE until <= ? ORDER BY until ${LIMIT}`),
    removeKey: statement("DELETE FROM added WHERE queue = ? AND key = ?"),

    addPurged: statement("INSERT INTO purged (number) VALUES (?)"),
  };
}
