import type { Engine } from "../engine.ts";
import { MemoryBlobs } from "./blobs.ts";
import { MemoryLogs } from "./logs.ts";
import { MemoryQueues } from "./queues.ts";
import { MemoryRecords } from "./records.ts";
import { MemoryShards } from "./shards.ts";

/** An engine that forgets everything: the executable specification of the ports, and what unit tests use. */
export function createMemoryEngine(): Engine {
  const records = new MemoryRecords();
  const blobs = new MemoryBlobs();
  const packageBlobs = new MemoryBlobs();
  const logs = new MemoryLogs();
  const queues = new MemoryQueues();
  const shards = new MemoryShards();
  return {
    records,
    blobs,
    packageBlobs,
    logs,
    logQueries: logs,
    queues,
    shards,
    async close() {
      const ports = [records, blobs, packageBlobs, logs, queues, shards];
      await Promise.all(ports.map((port) => port.close()));
    },
  };
}
