import type { DatabaseSync } from "node:sqlite";
import type { Leased } from "../../ports/queues.ts";
import type { QueueCall, QueueResult } from "./queue-calls.ts";
import { QueueStore } from "./queue-store.ts";
import { QueueSweep } from "./queue-sweep.ts";
import { type Answer, isFailure, Transactions } from "./transaction.ts";
import type { Groups } from "./writer-thread.ts";

/** Bodies of so many bytes are leased in one group, so that what is answered is bounded too. */
const GROUP_BYTES = 32 << 20;

/** Does many calls in one transaction, so that they share one fsync. What SQLite cannot do fails the whole group. */
export class QueueGroups implements Groups<QueueCall, QueueResult> {
  readonly #database: DatabaseSync;
  readonly #transactions: Transactions;
  readonly #store: QueueStore;
  readonly #sweep: QueueSweep;
  #sweeping = true;
  /** Of the bodies that this group leased. */
  #leasedBytes = 0;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#transactions = new Transactions(database, path);
    this.#store = new QueueStore(database);
    this.#sweep = new QueueSweep(database);
  }

  run(calls: readonly QueueCall[]): Answer<QueueResult>[] {
    const results = this.#transactions.run(() => {
      const done: QueueResult[] = [];
      this.#leasedBytes = 0;
      for (const call of calls) {
        if (this.#leasedBytes > GROUP_BYTES) break;
        done.push(this.#do(call));
      }
      this.#store.write();
      return done;
    });
    if (!isFailure(results)) return results;
    this.#store.forget();
    return calls.map(() => results);
  }

  tidy(): boolean {
    if (!this.#sweeping) return false;
    if (!this.#sweep.pending) this.#sweeping = false;
    return this.#sweeping && !isFailure(this.#transactions.run(() => this.#sweep.step()));
  }

  close(): void {
    this.#database.close();
  }

  #do(call: QueueCall): QueueResult {
    switch (call.kind) {
      case "enqueue":
        return this.#store.enqueue(call.queue, call.messages, call.now);
      case "lease":
        return this.#lease(call);
      case "settle":
        return this.#store.settle(call.outcomes, call.now);
      case "expire":
        return this.#store.expire(call.queue, call.before);
      case "depth":
        return this.#store.depth(call.queue, call.now);
      case "purge":
        this.#sweeping = true;
        return this.#store.purge(call.queue);
    }
  }

  #lease(call: Extract<QueueCall, { kind: "lease" }>): Leased[] {
    const leased = this.#store.lease(call.queue, call.options);
    for (const { body } of leased) this.#leasedBytes += body.length;
    return leased;
  }
}
