/** Polling queues and streams, for whoever has their messages processed in batches. The folder's only door. */
import type { Clock } from "../../ports/clock.ts";
import type { QueueSource, StreamSource } from "../../ports/event-sources.ts";
import { Budget } from "./budget.ts";
import type { Poller } from "./context.ts";
import { QueuePoller } from "./queue-poller.ts";
import type { QueueWork } from "./queue-work.ts";
import { placeShards, StreamPoller } from "./stream-poller.ts";
import type { Checkpoints, StreamWork } from "./stream-work.ts";

export { batchInfo } from "./batch-info.ts";
export { failedItems } from "./batch-response.ts";
export { checkpointsIn } from "./checkpoints.ts";
export type { Poller } from "./context.ts";
export { type CompilePattern, compileFilters } from "./filters.ts";
export type { QueueItem, QueueOutcome, QueueWork } from "./queue-work.ts";
export { queueRecord, type SourceRecord, streamRecord } from "./records.ts";
export type {
  Checkpoints,
  LostBatch,
  StreamCall,
  StreamOutcome,
  StreamWork,
  WindowCall,
} from "./stream-work.ts";

export interface Pollers {
  queue(work: QueueWork): Poller;
  stream<Last>(work: StreamWork<Last>, checkpoints: Checkpoints): Poller;
  /** Fixes where the shards of a stream begin that are there now, unless that was done before. */
  place(
    work: Pick<StreamWork<unknown>, "streamArn" | "start">,
    checkpoints: Checkpoints,
  ): Promise<void>;
}

export interface PollersDependencies {
  readonly clock: Clock;
  readonly queues: QueueSource;
  readonly streams: StreamSource;
  /** Of messages and records that are in memory, of all pollers together. */
  readonly maxBytes?: number;
}

export function createPollers({
  clock,
  queues,
  streams,
  maxBytes = 256 << 20,
}: PollersDependencies): Pollers {
  const context = { clock, budget: new Budget(maxBytes) };
  return {
    queue: (work) => new QueuePoller(context, queues, work),
    stream: (work, checkpoints) => new StreamPoller(context, streams, work, checkpoints),
    place: (work, checkpoints) => placeShards(streams, work, checkpoints),
  };
}
