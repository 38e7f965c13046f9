import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import type { Listed, ListOptions, Versioned } from "../../ports/records.ts";
import { afterPrefix, compareUtf8 } from "../utf8-order.ts";
import { LIMIT } from "./database.ts";

type Row = Readonly<Record<string, SQLOutputValue>>;

const IN_SPACE = "space = (SELECT number FROM space WHERE name = ?)";

/**
 * Reads on the caller's thread: each statement is prepared once and walks one index, so that it is done in microseconds.
 * In WAL mode readers and the writer do not wait for each other.
 */
export class RecordReader {
  readonly #get: StatementSync;
  readonly #spaces: { readonly all: StatementSync; readonly below: StatementSync };
  readonly #lists: Readonly<Record<">" | ">=", { all: StatementSync; below: StatementSync }>>;

  constructor(database: DatabaseSync) {
    const list = (bounds: string) =>
      database.prepare(
        `SELECT id, revision, value FROM record WHERE ${IN_SPACE} AND ${bounds} ORDER BY id ${LIMIT}`,
      );
    this.#get = database.prepare(`SELECT revision, value FROM record WHERE ${IN_SPACE} AND id = ?`);
    const spaces = (bounds: string) =>
      database.prepare(`SELECT name FROM space WHERE ${bounds} ORDER BY name`);
    this.#spaces = { all: spaces("name >= ?"), below: spaces("name >= ? AND name < ?") };
    this.#lists = {
      ">": { all: list("id > ?"), below: list("id > ? AND id < ?") },
      ">=": { all: list("id >= ?"), below: list("id >= ? AND id < ?") },
    };
  }

  get<T>(space: string, id: string): Versioned<T> | undefined {
    const row = this.#get.get(space, id);
    return row && versioned<T>(row);
  }

  /** The rows as they are; decode() makes records of them. */
  list(space: string, { prefix = "", after }: ListOptions, limit: number): Row[] {
    const behind = after !== undefined && compareUtf8(after, prefix) >= 0;
    const statements = this.#lists[behind ? ">" : ">="];
    const from = behind ? after : prefix;
    const end = afterPrefix(prefix);
    return end === undefined
      ? statements.all.all(space, from, limit)
      : statements.below.all(space, from, end, limit);
  }

  /** The writer keeps the spaces that hold records, and no others. */
  spaces(prefix: string): string[] {
    const end = afterPrefix(prefix);
    const { all, below } = this.#spaces;
    const rows = end === undefined ? all.all(prefix) : below.all(prefix, end);
    return rows.map((row) => String(row["name"]));
  }
}

/** What a row of the table holds. */
export function decode<T>(row: Row): Listed<T> {
  const { value, revision } = versioned<T>(row);
  return { id: String(row["id"]), value, revision };
}

function versioned<T>(row: Row): Versioned<T> {
  return { value: JSON.parse(String(row["value"])) as T, revision: Number(row["revision"]) };
}
