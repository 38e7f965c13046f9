/**
 * How many messages of a queue are in flight, so that there are not too many. An upper bound is kept, which costs
 * nothing; the messages themselves are counted only where it passes the limit.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Queue } from "./model.ts";

/** SQS: "Amazon SQS message quotas". */
const STANDARD_LIMIT = 120_000;
const FIFO_LIMIT = 20_000;
/** A queue that is full is not counted again before, unless messages are deleted. */
const RECOUNT_MS = 100;

export class InFlight {
  readonly #queues: Pick<Queues, "depth">;
  readonly #clock: Clock;
  readonly #bounds = new Map<string, number>();
  /** When full queues were counted. */
  readonly #counted = new Map<string, number>();

  constructor(queues: Pick<Queues, "depth">, clock: Clock) {
    this.#queues = queues;
    this.#clock = clock;
  }

  /** Whether a queue has as many as it may. */
  async isFull({ messages, settings }: Queue): Promise<boolean> {
    const limit = settings.fifo ? FIFO_LIMIT : STANDARD_LIMIT;
    if ((this.#bounds.get(messages) ?? 0) < limit) return false;
    const now = this.#clock.now();
    if (now - (this.#counted.get(messages) ?? -Infinity) < RECOUNT_MS) return true;
    const { leased } = await this.#queues.depth(messages, now);
    this.#bounds.set(messages, leased);
    if (leased >= limit) this.#counted.set(messages, now);
    else this.#counted.delete(messages);
    return leased >= limit;
  }

  /** So many were received (or deleted, where it is negative). */
  add({ messages }: Queue, change: number): void {
    const bound = Math.max(0, (this.#bounds.get(messages) ?? 0) + change);
    if (bound === 0) this.#bounds.delete(messages);
    else this.#bounds.set(messages, bound);
  }

  forget({ messages }: Queue): void {
    this.#bounds.delete(messages);
    this.#counted.delete(messages);
  }
}
