/** What primary and workers do for each other, by name. Everything here is JSON. */
import type { Scope } from "../domain/scope.ts";
import type { ExecutorSnapshot, RuntimeVersion } from "../ports/executor.ts";
import type { Metrics } from "../ports/metrics.ts";
import type { Tracer } from "../ports/tracer.ts";
import type { LogBatch } from "./log-shipper.ts";
import type { ProvisionedReport } from "./provisioned-reports.ts";

/** What a worker answers once it could run functions. */
export interface WorkerPrepared<Isolation> {
  readonly runtimes: readonly string[];
  readonly isolation: Isolation;
}

/**
 * What a worker does. `Order` says what it shall become, `Isolation` what separates its instances, and `Snapshot` is a
 * function as invocations see it.
 */
export interface WorkerProcedures<Order, Isolation, Snapshot> {
  prepare(order: Order): Promise<WorkerPrepared<Isolation>>;
  /** Opens the public listener, and answers its origin. */
  listen(host: string, port: number): Promise<string>;
  /** A function is so from now on. */
  put(snapshot: Snapshot): void;
  /** Nothing is known of a function any more. */
  remove(scope: Scope, name: string): void;
  /** Answers once everything that was told before has taken effect. */
  settled(): void;
  /** It has so many permits of an account in a region more, as it wanted. */
  lent(account: string, region: string, permits: number): void;
  /** Gives back those that are not in use: how many. */
  reclaim(account: string, region: string): number;
  /** So many are what functions of an account share in a region. */
  limitAccount(account: string, region: string, unreserved: number): void;
  /** Sends the lines that its instances have written so far, then answers. */
  flushLogs(): void;
  snapshot(): ExecutorSnapshot;
  runtimeVersion(name: string): Promise<RuntimeVersion | undefined>;
  /** Takes no more requests, and lets those under way finish for at most so long. */
  drain(graceMs: number): Promise<void>;
  /** Ends every instance, those that run something after at most so long; then everything has been told. */
  end(graceMs: number): Promise<void>;
}

/** What the primary does. */
export interface PrimaryProcedures {
  /** Lends permits of an account in a region, and tells how many. */
  borrow(account: string, region: string, wanted: number): Promise<void>;
  /** Has a function read, and settled; tells the worker of it. */
  load(scope: Scope, name: string): Promise<void>;
  /** The same with the function that this URL belongs to. */
  loadUrl(id: string): Promise<void>;
  /** The directory of a package. */
  packageDirectory(id: string): Promise<string>;
  /** How far the provisioned concurrency of a function is. */
  provisioned(functionArn: string, report: ProvisionedReport): void;
  count: Metrics["count"];
  observe: Metrics["observe"];
  /** What a traced invocation did. */
  trace: Tracer["tell"];
  /** What its meters have counted since it told last. */
  metered(readings: readonly object[]): void;
  appendLogs(batches: readonly LogBatch[]): void;
  /** A defect of a worker's, for the platform's log. */
  defect(words: string): void;
}
