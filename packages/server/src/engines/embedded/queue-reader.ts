import type { DatabaseSync, StatementSync } from "node:sqlite";
import { afterPrefix } from "../utf8-order.ts";

/** What is read on the caller's thread: each statement walks one index and is done in microseconds. */
export class QueueReader {
  readonly #names: { readonly all: StatementSync; readonly below: StatementSync };
  readonly #next: StatementSync;

  constructor(database: DatabaseSync) {
    const names = (bounds: string) =>
      database.prepare(`SELECT name FROM queue WHERE ${bounds} ORDER BY name`);
    this.#names = { all: names("name >= ?"), below: names("name >= ? AND name < ?") };
    this.#next = database.prepare(
      `SELECT (SELECT min(visible_at) FROM ready WHERE queue = number) AS ready,
              (SELECT min(ends_at) FROM lease WHERE queue = number) AS ended
       FROM queue WHERE name = ?`,
    );
  }

  names(prefix: string): string[] {
    const end = afterPrefix(prefix);
    const { all, below } = this.#names;
    const rows = end === undefined ? all.all(prefix) : below.all(prefix, end);
    return rows.map((row) => String(row["name"]));
  }

  nextVisible(queue: string): number | undefined {
    const { ready, ended } = this.#next.get(queue) ?? {};
    const times = [ready, ended].filter((time) => typeof time === "number");
    return times.length > 0 ? Math.min(...times) : undefined;
  }
}
