import type { Clock } from "../../ports/clock.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { Records } from "../../ports/records.ts";

/** What the traces service needs of the rest of the platform. */
export interface TracesDependencies {
  readonly records: Records;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "count">;
  /** In [0, 1): which requests a rate chooses. */
  readonly random?: () => number;
  /** Storage that fails behind the back of any caller, or a defect of ours. */
  onFailure(error: unknown): void;
  readonly limits?: Partial<TraceLimits>;
}

export interface TraceLimits {
  /** Segments are kept so long, in milliseconds. X-Ray: 30 days. */
  readonly retentionMs: number;
  /** Bytes of documents on disk; beyond it the oldest traces go. */
  readonly bytes: number;
  /** Documents, and their bytes, that wait to be written; more are dropped. */
  readonly waiting: number;
  readonly waitingBytes: number;
}

export const DEFAULT_TRACE_LIMITS: TraceLimits = {
  retentionMs: 30 * 24 * 3600 * 1000,
  bytes: 1 << 30,
  waiting: 20_000,
  waitingBytes: 32 << 20,
};
