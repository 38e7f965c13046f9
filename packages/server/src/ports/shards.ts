/**
 * Ordered durable logs: records are added at a shard's end, keep their order for ever, and are read from any place, as
 * often as one likes, until they are trimmed.
 *
 * A **shard** is a path of at least three plain segments, `account/region/kind[/name...]`, as a record's space is; it
 * exists from its first record, or its sealing, until it is deleted. The records of a shard have **numbers** that grow
 * and are never given twice, not even after a deletion. A place in a shard is the number of a record, and lies behind
 * it: 0 is before all. Times are milliseconds since the epoch and come from the caller; those of a shard never go back.
 *
 * Every write resolves once it is durable (fsynced). Writes of one turn of the event loop share an fsync.
 */
export interface Shards {
  /**
   * Adds records at the ends of their shards, all or none, in the order given; at most 1,000 and 32 MiB. Answers the
   * number of each; undefined for those whose shard is sealed, which are left out.
   * @throws YunqueError StorageBusy, StorageFull: nothing was added; StorageFailed: whether it was is not known.
   */
  append(records: readonly NewShardRecord[], now: number): Promise<(number | undefined)[]>;

  /** The records behind a place, in their order; none where there is no such shard. */
  read(shard: string, options: ReadShardOptions): Promise<ShardRecord[]>;

  /** The place before the first record that was added then or later; behind the last one where there is none. */
  placeAt(shard: string, time: number): Promise<number>;

  /** Undefined: there is no such shard. */
  describe(shard: string): Promise<ShardState | undefined>;

  /** Takes no more records, from now on. What is there stays. Again: nothing changes. */
  seal(shard: string): Promise<ShardState>;

  /** Removes the records that were added before a time; answers how many. */
  trim(shard: string, before: number): Promise<number>;

  /** Removes a shard with all its records. One of the same name may come later, with greater numbers. */
  delete(shard: string): Promise<void>;

  /** The shards that start with this prefix, sorted. */
  names(prefix: string): Promise<string[]>;

  /**
   * Calls back after each durable append to the shard, and after it was sealed or deleted. A listener that throws harms
   * nobody else. Returns the function that ends it.
   */
  watch(shard: string, listener: () => void): () => void;

  /** Finishes the calls under way; later ones are refused. Idempotent. */
  close(): Promise<void>;
}

export interface NewShardRecord {
  readonly shard: string;
  /** At most 10 MiB. */
  readonly body: Uint8Array;
  /** Whatever the owner of the shard keeps beside the body: text of at most 64 KiB. */
  readonly attributes: string;
}

export interface ShardRecord {
  readonly number: number;
  readonly addedAt: number;
  readonly body: Uint8Array;
  readonly attributes: string;
}

export interface ReadShardOptions {
  /** A place; 0 is before all. Where the next ones were trimmed, it goes on with the oldest there is. */
  readonly after: number;
  /** At most 10,000. */
  readonly limit: number;
  /** Bodies and attributes of at most so many bytes together, but always one record. At most, and usually, 32 MiB. */
  readonly maxBytes?: number;
}

export interface ShardState {
  /** The oldest record that is there, and when it was added. */
  readonly first?: { readonly number: number; readonly addedAt: number };
  /** All records have a number of at most this, and those to come a greater one. */
  readonly last: number;
  readonly records: number;
  /** Of bodies and attributes. */
  readonly bytes: number;
  readonly sealed: boolean;
}

/**
 * Waits until there is a record behind the place, or the shard is sealed or has been deleted; one that is not there may
 * come. Ends early, and answers false, when the signal is aborted.
 */
export async function moreBehind(
  shards: Shards,
  shard: string,
  place: number,
  signal: AbortSignal,
): Promise<boolean> {
  let wake = (): void => {};
  let changed = false;
  const change = () => {
    changed = true;
    wake();
  };
  const stop = shards.watch(shard, change);
  signal.addEventListener("abort", change);
  try {
    for (let woken = false; !signal.aborted; woken = true) {
      changed = false;
      const state = await shards.describe(shard);
      if (state ? state.sealed || state.last > place : woken) return true;
      if (!changed && !signal.aborted)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    return false;
  } finally {
    stop();
    signal.removeEventListener("abort", change);
  }
}
