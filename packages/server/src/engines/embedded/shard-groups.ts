import type { DatabaseSync } from "node:sqlite";
import type { ShardCall, ShardResult } from "./shard-calls.ts";
import { ShardStore } from "./shard-store.ts";
import { ShardSweep } from "./shard-sweep.ts";
import { type Answer, isFailure, Transactions } from "./transaction.ts";
import type { Groups } from "./writer-thread.ts";

/** Does many calls in one transaction, so that they share one fsync. What SQLite cannot do fails the whole group. */
export class ShardGroups implements Groups<ShardCall, ShardResult> {
  readonly #database: DatabaseSync;
  readonly #transactions: Transactions;
  readonly #store: ShardStore;
  readonly #sweep: ShardSweep;
  #sweeping = true;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#transactions = new Transactions(database, path);
    this.#store = new ShardStore(database);
    this.#sweep = new ShardSweep(database);
  }

  run(calls: readonly ShardCall[]): Answer<ShardResult>[] {
    const results = this.#transactions.run(() => {
      const done = calls.map((call) => this.#do(call));
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

  #do(call: ShardCall): ShardResult {
    switch (call.kind) {
      case "append":
        return this.#store.append(call.runs, call.data, call.now);
      case "seal":
        return this.#store.seal(call.shard);
      case "trim":
        this.#sweeping = true;
        return this.#store.trim(call.shard, call.before);
      case "delete":
        this.#sweeping = true;
        this.#store.delete(call.shard);
        return null;
    }
  }
}
