import type { DatabaseSync, StatementSync } from "node:sqlite";

/** So many blocks are removed at a time, so that a call that comes meanwhile does not wait long. */
const ROWS = 100;

/** Removes what was trimmed, and what deleted shards left, some at a time. */
export class ShardSweep {
  readonly #next: StatementSync;
  readonly #remove: StatementSync;
  readonly #finish: StatementSync;

  constructor(database: DatabaseSync) {
    this.#next = database.prepare("SELECT shard, last FROM gone LIMIT 1");
    this.#remove = database.prepare(
      `DELETE FROM block WHERE id IN
         (SELECT id FROM block WHERE shard = ? AND last <= ? ORDER BY last LIMIT ${ROWS})`,
    );
    this.#finish = database.prepare("DELETE FROM gone WHERE shard = ?");
  }

  /** Whether there is something to remove. */
  get pending(): boolean {
    return this.#next.get() !== undefined;
  }

  /** Removes some blocks, inside of a transaction. */
  step(): void {
    const { shard, last } = this.#next.get() ?? {};
    if (shard === undefined || last === undefined) return;
    if (Number(this.#remove.run(shard, last).changes) < ROWS) this.#finish.run(shard);
  }
}
