import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import type { Listed, ListOptions, Versioned } from "../../ports/records.ts";
import { afterPrefix, compareUtf8 } from "../utf8-order.ts";

/**
 * Reads on the caller's thread: each statement is prepared once and walks one index, so that it is done in microseconds.
 * In WAL mode readers and the writer do not wait for each other.
 */
export class RecordReader {
  readonly #get: StatementSync;
  readonly #spaces: Readonly<Record<">" | ">=", StatementSync>>;
  readonly #lists: Readonly<Record<">" | ">=", { all: StatementSync; below: StatementSync }>>;

  constructor(database: DatabaseSync) {
    const list = (bounds: string) =>
      database.prepare(
        `SELECT id, revision, value FROM record WHERE space = ? AND ${bounds} ORDER BY id LIMIT ?`,
      );
    this.#get = database.prepare("SELECT revision, value FROM record WHERE space = ? AND id = ?");
    const space = (bound: string) =>
      database.prepare(`SELECT min(space) AS space FROM record WHERE ${bound}`);
    this.#spaces = { ">": space("space > ?"), ">=": space("space >= ?") };
    this.#lists = {
      ">": { all: list("id > ?"), below: list("id > ? AND id < ?") },
      ">=": { all: list("id >= ?"), below: list("id >= ? AND id < ?") },
    };
  }

  get<T>(space: string, id: string): Versioned<T> | undefined {
    const row = this.#get.get(space, id);
    return row && decode<T>(row);
  }

  list<T>(space: string, { prefix = "", after }: ListOptions, limit: number): Listed<T>[] {
    const behind = after !== undefined && compareUtf8(after, prefix) >= 0;
    const statements = this.#lists[behind ? ">" : ">="];
    const from = behind ? after : prefix;
    const end = afterPrefix(prefix);
    const rows =
      end === undefined
        ? statements.all.all(space, from, limit)
        : statements.below.all(space, from, end, limit);
    return rows.map((row) => ({ id: String(row["id"]), ...decode<T>(row) }));
  }

  /** Jumps from one space to the next in the index; the records between are never read. */
  spaces(prefix: string): string[] {
    const found: string[] = [];
    let space = nextSpace(this.#spaces[">="], prefix);
    while (space?.startsWith(prefix)) {
      found.push(space);
      space = nextSpace(this.#spaces[">"], space);
    }
    return found;
  }
}

function nextSpace(statement: StatementSync, from: string): string | undefined {
  const space = statement.get(from)?.["space"];
  return typeof space === "string" ? space : undefined;
}

function decode<T>(row: Record<string, SQLOutputValue>): Versioned<T> {
  return { value: JSON.parse(String(row["value"])) as T, revision: Number(row["revision"]) };
}
