import { type Candidate, candidateOf } from "./queue-rows.ts";
import type { QueueStatements } from "./queue-statements.ts";

/** Finds what may be leased next. */
export class QueueCandidates {
  readonly #sql: QueueStatements;

  constructor(sql: QueueStatements) {
    this.#sql = sql;
  }

  /** Of a queue, in order: of each group its first. */
  inOrder(queue: number, now: number, limit: number): Candidate[] {
    const { listReady, listEnded } = this.#sql;
    const ready = listReady.all(queue, now, limit).map((row) => candidateOf("ready", row));
    const ended = listEnded.all(queue, now, limit).map((row) => candidateOf("lease", row));
    if (ended.length === 0) return ready;
    return [...ready, ...ended]
      .sort((a, b) => a.visibleAt - b.visibleAt || a.id - b.id)
      .slice(0, limit);
  }

  /** The next of a group behind that one, which is not its first: visible or not. */
  after(queue: number, group: string, id: number): Candidate | undefined {
    const follower = this.#sql.nextFollower.get(queue, group, id);
    const blocked = this.#sql.nextBlocked.get(queue, group, id);
    if (!blocked) return follower && candidateOf("follower", follower);
    if (!follower || Number(blocked["id"]) < Number(follower["id"]))
      return candidateOf("lease", blocked);
    return candidateOf("follower", follower);
  }
}
