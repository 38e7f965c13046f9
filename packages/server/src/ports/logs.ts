/**
 * Where the lines of instances go. Never blocks an invocation: what is too much is dropped and counted, and a line of
 * the platform's own says how many were. Old lines give way to new ones: an engine keeps a bounded tail of each group.
 * A message is cut after 262,144 characters. A group's name is any text of at most 1,024 characters.
 */
export interface Logs {
  append(group: string, stream: string, lines: readonly LogLine[]): void;

  /**
   * Lines of a group in order of arrival, with all that were appended before the call: the newest `limit` (default
   * 1,000, at most 10,000) of those whose timestamp is `since` or later (ms since the epoch).
   */
  read(
    group: string,
    options?: { readonly since?: number; readonly limit?: number },
  ): Promise<LogRecord[]>;

  /**
   * Calls back for each line as it arrives. A listener that throws harms nobody else. Returns the function that ends
   * it.
   */
  follow(group: string, listener: (record: LogRecord) => void): () => void;

  /** Forgets what a group has so far. */
  delete(group: string): Promise<void>;

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
  readonly stream: string;
}
