/** What the service needs of the world. */
import type { Clock } from "../../ports/clock.ts";
import type { QueueSource, StreamSource } from "../../ports/event-sources.ts";
import type { FunctionCalls } from "../../ports/function-calls.ts";
import type { Records } from "../../ports/records.ts";
import type { Targets } from "../../ports/targets.ts";
import type { CompilePattern, Pollers } from "../pollers/index.ts";

export interface PipesDependencies {
  readonly records: Records;
  readonly clock: Clock;
  readonly queues: QueueSource;
  readonly streams: StreamSource;
  readonly pollers: Pollers;
  readonly functions: FunctionCalls;
  readonly targets: Targets;
  readonly compilePattern: CompilePattern;
  /** How long a pipe is on its way from one state to the next, in milliseconds. */
  readonly settleMs?: number;
  /** Hears of errors that are nobody's request. */
  onDefect(error: unknown, where: object): void;
  /** Records were given up, and the dead-letter queue does not take what was to be told of it. */
  onUndelivered(pipe: { readonly pipe: string; readonly destination: string }, why: string): void;
}
