/** What the service needs of the world, and what its parts share. */
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Records } from "../../ports/records.ts";
import type { Targets } from "../../ports/targets.ts";
import type { Web } from "../../ports/web.ts";
import type { Deliverer, Delivery, DeliveryEnd } from "../deliverer/index.ts";
import type { Catalog } from "./catalog.ts";

export interface BusesDependencies {
  readonly records: Records;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly targets: Targets;
  readonly web: Web;
  readonly metrics: Metrics;
  /** Hears of defects, and of storage that fails, that are nobody's request. */
  onFailure(error: unknown): void;
  /** An event reached neither its target nor a dead-letter queue. */
  onGivenUp(delivery: Delivery, end: DeliveryEnd): void;
}

export interface BusesContext extends BusesDependencies {
  readonly catalog: Catalog;
  readonly deliverer: Deliverer;
}

/** Does one thing after the other, for each key. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(work, work);
    const done = turn
      .catch(() => {})
      .finally(() => {
        if (this.#last.get(key) === done) this.#last.delete(key);
      });
    this.#last.set(key, done);
    return turn;
  }
}

export const scopeKey = ({ account, region }: Scope): string => `${account}/${region}`;
