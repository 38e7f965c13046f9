import type { Clock } from "../../ports/clock.ts";
import type { Budget } from "./budget.ts";

/** What all pollers need of the world. */
export interface PollerContext {
  readonly clock: Clock;
  readonly budget: Budget;
}

/** Something that polls until it is stopped. */
export interface Poller {
  /** Polls no more; resolves once nothing new will be processed, and what was not begun is visible again. */
  stop(): Promise<void>;
  /** Stops, and lets what runs end for so long. Answers how many batches were left. */
  close(graceMs: number): Promise<number>;
}

/** AWS: a batch is at most 6 MB, the payload of a synchronous invocation. What is around the records is in it. */
export const MAX_BATCH_BYTES = 6 * 1024 * 1024 - 1024;

/** A record as the JSON that goes into a batch. */
export interface Prepared {
  readonly json: string;
  /** Of `json` in UTF-8. */
  readonly bytes: number;
}

export const prepared = (json: string): Prepared => ({ json, bytes: Buffer.byteLength(json) });
