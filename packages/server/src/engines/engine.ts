import type { Blobs } from "../ports/blobs.ts";
import type { LogQueries } from "../ports/log-queries.ts";
import type { Logs } from "../ports/logs.ts";
import type { Queues } from "../ports/queues.ts";
import type { Records } from "../ports/records.ts";
import type { Shards } from "../ports/shards.ts";

/** What keeps a platform's state: the storage ports, of one kind, opened and closed together. */
export interface Engine {
  readonly records: Records;
  /** Object bodies and parts. */
  readonly blobs: Blobs;
  /** Zips of functions and layers, apart from the others: who owns blobs sweeps them, and knows no one else's. */
  readonly packageBlobs: Blobs;
  readonly logs: Logs;
  readonly logQueries: LogQueries;
  readonly queues: Queues;
  readonly shards: Shards;
  /** Finishes what was acknowledged or is under way, refuses everything later. Idempotent. */
  close(): Promise<void>;
}
