import type { Enqueued, Once } from "../../ports/queues.ts";
import type { QueueStatements } from "./queue-statements.ts";

/** For each message that is added once so many keys are removed whose time is over: they get fewer, and no call waits long. */
const REMOVALS = 4;

/** Remembers the keys of messages that are added once. */
export class QueueOnce {
  readonly #sql: QueueStatements;

  constructor(sql: QueueStatements) {
    this.#sql = sql;
  }

  /** The first message, where one of the keys is remembered. */
  first(queue: string, { keys }: Once, now: number): Enqueued | undefined {
    for (const key of keys) {
      const row = this.#sql.findKey.get(queue, key, now);
      if (row) return { id: Number(row["id"]), epoch: 0, duplicate: String(row["note"]) };
    }
    return undefined;
  }

  remember(queue: string, { keys: [key = ""], forMs, note }: Once, id: number, now: number): void {
    for (const old of this.#sql.listOldKeys.all(now, REMOVALS))
      this.#sql.removeKey.run(String(old["queue"]), String(old["key"]));
    this.#sql.addKey.run(queue, key, id, now + forMs, note);
  }
}
