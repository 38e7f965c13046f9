import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LogQueries } from "../../ports/log-queries.ts";
import type { Logs } from "../../ports/logs.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Records } from "../../ports/records.ts";
import type { Targets } from "../../ports/targets.ts";

/** A value that a metric filter took out of a line. */
export interface LogMetric {
  readonly namespace: string;
  readonly name: string;
  readonly value: number;
  readonly unit?: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly timestamp: number;
}

export interface LogsDependencies {
  readonly records: Records;
  readonly logs: Logs;
  readonly logQueries: LogQueries;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly targets: Targets;
  /** Where values of metric filters go. */
  readonly onMetric: (scope: Scope, metric: LogMetric) => void;
  /** A defect, or storage that fails. */
  onFailure(error: unknown): void;
  /** Lines that a subscription filter could not bring to its destination. */
  onGivenUp(lost: { readonly filter: string; readonly destination: string }): void;
}
