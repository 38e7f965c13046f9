/**
 * Runs the messages of many queues of one kind, each queue for itself: at most so many at once of a queue and of all,
 * each queue in its turn, whatever waits in the others. In memory is what runs, never what waits.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Leased, NewMessage, Outcome, Queues } from "../../ports/queues.ts";
import { Lane } from "./lane.ts";
import { type Lease, Leases } from "./leases.ts";
import { Settlements } from "./settlements.ts";

/** What becomes of a message that ran. Undefined leaves it leased: the platform stops, and its next life runs it. */
export type Verdict =
  | {
      readonly become: Exclude<Outcome["become"], { readonly kind: "extended" }>;
      readonly enqueue?: Outcome["enqueue"];
      /** Its queue has no use for more messages now: they wait a while, and then one is tried. */
      readonly pause?: boolean;
      /** Called once it is durable. */
      readonly settled?: () => void;
    }
  | undefined;

export interface ConsumerOptions {
  readonly queues: Queues;
  readonly clock: Clock;
  /** The third segment of its queues' names. */
  readonly kind: string;
  readonly limits: ConsumerLimits;
  /** Runs a message. Where it rejects, that is a defect: it is told, and the message is tried again later. */
  run(message: Leased): Promise<Verdict>;
  /** How many messages of a queue may run at once; at least 1. */
  capacity(queue: string): number;
  /** A defect, or storage that fails. */
  onFailure(error: unknown): void;
}

export interface ConsumerLimits {
  /** Messages that run at once, of all queues together. */
  readonly running: number;
  /** Bytes of the bodies that are in memory. */
  readonly bytes: number;
  /** How long a message is ours unless we say so again: after a crash nobody else runs it before. */
  readonly leaseMs: number;
}

/** Messages that a queue hands out in one go: then the others have their turn. */
const BATCH = 32;
const BATCH_BYTES = 32 << 20;
/** After storage failed, or a defect of ours. */
const FAILURE_WAIT_MS = 1_000;
/** A queue that says that something is visible, and hands nothing out, is not asked at once. */
const SHORTEST_WAIT_MS = 10;

export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #settlements: Settlements;
  readonly #leases: Leases;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that may have something to run, in turn. */
  readonly #ready = new Set<Lane>();
  #running = 0;
  #closing = false;
  #idle: (() => void) | undefined;

  constructor(options: ConsumerOptions) {
    const { queues, clock, limits, onFailure } = options;
    this.#options = options;
    this.#settlements = new Settlements(queues, clock, onFailure);
    this.#leases = new Leases(limits.leaseMs, clock, this.#settlements);
  }

  /** Takes up what earlier lives of the platform left. */
  async start(): Promise<void> {
    const { queues, kind } = this.#options;
    for (const queue of await queues.names(""))
      if (queue.split("/")[2] === kind) this.#hasMore(this.#laneOf(queue));
    this.#pump();
  }

  /**
   * Adds a message. Resolves once it is durable; where there is room, it runs at once, without being read again.
   * @throws YunqueError where the storage does not take it.
   */
  async add(queue: string, message: NewMessage): Promise<void> {
    const { queues, clock, limits } = this.#options;
    const lane = this.#laneOf(queue);
    const direct = this.#isFree(lane) && message.delayMs === undefined;
    const enqueuedAt = clock.now();
    lane.arriving += 1;
    if (direct) this.#reserve(lane, 1);
    let running = false;
    try {
      const added = direct ? { ...message, leaseMs: limits.leaseMs } : message;
      const [enqueued] = await queues.enqueue(queue, [added], enqueuedAt);
      // It has no lease where another of its group is before it.
      if (enqueued !== undefined && enqueued.epoch > 0)
        running = this.#begin(lane, {
          queue,
          ...enqueued,
          ...message,
          attempts: 1,
          enqueuedAt,
          firstLeasedAt: enqueuedAt,
        });
      else this.#hasMore(lane);
    } finally {
      lane.arriving -= 1;
      if (direct && !running) this.#reserve(lane, -1);
      if (!running) {
        this.#tend(lane);
        this.#pump();
      }
    }
  }

  /** Something was added to a queue by somebody else, in a commit of his own. */
  wake(queue: string): void {
    this.#hasMore(this.#laneOf(queue));
    this.#pump();
  }

  /** Starts nothing more, and waits for what runs for at most `graceMs`. Answers how many are left running. */
  async close(graceMs: number): Promise<number> {
    this.#closing = true;
    for (const lane of this.#lanes.values()) lane.sleep();
    if (this.#running > 0)
      await new Promise<void>((resolve) => {
        const cancel = this.#options.clock.after(graceMs, resolve);
        this.#idle = () => {
          cancel();
          resolve();
        };
      });
    await this.#settlements.close();
    return this.#running;
  }

  #laneOf(queue: string): Lane {
    let lane = this.#lanes.get(queue);
    if (lane === undefined) {
      lane = new Lane(queue, this.#options.clock, (woken) => {
        this.#hasMore(woken);
        this.#pump();
      });
      this.#lanes.set(queue, lane);
    }
    return lane;
  }

  #hasMore(lane: Lane): void {
    lane.more = true;
    this.#ready.add(lane);
  }

  #wakeAt(lane: Lane, at: number): void {
    if (!this.#closing) lane.wakeAt(at);
  }

  /** Something happened to a lane: it goes on where there is more of it, and is forgotten where nothing is left. */
  #tend(lane: Lane): void {
    if (lane.more) this.#ready.add(lane);
    else if (lane.idle) this.#lanes.delete(lane.queue);
  }

  get #full(): boolean {
    const { running, bytes } = this.#options.limits;
    return (
      this.#closing ||
      this.#running >= running ||
      this.#leases.size >= running * 2 ||
      this.#leases.bytes >= bytes
    );
  }

  #isFree(lane: Lane): boolean {
    return !this.#full && !lane.more && !lane.leasing && this.#room(lane) > 0;
  }

  /** How many more messages of a lane may run. */
  #room(lane: Lane): number {
    const { clock, limits, capacity } = this.#options;
    return Math.min(
      lane.room(clock.now()),
      capacity(lane.queue) - lane.running,
      limits.running - this.#running,
    );
  }

  #reserve(lane: Lane, messages: number): void {
    lane.running += messages;
    this.#running += messages;
    if (this.#running === 0) this.#idle?.();
  }

  #pump(): void {
    const { capacity } = this.#options;
    for (const lane of this.#ready) {
      if (this.#full) return;
      this.#ready.delete(lane);
      if (lane.leasing || !lane.more) continue;
      const room = Math.min(this.#room(lane), BATCH);
      // What has no room goes on when one of its messages ends, or then.
      if (room > 0) void this.#lease(lane, room);
      else if (lane.running < capacity(lane.queue)) this.#wakeAt(lane, lane.roomAt);
    }
  }

  /** Never rejects. */
  async #lease(lane: Lane, limit: number): Promise<void> {
    const { queues, clock, limits, onFailure } = this.#options;
    lane.leasing = true;
    lane.more = false; // what comes from now on says so itself
    this.#reserve(lane, limit);
    let left = limit;
    try {
      const now = clock.now();
      const maxBytes = Math.min(limits.bytes - this.#leases.bytes, BATCH_BYTES);
      const options = { now, leaseMs: limits.leaseMs, limit, maxBytes };
      const messages = await queues.lease(lane.queue, options);
      for (const message of messages) if (this.#begin(lane, message)) left -= 1;
      if (messages.length > 0) lane.more = true;
      else if (!lane.more) this.#lookInto(lane);
    } catch (error) {
      onFailure(error);
      this.#wakeAt(lane, clock.now() + FAILURE_WAIT_MS);
    }
    lane.leasing = false;
    this.#reserve(lane, -left);
    this.#tend(lane);
    this.#pump();
  }

  /** Finds out when there will be something in a queue. */
  #lookInto(lane: Lane): void {
    const { queues, clock, onFailure } = this.#options;
    lane.arriving += 1; // so that it is not forgotten meanwhile
    queues
      .nextVisible(lane.queue)
      .then((next) => {
        const now = clock.now();
        if (next !== undefined) this.#wakeAt(lane, next > now ? next : now + SHORTEST_WAIT_MS);
      })
      .catch((error: unknown) => {
        onFailure(error);
        this.#wakeAt(lane, clock.now() + FAILURE_WAIT_MS);
      })
      .finally(() => {
        lane.arriving -= 1;
        this.#tend(lane);
      });
  }

  /**
   * Runs a message in the place that was reserved for it. Answers whether it does: what comes after everything was to
   * stop is left to the next life of the platform.
   */
  #begin(lane: Lane, message: Leased): boolean {
    if (this.#closing) return false;
    const { queue, id, epoch, body } = message;
    const lease = this.#leases.take(queue, id, epoch, body.length);
    if (lease === undefined) return false;
    void this.#run(lane, lease, message);
    return true;
  }

  /** Never rejects. */
  async #run(lane: Lane, lease: Lease, message: Leased): Promise<void> {
    const { clock, run, onFailure } = this.#options;
    let verdict: Verdict;
    try {
      verdict = await run(message);
    } catch (error) {
      onFailure(error);
      verdict = { become: { kind: "again", delayMs: FAILURE_WAIT_MS } };
    }
    if (verdict === undefined) this.#leases.drop(lease);
    else this.#settle(lane, lease, verdict, message.group !== undefined);
    lane.ran(clock.now(), verdict?.pause === true);
    this.#reserve(lane, -1);
    this.#tend(lane);
    this.#pump();
  }

  #settle(lane: Lane, lease: Lease, verdict: NonNullable<Verdict>, grouped: boolean): void {
    const { become, enqueue, settled } = verdict;
    const { queue, id, epoch } = lease;
    const added = enqueue === undefined ? {} : { enqueue };
    lane.settling += 1;
    this.#settlements.add({ queue, id, epoch, become, ...added }, (held) => {
      lane.settling -= 1;
      this.#leases.drop(lease);
      if (become.kind === "again") this.#wakeAt(lane, this.#options.clock.now() + become.delayMs);
      else if (grouped) this.#hasMore(lane); // the next of its group
      if (held) settled?.();
      this.#tend(lane);
      this.#pump();
    });
  }
}
