/**
 * What a FIFO queue handed out by an attempt's id: who asks again with it gets the same messages under the same handles,
 * hidden anew. SQS: ReceiveMessage, ReceiveRequestAttemptId.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Leased, Queues } from "../../ports/queues.ts";

const KEPT_MS = 300_000;
/** Of all that is kept; the oldest goes first. */
const MAX_BYTES = 32 << 20;

interface Attempt<T> {
  readonly taken: readonly T[];
  readonly at: number;
  readonly bytes: number;
}

export class Attempts<T extends { readonly leased: Leased }> {
  readonly #queues: Pick<Queues, "settle">;
  readonly #clock: Clock;
  /** By queue and attempt, the oldest first. */
  readonly #attempts = new Map<string, Attempt<T>>();
  #bytes = 0;

  constructor(queues: Pick<Queues, "settle">, clock: Clock) {
    this.#queues = queues;
    this.#clock = clock;
  }

  /** What the attempt was given, where it is still hidden and nobody changed that. */
  async again(queue: string, id: string, leaseMs: number): Promise<readonly T[] | undefined> {
    const key = keyOf(queue, id);
    const attempt = this.#attempts.get(key);
    if (attempt === undefined) return undefined;
    const now = this.#clock.now();
    if (now - attempt.at >= KEPT_MS) {
      this.#drop(key);
      return undefined;
    }
    const held = await this.#queues.settle(
      attempt.taken.map(({ leased }) => ({
        queue,
        id: leased.id,
        epoch: leased.epoch,
        become: { kind: "extended", leaseMs },
        unlessEnded: true,
      })),
      now,
    );
    if (held.every((one) => one)) return attempt.taken;
    this.#drop(key);
    return undefined;
  }

  keep(queue: string, id: string, taken: readonly T[]): void {
    const bytes = taken.reduce((sum, { leased }) => sum + leased.body.length, 0);
    const key = keyOf(queue, id);
    this.#drop(key);
    this.#attempts.set(key, { taken, at: this.#clock.now(), bytes });
    this.#bytes += bytes;
    for (const [oldest, { at }] of this.#attempts) {
      if (this.#bytes <= MAX_BYTES && this.#clock.now() - at < KEPT_MS) return;
      this.#drop(oldest);
    }
  }

  /** A message of the queue was deleted, or hidden for another time: attempts that got it are over. */
  changed(queue: string, ids: readonly number[]): void {
    if (this.#attempts.size === 0) return;
    for (const [key, { taken }] of this.#attempts)
      if (key.startsWith(`${queue} `) && taken.some(({ leased }) => ids.includes(leased.id)))
        this.#drop(key);
  }

  #drop(key: string): void {
    const attempt = this.#attempts.get(key);
    if (attempt === undefined) return;
    this.#attempts.delete(key);
    this.#bytes -= attempt.bytes;
  }
}

const keyOf = (queue: string, id: string): string => `${queue} ${id}`;
