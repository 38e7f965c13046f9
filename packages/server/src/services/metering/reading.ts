/** What a meter has counted since it was read last. Plain JSON: workers send it to the process that keeps it. */
import type { MeterSubject } from "../../ports/metering.ts";

export interface MeterReading {
  readonly subject: MeterSubject;
  /** When the first of it happened, in milliseconds since the epoch. */
  readonly since: number;
  /** Invocations that ran. */
  readonly requests: number;
  readonly errors: number;
  readonly throttles: number;
  readonly billedMs: number;
  readonly durationMs: number;
  readonly shortest: number;
  readonly longest: number;
  /** Milliseconds, how often, ... to 1 %. */
  readonly durations: readonly number[];
  readonly inits: number;
  readonly initMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Most that were under way at once. */
  readonly most: number;
}
