/** A function's log as the admin API tells it: what there is, then what comes. */
import type { LogLine } from "./api.ts";

export interface LogRecord {
  readonly timestamp: number;
  readonly stream: string;
  readonly message: string;
  readonly requestId?: string;
}

/** What the admin API needs of the log store. */
export interface LogReader {
  /** The newest `limit` lines of a group from `since` on, in order of arrival. */
  read(
    group: string,
    options: { readonly since?: number; readonly limit?: number },
  ): Promise<readonly LogRecord[]>;
  /** Calls back for each line as it arrives; returns the function that ends it. */
  follow(group: string, listener: (record: LogRecord) => void): () => void;
}

export interface LogQuery {
  readonly since?: number | undefined;
  readonly limit: number;
  readonly follow: boolean;
}

/** Lines that wait for a slow reader; further ones are skipped, and the reader is told how many. */
const MOST_WAITING = 10_000;

/** The lines of a group; with `follow` it goes on until the signal aborts. */
export async function* logLines(
  logs: LogReader,
  group: string,
  { since, limit, follow }: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const options = since === undefined ? { limit } : { since, limit };
  if (!follow) return yield* await logs.read(group, options);
  const arriving = waitingLines(signal);
  const stop = logs.follow(group, arriving.push);
  try {
    const past = await logs.read(group, options);
    yield* past;
    // What arrived while the past was read may be in both.
    arriving.drop(past);
    yield* arriving.lines();
  } finally {
    stop();
  }
}

function waitingLines(signal: AbortSignal) {
  let waiting: LogRecord[] = [];
  let skipped = 0;
  let wake = () => {};
  signal.addEventListener("abort", () => wake(), { once: true });
  return {
    push(record: LogRecord) {
      if (waiting.length < MOST_WAITING) waiting.push(record);
      else skipped++;
      wake();
    },
    drop(known: readonly LogRecord[]) {
      const counts = new Map<string, number>();
      for (const record of known) counts.set(key(record), (counts.get(key(record)) ?? 0) + 1);
      waiting = waiting.filter((record) => {
        const count = counts.get(key(record)) ?? 0;
        counts.set(key(record), count - 1);
        return count <= 0;
      });
    },
    async *lines(): AsyncGenerator<LogLine> {
      while (!signal.aborted) {
        const batch = waiting;
        const lost = skipped;
        waiting = [];
        skipped = 0;
        yield* batch;
        if (lost > 0) yield { skipped: lost };
        if (waiting.length === 0 && !signal.aborted)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}

const key = ({ timestamp, stream, message }: LogRecord): string =>
  `${timestamp} ${stream} ${message}`;
