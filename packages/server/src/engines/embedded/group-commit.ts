import type { DatabaseSync, StatementSync } from "node:sqlite";
import { YunqueError } from "../../domain/errors.ts";
import type { Write } from "../record-rules.ts";
import { translated } from "./storage-faults.ts";

/** What became of one commit: kept (null), refused for the change at this index, or failed. */
export type Outcome = null | { readonly conflict: number } | Failure;
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** So many numbers of spaces are kept at hand. */
const REMEMBERED_SPACES = 10_000;

/**
 * Writes many commits in one transaction, so that they share one fsync. A commit whose expectations do not hold is left
 * out, the others are kept: expectations are looked at before anything of their commit is written, so nothing needs to
 * be taken back. What SQLite itself cannot do fails the whole group.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #statements: ReturnType<typeof prepare>;
  /** Numbers of spaces, as this transaction sees them. */
  readonly #spaces = new Map<string, number>();
  /** The last revision that was given. */
  #revision: number;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#statements = prepare(database);
    this.#revision = Number(this.#statements.counter.get()?.["value"]);
  }

  /** One outcome per commit, in their order. Later commits of the group see the earlier ones. */
  run(commits: readonly (readonly Write[])[]): Outcome[] {
    const before = this.#revision;
    try {
      this.#statements.begin.run();
      const outcomes = commits.map((writes) => this.#commit(writes));
      if (this.#revision !== before) this.#statements.count.run(this.#revision);
      this.#statements.commit.run();
      return outcomes;
    } catch (error) {
      this.#revision = before;
      this.#spaces.clear();
      if (this.#database.isTransaction) this.#statements.rollback.run();
      const failure = failureOf(translated(this.#path, error));
      return commits.map(() => failure);
    }
  }

  #commit(writes: readonly Write[]): Outcome {
    const conflict = writes.findIndex((write) => !this.#holds(write));
    if (conflict >= 0) return { conflict };
    for (const { kind, space, id, json } of writes) {
      if (kind === "put") this.#statements.put.run(this.#enter(space), id, ++this.#revision, json);
      else if (kind === "delete") this.#delete(space, id);
    }
    return null;
  }

  #holds({ space, id, expect }: Write): boolean {
    if (expect < 0) return true;
    const number = this.#find(space);
    if (number === undefined) return expect === 0;
    return expect === Number(this.#statements.revision.get(number, id)?.["revision"] ?? 0);
  }

  #delete(space: string, id: string): void {
    const number = this.#find(space);
    if (number === undefined) return;
    this.#statements.delete.run(number, id);
    if (this.#statements.leave.run(number).changes > 0) this.#spaces.delete(space);
  }

  /** The number of a space that holds records. */
  #find(space: string): number | undefined {
    const known = this.#spaces.get(space);
    if (known !== undefined) return known;
    const number = this.#statements.find.get(space)?.["number"];
    return number === undefined ? undefined : this.#remember(space, Number(number));
  }

  /** The number of a space that is about to hold one. */
  #enter(space: string): number {
    const known = this.#find(space);
    if (known !== undefined) return known;
    return this.#remember(space, Number(this.#statements.enter.run(space).lastInsertRowid));
  }

  #remember(space: string, number: number): number {
    if (this.#spaces.size >= REMEMBERED_SPACES) this.#spaces.clear();
    this.#spaces.set(space, number);
    return number;
  }
}

function prepare(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => database.prepare(sql);
  return {
    begin: statement("BEGIN IMMEDIATE"),
    commit: statement("COMMIT"),
    rollback: statement("ROLLBACK"),
    counter: statement("SELECT value FROM counter WHERE name = 'revision'"),
    count: statement("UPDATE counter SET value = ? WHERE name = 'revision'"),
    find: statement("SELECT number FROM space WHERE name = ?"),
    enter: statement("INSERT INTO space (name) VALUES (?)"),
    leave: statement(
      "DELETE FROM space WHERE number = ?1 AND NOT EXISTS (SELECT 1 FROM record WHERE space = ?1)",
    ),
    revision: statement("SELECT revision FROM record WHERE space = ? AND id = ?"),
    put: statement(
      `INSERT INTO record (space, id, revision, value) VALUES (?, ?, ?, ?)
       ON CONFLICT (space, id) DO UPDATE SET revision = excluded.revision, value = excluded.value`,
    ),
    delete: statement("DELETE FROM record WHERE space = ? AND id = ?"),
  };
}

function failureOf(error: unknown): Failure {
  const code = error instanceof YunqueError ? error.code : "StorageFailed";
  return { code, message: error instanceof Error ? error.message : String(error) };
}
