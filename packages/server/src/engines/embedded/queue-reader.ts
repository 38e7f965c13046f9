import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { MessageId, MessageState } from "../../ports/queues.ts";
import { afterPrefix } from "../utf8-order.ts";

/** What is read on the caller's thread: each statement walks one index and is done in microseconds. */
export class QueueReader {
  readonly #names: { readonly all: StatementSync; readonly below: StatementSync };
  readonly #next: StatementSync;
  readonly #find: StatementSync;

  constructor(database: DatabaseSync) {
    const names = (bounds: string) =>
      database.prepare(`SELECT name FROM queue WHERE ${bounds} ORDER BY name`);
    this.#names = { all: names("name >= ?"), below: names("name >= ? AND name < ?") };
    this.#next = database.prepare(
      `SELECT (SELECT min(visible_at) FROM ready WHERE queue = number) AS ready,
              (SELECT min(ends_at) FROM lease WHERE queue = number AND blocked = 0) AS ended
       FROM queue WHERE name = ?`,
    );
    this.#find = database.prepare(
      `SELECT (SELECT ends_at FROM lease WHERE id = m.id) AS ends_at,
              (SELECT attempts FROM lease WHERE id = m.id) AS leases,
              (SELECT attempts FROM ready
               WHERE queue = m.queue AND visible_at = m.visible_at AND id = m.id) AS ready,
              (SELECT attempts FROM follower
               WHERE queue = m.queue AND member_of = m.member_of AND id = m.id) AS waiting
       FROM message AS m JOIN queue ON queue.number = m.queue WHERE m.id = ? AND queue.name = ?`,
    );
  }

  names(prefix: string): string[] {
    const end = afterPrefix(prefix);
    const { all, below } = this.#names;
    const rows = end === undefined ? all.all(prefix) : below.all(prefix, end);
    return rows.map((row) => String(row["name"]));
  }

  find(queue: string, id: MessageId): MessageState | undefined {
    const row = this.#find.get(id, queue);
    if (row === undefined) return undefined;
    const { ends_at, leases, ready, waiting } = row;
    const epoch = Number(leases ?? ready ?? waiting);
    return typeof ends_at === "number" ? { epoch, leasedUntil: ends_at } : { epoch };
  }

  nextVisible(queue: string): number | undefined {
    const { ready, ended } = this.#next.get(queue) ?? {};
    const times = [ready, ended].filter((time) => typeof time === "number");
    return times.length > 0 ? Math.min(...times) : undefined;
  }
}
