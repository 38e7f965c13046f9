import { availableParallelism, totalmem } from "node:os";
import { RATE_PER_CONCURRENCY } from "../scaling/index.ts";

/** What the runtimes may take of the machine, and Lambda's own limits. Times in milliseconds. */
export interface ExecutorLimits {
  /** Invocations under way at once, waiting ones included. Lambda: 1,000 per account and region. */
  readonly concurrency: number;
  /** Synchronous requests per second for each of them. Lambda: 10; 0 for as many as come. */
  readonly requestRate: number;
  /** Instances alive at once. */
  readonly instances: number;
  /** Processes starting at once, until they run: more of them only slow each other down. */
  readonly starting: number;
  /** Invocations of one deployment that may wait for an instance. */
  readonly waiting: number;
  /** How long one may wait. */
  readonly waitMs: number;
  /** An instance without work is ended after this. */
  readonly idleMs: number;
  /** An instance without work is frozen after this: Lambda does so once everything has been said. */
  readonly freezeMs: number;
  /** Processes that have booted and wait to become an instance, of all kinds together: some 10 MB each. */
  readonly pooled: number;
  /** Walls that stand and wait for a process, of all kinds together: less than 1 MB each. */
  readonly walled: number;
  /** Lambda: the init phase may take 10 s; then it is tried again within the invocation. */
  readonly initMs: number;
  /** Lambda: 6 MB, and 100 bytes over. */
  readonly responseBytes: number;
  /** Lambda: 200 MB. */
  readonly streamBytes: number;
}

/** What a warm instance of a small function holds by itself. */
const INSTANCE_BYTES = 64 * 1024 * 1024;

/** Lambda's limits, and as many instances as fit into three quarters of this machine's memory. */
export const defaultLimits = (): ExecutorLimits => ({
  concurrency: 1_000,
  requestRate: RATE_PER_CONCURRENCY,
  instances: Math.max(4, Math.min(1_000, Math.floor((totalmem() * 0.75) / INSTANCE_BYTES))),
  starting: Math.max(2, 2 * availableParallelism()),
  waiting: 1_000,
  waitMs: 10_000,
  idleMs: 5 * 60_000,
  freezeMs: 100,
  pooled: 16,
  walled: 32,
  initMs: 10_000,
  responseBytes: 6_291_556,
  streamBytes: 200 * 1024 * 1024,
});
