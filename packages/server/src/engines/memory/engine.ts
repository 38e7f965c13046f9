import type { Engine } from "../engine.ts";
import { MemoryBlobs } from "./blobs.ts";
import { MemoryLogs } from "./logs.ts";
import { MemoryRecords } from "./records.ts";

/** An engine that forgets everything: the executable specification of the ports, and what unit tests use. */
export function createMemoryEngine(): Engine {
  const records = new MemoryRecords();
  const blobs = new MemoryBlobs();
  const packageBlobs = new MemoryBlobs();
  const logs = new MemoryLogs();
  return {
    records,
    blobs,
    packageBlobs,
    logs,
    async close() {
      await Promise.all([records, blobs, packageBlobs, logs].map((port) => port.close()));
    },
  };
}
