import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Write } from "../record-rules.ts";
import { type Answer, isFailure, Transactions } from "./transaction.ts";
import type { Groups } from "./writer-thread.ts";

/** What became of one commit: kept (null), or refused for the change at this index. */
export type Outcome = null | { readonly conflict: number };

/** So many numbers of spaces are kept at hand. */
const REMEMBERED_SPACES = 10_000;

/**
 * Writes many commits in one transaction, so that they share one fsync. A commit whose expectations do not hold is left
 * out, the others are kept: expectations are looked at before anything of their commit is written, so nothing needs to
 * be taken back. What SQLite itself cannot do fails the whole group.
 */
export class GroupCommit implements Groups<readonly Write[], Outcome> {
  readonly #database: DatabaseSync;
  readonly #transactions: Transactions;
  readonly #statements: ReturnType<typeof prepare>;
  /** Numbers of spaces, as this transaction sees them. */
  readonly #spaces = new Map<string, number>();
  /** The last revision that was given. */
  #revision: number;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#transactions = new Transactions(database, path);
    this.#statements = prepare(database);
    this.#revision = Number(this.#statements.counter.get()?.["value"]);
  }

  /** One outcome per commit, in their order. Later commits of the group see the earlier ones. */
  run(commits: readonly (readonly Write[])[]): Answer<Outcome>[] {
    const before = this.#revision;
    const outcomes = this.#transactions.run(() => {
      const done = commits.map((writes) => this.#commit(writes));
      if (this.#revision !== before) this.#statements.count.run(this.#revision);
      return done;
    });
    if (!isFailure(outcomes)) return outcomes;
    this.#revision = before;
    this.#spaces.clear();
    return commits.map(() => outcomes);
  }

  close(): void {
    this.#database.close();
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
