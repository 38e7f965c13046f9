/** What the service needs of the world. */
import type { Clock } from "../../ports/clock.ts";
import type { QueueSource, StreamSource } from "../../ports/event-sources.ts";
import type { FunctionCalls } from "../../ports/function-calls.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { Records } from "../../ports/records.ts";
import type { Targets } from "../../ports/targets.ts";
import type { Tracer } from "../../ports/tracer.ts";
import type { CompilePattern, Pollers } from "../pollers/index.ts";

export interface MappingsDependencies {
  readonly records: Records;
  readonly clock: Clock;
  readonly queues: QueueSource;
  readonly streams: StreamSource;
  readonly pollers: Pollers;
  readonly functions: FunctionCalls;
  readonly tracer?: Tracer;
  readonly targets: Targets;
  readonly metrics: Metrics;
  readonly compilePattern: CompilePattern;
  /** Batches of one queue that run at a time, at most; Lambda's own limit is 1,250. */
  readonly maxConcurrency?: number;
  /** How long a mapping is on its way from one state to the next, in milliseconds. */
  readonly settleMs?: number;
  /** Hears of errors that are nobody's request. */
  onDefect(error: unknown, where: object): void;
  /** A batch was given up, and its destination does not take what was to be told of it. */
  onUndelivered(
    mapping: { readonly uuid: string; readonly destination: string },
    why: string,
  ): void;
}
