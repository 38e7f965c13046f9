/**
 * Where lines of logs are kept. Appending never blocks: what is too much is dropped and counted, and a line of the
 * platform's own says how many were. A group's key is any text of at most 1,024 characters: `account/region/name`, as
 * `domain/log-group.ts` makes it. A message is cut after 1,048,576 characters, and is well-formed: lone surrogates become
 * U+FFFD.
 */
export interface Logs {
  append(group: string, stream: string, lines: readonly LogLine[]): void;

  /**
   * Resolves once what was appended before survives the end of the process and of the machine.
   * @throws YunqueError StorageFull, StorageFailed where lines of the group could not be written
   */
  sync(group: string): Promise<void>;

  /**
   * Lines of a group in order of arrival, with all that were appended before the call: the newest `limit` (default
   * 1,000, at most 10,000) of those whose timestamp is `since` or later (ms since the epoch).
   */
  read(
    group: string,
    options?: { readonly since?: number; readonly limit?: number },
  ): Promise<LogRecord[]>;

  /** The same by the lines' own times: in order of timestamp, and of arrival where it is the same. */
  select(group: string, selection: LogSelection): Promise<LogRecord[]>;

  /**
   * Calls back for each line as it arrives. A listener that throws harms nobody else. Returns the function that ends
   * it.
   */
  follow(group: string, listener: (record: LogRecord) => void): () => void;

  /** Calls back for each batch of lines of any group as it arrives; it must be quick. Otherwise as `follow`. */
  listen(listener: (batch: LogBatch) => void): () => void;

  /** Bytes that the group's lines take where they are kept, roughly. */
  size(group: string): Promise<number>;

  /** Forgets what a group has so far. */
  delete(group: string): Promise<void>;

  /** Forgets lines older than this (ms since the epoch), as far as nothing younger is kept together with them. */
  expire(group: string, before: number): Promise<void>;

  /** Writes down what was appended; later lines are dropped, other later calls refused. Idempotent. */
  close(): Promise<void>;
}

export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** Without the line end. */
  readonly message: string;
  readonly requestId?: string;
}
export interface LogRecord extends LogLine {
  /** Unique, and grows with arrival: microseconds since the epoch, about. */
  readonly id: number;
  readonly stream: string;
}

export interface LogBatch {
  readonly group: string;
  readonly stream: string;
  readonly records: readonly LogRecord[];
}

/** Where a line stands in the order of `select`. */
export interface LogPosition {
  readonly timestamp: number;
  readonly id: number;
}

export interface LogSelection {
  /** Both included. */
  readonly from?: number;
  readonly to?: number;
  /** At most 100; absent: all. */
  readonly streams?: readonly string[];
  readonly streamPrefix?: string;
  /** Both excluded. */
  readonly after?: LogPosition;
  readonly before?: LogPosition;
  /** The last ones instead of the first ones. */
  readonly newest?: boolean;
  /** At most 10,000. */
  readonly limit: number;
}
