/** Who counts invocations. Counting never fails, never waits and allocates nothing. */
import type { InvocationReport } from "../domain/invocation.ts";

export interface Metering {
  /** The meter of a version as it is called by one name; asked for once, and kept. */
  meter(subject: MeterSubject): InvocationMeter;
}

export interface MeterSubject {
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  readonly version: string;
  /** How it is called: an alias, a version, or nothing. */
  readonly qualifier: string | undefined;
  readonly memoryMB: number;
  readonly storageMB: number;
  readonly architecture: "x86_64" | "arm64";
  /** It has reserved concurrency. */
  readonly reserved: boolean;
  readonly tags: readonly (readonly [key: string, value: string])[];
}

export interface InvocationMeter {
  /** One more is under way. */
  begun(bytesIn: number): void;
  /** It ran, and is over. */
  ended(report: InvocationReport, failed: boolean, bytesOut: number): void;
  /** It did not run. */
  refused(throttled: boolean): void;
}
