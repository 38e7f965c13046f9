/**
 * Receivers that wait for messages, queue by queue. Who waits is woken one at a time, the longest waiting first, by
 * whatever may have made a message visible: one that was added or given back, and the time at which the next one is.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Queues } from "../../ports/queues.ts";
import { queueError } from "./errors.ts";

/** Of all queues together. */
const MAX_WAITING = 20_000;
/** A queue whose next message cannot be told is looked at again then. */
const RETRY_MS = 1_000;
/** A queue that says that something is visible, and hands nothing out, is not asked again at once. */
const SHORTEST_WAIT_MS = 20;

interface Lane {
  /** In the order in which they came. */
  readonly waiters: Set<() => void>;
  /** Receives that are under way. */
  users: number;
  /** Grows with every wake. */
  wakes: number;
  wakeAt: number;
  cancel: (() => void) | undefined;
}

export class Waiting {
  readonly #queues: Pick<Queues, "nextVisible">;
  readonly #clock: Clock;
  readonly #lanes = new Map<string, Lane>();
  #waiting = 0;
  #closed = false;

  constructor(queues: Pick<Queues, "nextVisible">, clock: Clock) {
    this.#queues = queues;
    this.#clock = clock;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Lets one that waits for this queue look again. */
  wake(queue: string): void {
    const lane = this.#lanes.get(queue);
    if (lane === undefined) return;
    lane.wakes++;
    const [first] = lane.waiters;
    first?.();
  }

  /** Tries until there is an answer that is not empty, for `waitMs` at most. The signal is only looked at to wait. */
  async poll<T>(
    queue: string,
    waitMs: number,
    options: { readonly signal: AbortSignal },
    attempt: () => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    if (waitMs <= 0) return attempt();
    const lane = this.#enter(queue);
    try {
      const deadline = this.#clock.now() + waitMs;
      for (;;) {
        const { wakes } = lane;
        const found = await attempt();
        if (found.length > 0) {
          this.wake(queue); // there may be more, for the next one
          return found;
        }
        const left = deadline - this.#clock.now();
        if (left <= 0 || this.#closed || options.signal.aborted) return found;
        if (lane.wakes === wakes) await this.#wait(queue, lane, left, options.signal);
      }
    } catch (error) {
      this.wake(queue); // what failed here may be well for the next one
      throw error;
    } finally {
      lane.users--;
      if (lane.users === 0) {
        lane.cancel?.();
        this.#lanes.delete(queue);
      }
    }
  }

  /** Everybody who waits goes on with nothing. */
  close(): void {
    this.#closed = true;
    for (const lane of this.#lanes.values()) for (const waiter of [...lane.waiters]) waiter();
  }

  #enter(queue: string): Lane {
    let lane = this.#lanes.get(queue);
    if (lane === undefined) {
      lane = { waiters: new Set(), users: 0, wakes: 0, wakeAt: Infinity, cancel: undefined };
      this.#lanes.set(queue, lane);
    }
    lane.users++;
    return lane;
  }

  async #wait(queue: string, lane: Lane, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#waiting >= MAX_WAITING)
      throw queueError("QueueOverLimit", "Too many receivers wait for messages.");
    this.#waiting++;
    try {
      await new Promise<void>((resolve) => {
        const end = () => {
          lane.waiters.delete(end);
          cancel();
          signal.removeEventListener("abort", end);
          resolve();
        };
        const cancel = this.#clock.after(ms, end);
        signal.addEventListener("abort", end);
        lane.waiters.add(end);
        void this.#lookInto(queue, lane);
      });
    } finally {
      this.#waiting--;
    }
    // Who was woken and left would have taken the wake with it.
    if (signal.aborted) this.wake(queue);
  }

  /** Never rejects. */
  async #lookInto(queue: string, lane: Lane): Promise<void> {
    let next: number | undefined;
    try {
      next = await this.#queues.nextVisible(queue);
    } catch {
      next = this.#clock.now() + RETRY_MS; // what fails here fails there, too, and says so
    }
    if (next === undefined || lane.waiters.size === 0) return;
    const now = this.#clock.now();
    this.#wakeAt(queue, lane, next > now ? next : now + SHORTEST_WAIT_MS);
  }

  #wakeAt(queue: string, lane: Lane, at: number): void {
    if (at >= lane.wakeAt) return;
    lane.cancel?.();
    lane.wakeAt = at;
    lane.cancel = this.#clock.after(at - this.#clock.now(), () => {
      lane.wakeAt = Infinity;
      lane.cancel = undefined;
      this.wake(queue);
    });
  }
}
