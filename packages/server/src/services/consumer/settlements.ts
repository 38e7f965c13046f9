/** Ends of leases, gathered for a turn of the event loop and settled together; tried until the storage takes them. */
import type { Clock } from "../../ports/clock.ts";
import type { Outcome, Queues } from "../../ports/queues.ts";

/** What one call takes: outcomes, messages that they add, and bytes of those. */
const MAX_OUTCOMES = 1000;
const MAX_ADDED = 1000;
const MAX_BYTES = 32 << 20;
const RETRY_MS = 1000;

interface Waiting {
  readonly outcome: Outcome;
  readonly settled: (held: boolean) => void;
}

export class Settlements {
  readonly #queues: Queues;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;
  readonly #running = new Set<Promise<void>>();
  readonly #retries = new Set<() => void>();
  #waiting: Waiting[] = [];
  #gaveUp = false;

  constructor(queues: Queues, clock: Clock, onFailure: (error: unknown) => void) {
    this.#queues = queues;
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  /** Calls back once the outcome is durable, and says whether its lease was still held. */
  add(outcome: Outcome, settled: (held: boolean) => void): void {
    if (this.#waiting.push({ outcome, settled }) === 1) setImmediate(() => this.#flush());
  }

  /** Tries what waits once more. What the storage does not take now is left to the next life of the platform. */
  async close(): Promise<void> {
    this.#gaveUp = true;
    for (const retry of [...this.#retries]) retry();
    this.#flush();
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #flush(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (const batch of batches(all)) this.#start(batch);
  }

  #start(batch: readonly Waiting[]): void {
    const running = this.#settle(batch).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = batch.map(({ outcome }) => outcome);
      const held = await this.#queues.settle(outcomes, this.#clock.now());
      for (const [n, { settled }] of batch.entries()) settled(held[n] === true);
    } catch (error) {
      this.#onFailure(error);
      if (this.#gaveUp) return;
      const again = () => {
        cancel();
        this.#retries.delete(again);
        this.#start(batch);
      };
      const cancel = this.#clock.after(RETRY_MS, again);
      this.#retries.add(again);
    }
  }
}

function batches(all: readonly Waiting[]): Waiting[][] {
  const cut: Waiting[][] = [];
  let [added, bytes] = [0, 0];
  for (const one of all) {
    const messages = one.outcome.enqueue ?? [];
    added += messages.length;
    bytes += messages.reduce((sum, { message }) => sum + message.body.length, 0);
    const last = cut.at(-1);
    if (last && last.length < MAX_OUTCOMES && added <= MAX_ADDED && bytes <= MAX_BYTES) {
      last.push(one);
      continue;
    }
    cut.push([one]);
    added = messages.length;
    bytes = messages.reduce((sum, { message }) => sum + message.body.length, 0);
  }
  return cut;
}
