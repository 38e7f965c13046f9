import type { NetworkRule } from "../../domain/function-network.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Delivery, Destinations } from "../../ports/destinations.ts";
import type { Executor } from "../../ports/executor.ts";
import type { Metering } from "../../ports/metering.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { Packages } from "../../ports/packages.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Records } from "../../ports/records.ts";
import type { Tracer } from "../../ports/tracer.ts";
import type { Catalog, Publish } from "./catalog.ts";
import type { Settler } from "./settle.ts";
import type { SnapStarts } from "./snap-start.ts";
import type { Store } from "./store.ts";

/** An object of a bucket that a function's code comes from. */
export interface CodeObject {
  readonly bucket: string;
  readonly key: string;
  readonly version?: string | undefined;
}

/** Why a function's code could not be read from its bucket, in S3's words: NoSuchBucket, NoSuchKey, ... */
export class CodeObjectError extends Error {
  override readonly name = "CodeObjectError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the functions service needs of the rest of the platform. */
export interface FunctionsDependencies {
  readonly records: Records;
  readonly packages: Packages;
  readonly executor: Omit<Executor, "snapshot" | "close">;
  readonly clock: Clock;
  readonly queues: Queues;
  readonly destinations: Destinations;
  readonly metrics: Metrics;
  /** Absent where nobody counts invocations. */
  readonly metering?: Metering;
  /** Absent where nothing is traced. */
  readonly tracer?: Tracer;
  /** A defect of ours or storage that fails, behind the back of any caller. */
  onFailure(error: unknown): void;
  /** A record or a dead letter was given up: its destination did not take it. */
  onUndelivered(delivery: Delivery, why: string): void;
  /**
   * The bytes of an object, at most `maxBytes`.
   * @throws CodeObjectError where it cannot be had.
   */
  readObject(scope: Scope, object: CodeObject, maxBytes: number): Promise<Uint8Array>;
  /** In [0, 1): which version of a weighted alias an invocation gets. */
  random(): number;
  readonly limits: FunctionsLimits;
  /** What functions may reach of the network. */
  readonly network: NetworkRule;
  /** Absent where no other process invokes. */
  readonly publish?: Publish;
}

export interface FunctionsLimits {
  /** Of an account in a region; Lambda's default is 1,000. */
  readonly concurrency: number;
  /** How long a function stays Pending, and an update InProgress, in milliseconds. An invocation does not wait for it. */
  readonly settleMs: number;
  /** Asynchronous events that are accepted at a time: taken from their callers, and not durable yet. */
  readonly acceptingEvents: number;
  /** Bytes of events that are in memory, whether they are accepted or run. */
  readonly eventBytes: number;
  /** Asynchronous events of one function that run at a time. */
  readonly eventConcurrency: number;
  /** How long an event is this process's own without a sign of life, in milliseconds. */
  readonly eventLeaseMs: number;
}

export const DEFAULT_LIMITS: FunctionsLimits = {
  concurrency: 1_000,
  settleMs: 250,
  acceptingEvents: 10_000,
  eventBytes: 256 << 20,
  eventConcurrency: 100,
  eventLeaseMs: 60_000,
};

/** What the use cases share. */
export interface FunctionsContext extends FunctionsDependencies {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly settler: Settler;
  readonly snapStarts: SnapStarts;
}
