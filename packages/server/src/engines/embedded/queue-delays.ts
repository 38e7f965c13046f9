/** How many messages of one queue are visible later than `at`. */
interface Delays {
  at: number;
  later: number;
}

/** So many queues are kept at hand. */
const REMEMBERED = 10_000;

/**
 * Counts what is delayed without looking at all of it again: from one time to another only what became visible between
 * them is counted, and what is added and removed meanwhile is told. Queues whose depth nobody asks for cost nothing.
 */
export class QueueDelays {
  readonly #countBetween: (queue: number, after: number, until: number) => number;
  readonly #queues = new Map<number, Delays>();

  /** @param countBetween how many messages of a queue are visible later than the one time, and not than the other */
  constructor(countBetween: (queue: number, after: number, until: number) => number) {
    this.#countBetween = countBetween;
  }

  count(queue: number, now: number): number {
    const delays = this.#queues.get(queue) ?? { at: Number.MAX_SAFE_INTEGER, later: 0 };
    if (now < delays.at) delays.later += this.#countBetween(queue, now, delays.at);
    else delays.later -= this.#countBetween(queue, delays.at, now);
    delays.at = now;
    if (this.#queues.size >= REMEMBERED) this.#queues.clear();
    this.#queues.set(queue, delays);
    return delays.later;
  }

  /** A message of the queue that is visible then was added (1) or removed (-1). */
  change(queue: number, visibleAt: number, by: 1 | -1): void {
    const delays = this.#queues.get(queue);
    if (delays && visibleAt > delays.at) delays.later += by;
  }

  forget(): void {
    this.#queues.clear();
  }
}
