/**
 * Durable messages that are handed out under leases, at least once each.
 *
 * A **queue** is a path of at least three plain segments, `account/region/kind[/name...]`, as a record's space is; it
 * exists while it holds a message. Times are milliseconds since the epoch and come from the caller, so that tests need
 * not wait. A message is in one of three states: *delayed* (visible later), *visible*, *leased*; a lease that ran out
 * makes its message visible again, and can be settled all the same until the message is leased again. Leases do not
 * outlive the process that took them: after a reopen all of them have run out, with their attempts counted.
 *
 * Every call resolves once it is durable (fsynced). Calls of one turn of the event loop share an fsync.
 */
export interface Queues {
  /**
   * Adds messages, all or none, behind those of the queue that are visible at the same time or earlier. At most 1,000
   * messages and 32 MiB. Answers one message each, in order; those with `leaseMs` are leased already, by the caller,
   * in the same commit, unless another of their group is there before them. Of a message that is to be added `once`,
   * and was, the first is answered.
   * @throws YunqueError StorageBusy, StorageFull: nothing was added; StorageFailed: whether it was is not known.
   */
  enqueue(queue: string, messages: readonly NewMessage[], now: number): Promise<Enqueued[]>;

  /**
   * Leases the messages of a queue that are visible, the longest visible first; of one group only the first that is
   * left, and none while that is leased or delayed; with `groupLimit` those that follow it, too, in their order, until
   * one that is leased or delayed. A message's attempt is counted here, not when it ends.
   */
  lease(queue: string, options: LeaseOptions): Promise<Leased[]>;

  /**
   * Ends or changes leases, all or none with what they add elsewhere: at most 1,000 outcomes, which add as much as
   * one `enqueue` may. Answers for each whether its lease was still held: where it was not (it was settled, or its
   * message leased again), nothing of that outcome was done, and the others were.
   */
  settle(outcomes: readonly Outcome[], now: number): Promise<boolean[]>;

  /** What is known of a message that the queue holds: for who was told by `settle` that a lease is not held. */
  find(queue: string, id: MessageId): Promise<MessageState | undefined>;

  /**
   * Removes messages that were added before that time, leased ones too, the oldest first; at most 1,000 at a time.
   * Answers how many.
   */
  expire(queue: string, before: number): Promise<number>;

  /** How many messages a queue holds, and when the one that was added first was added. */
  depth(queue: string, now: number): Promise<Depth>;

  /** The queues that start with this prefix and hold a message, sorted. */
  names(prefix: string): Promise<string[]>;

  /** Removes every message of a queue, leased ones too; answers how many. */
  purge(queue: string): Promise<number>;

  /**
   * When the next message of a queue that is not leased is visible, or the next lease runs out; undefined: never. A
   * message that waits for another of its group does not count.
   */
  nextVisible(queue: string): Promise<number | undefined>;

  /** Finishes the calls under way; later ones are refused. Idempotent. */
  close(): Promise<void>;
}

export interface NewMessage {
  /** At most 2 MiB. */
  readonly body: Uint8Array;
  /** Whatever the owner of the queue keeps beside the body: JSON text of at most 64 KiB. */
  readonly attributes: string;
  /** Not visible before this long after `now`. All waits are whole milliseconds, of at most 366 days. */
  readonly delayMs?: number;
  /** Leased at once for so long, with its first attempt counted; not with `delayMs`, and not where `settle` adds it. */
  readonly leaseMs?: number;
  /** At most 256 bytes. Messages of one group are handed out one at a time and in the order in which they were added. */
  readonly group?: string;
  /** When it was added, where that was earlier and elsewhere. */
  readonly enqueuedAt?: number;
  /** Not added where it was before; not where `settle` adds it. */
  readonly once?: Once;
}

/**
 * A message that is added once. The queue remembers its first key for so long, also where it holds no message any more
 * or was purged, and adds no message of which it remembers a key.
 */
export interface Once {
  /** 1 to 4, of at most 512 bytes each. */
  readonly keys: readonly string[];
  readonly forMs: number;
  /** Told of the first message to who adds another one. At most 256 bytes. */
  readonly note: string;
}

export interface Enqueued {
  readonly id: MessageId;
  /** Names the lease; 0 where it is not leased. */
  readonly epoch: number;
  /** It was added before, as the message of this id: the note that came with it. */
  readonly duplicate?: string;
}

/** Grows with every message of the engine, and is never given twice. */
export type MessageId = number;

export interface LeaseOptions {
  readonly now: number;
  readonly leaseMs: number;
  /** At most 1,000. */
  readonly limit: number;
  /** Bodies of at most so many bytes together, but always one. 32 MiB unless said, which is also the most. */
  readonly maxBytes?: number;
  /** So many messages of one group at most, 1 to 1,000; 1 unless said. */
  readonly groupLimit?: number;
  /** Messages that were added before are removed (as `expire` does) and not handed out. */
  readonly expireBefore?: number;
}

export interface Leased {
  readonly queue: string;
  readonly id: MessageId;
  /** Every lease of a message has a higher one: who holds an older one is told so by `settle`. */
  readonly epoch: number;
  readonly body: Uint8Array;
  readonly attributes: string;
  readonly group?: string;
  /** How often it was leased, this time included. */
  readonly attempts: number;
  readonly enqueuedAt: number;
  /** When it was leased for the first time. */
  readonly firstLeasedAt: number;
}

export interface MessageState {
  /** Of its newest lease; 0: it was never leased. */
  readonly epoch: number;
  /** When its newest lease runs out, or ran out; absent where it has none that could be settled. */
  readonly leasedUntil?: number;
}

/** What becomes of a lease. `enqueue` adds messages, to other queues too, in the same commit. */
export interface Outcome {
  readonly queue: string;
  readonly id: MessageId;
  readonly epoch: number;
  readonly become:
    | { readonly kind: "done" }
    /** Visible again after `delayMs`, with other attributes where they are given. */
    | { readonly kind: "again"; readonly delayMs: number; readonly attributes?: string }
    /** Leased for so long from now on, under the same epoch. */
    | { readonly kind: "extended"; readonly leaseMs: number };
  /** Nothing is done where the lease has run out, also where nobody leased the message again. */
  readonly unlessEnded?: true;
  readonly enqueue?: readonly { readonly queue: string; readonly message: NewMessage }[];
}

export interface Depth {
  readonly visible: number;
  readonly delayed: number;
  readonly leased: number;
  /** Bytes of all bodies. */
  readonly bytes: number;
  readonly oldestEnqueuedAt?: number;
}
