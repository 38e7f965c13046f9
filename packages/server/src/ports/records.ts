/**
 * Small durable facts: configuration, names, metadata. A record is JSON under a space and an id.
 *
 * A **space** is a path of at least three plain segments, `account/region/kind[/parent...]`, so that every engine
 * can shard by it: printable ASCII, at most 1,024 characters. An **id** is any text of at most 1,100 bytes of UTF-8
 * without U+0000 or lone surrogates. Ids sort by their UTF-8 bytes, as S3 lists keys. A **value** is plain JSON of at
 * most 4 MiB and comes back as JSON.parse(JSON.stringify(value)) would give it. Each call rejects with a RangeError
 * what is outside of these bounds, and with an error of ports/storage-errors.ts what the store could not do.
 */
export interface Records {
  get<T>(space: string, id: string): Promise<Versioned<T> | undefined>;

  /**
   * Records of one space in order of id, all as of one moment. `after` is exclusive, `limit` at most 10,000
   * (default 1,000).
   */
  list<T>(space: string, options?: ListOptions): Promise<Listed<T>[]>;

  /** Every space that starts with this prefix and holds a record, sorted. */
  spaces(prefix: string): Promise<string[]>;

  /**
   * Applies all changes or none, in their order; at most 12,000 changes and 32 MiB of values. Every `expect` speaks of
   * the state before the commit. Resolves once the changes are durable (fsynced); a reader that starts afterwards sees
   * them. Commits of one caller that overlap take effect in the order of the calls.
   * @throws RecordConflict where an `expect` does not hold; then nothing was changed.
   */
  commit(changes: readonly Change[]): Promise<void>;

  /**
   * Calls back after each durable commit that put or deleted records of the space. A listener that throws harms nobody
   * else. Returns the function that ends it.
   */
  watch(space: string, listener: (ids: readonly string[]) => void): () => void;

  /** Finishes the commits under way; later calls are refused. */
  close(): Promise<void>;
}

export interface Versioned<T> {
  readonly value: T;
  /** Grows with every change of this record, and is never given twice, not even after a deletion. */
  readonly revision: number;
}
export interface Listed<T> extends Versioned<T> {
  readonly id: string;
}
export interface ListOptions {
  readonly prefix?: string;
  readonly after?: string;
  readonly limit?: number;
}

/**
 * `expect`: the revision that must be there, 0 for "no such record"; absent for "whatever is there". A `check` writes
 * nothing, does not wake watchers and gives no new revision: it only makes the commit depend on another record.
 */
export type Change =
  | {
      readonly put: unknown;
      readonly space: string;
      readonly id: string;
      readonly expect?: number;
    }
  | {
      readonly delete: true;
      readonly space: string;
      readonly id: string;
      readonly expect?: number;
    }
  | {
      readonly check: true;
      readonly space: string;
      readonly id: string;
      readonly expect: number;
    };

/** Somebody else changed the record first. Read again, and decide again. */
export class RecordConflict extends Error {
  override readonly name = "RecordConflict";
  readonly space: string;
  readonly id: string;

  constructor(space: string, id: string) {
    super(`the record ${space} ${id} is not what was expected`);
    this.space = space;
    this.id = id;
  }
}
