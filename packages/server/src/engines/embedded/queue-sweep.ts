import type { DatabaseSync, StatementSync } from "node:sqlite";

/** So many rows are removed at a time, so that a call that comes meanwhile does not wait long. */
const ROWS = 200;

/** Removes the rows of purged queues, some at a time. */
export class QueueSweep {
  readonly #next: StatementSync;
  readonly #removals: readonly StatementSync[];
  readonly #finish: StatementSync;

  constructor(database: DatabaseSync) {
    const some = (table: string, key: string) =>
      database.prepare(
        `DELETE FROM ${table} WHERE queue = ?1 AND (${key}) IN
           (SELECT ${key} FROM ${table} WHERE queue = ?1 LIMIT ${ROWS})`,
      );
    this.#next = database.prepare("SELECT number FROM purged LIMIT 1");
    this.#removals = [
      some("message", "id"),
      some("ready", "visible_at, id"),
      some("lease", "id"),
      some("follower", "member_of, id"),
      some("head", "member_of"),
    ];
    this.#finish = database.prepare("DELETE FROM purged WHERE number = ?");
  }

  /** Whether there is something to remove. */
  get pending(): boolean {
    return this.#next.get() !== undefined;
  }

  /** Removes some rows, inside of a transaction. */
  step(): void {
    const number = this.#next.get()?.["number"];
    if (number === undefined) return;
    const removed = this.#removals.map((remove) => Number(remove.run(number).changes));
    if (removed.every((rows) => rows === 0)) this.#finish.run(number);
  }
}
