/** Where the lines of instances go. Never blocks an invocation: what is too much is dropped and counted. */
export interface Logs {
  append(group: string, stream: string, lines: readonly LogLine[]): void;

  /** Lines of a group in order of arrival, at most `limit` (the newest ones), from `since` on (ms since the epoch). */
  read(
    group: string,
    options?: { readonly since?: number; readonly limit?: number },
  ): Promise<LogRecord[]>;

  /** Calls back for each line as it arrives. Returns the function that ends it. */
  follow(group: string, listener: (record: LogRecord) => void): () => void;

  /** Forgets a group. */
  delete(group: string): Promise<void>;

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
