import { join, resolve } from "node:path";
import type { Engine } from "../engine.ts";
import { EmbeddedBlobs } from "./blobs.ts";
import { makeDirectories } from "./files.ts";
import { lockDirectory } from "./lock.ts";
import { EmbeddedLogs } from "./logs.ts";
import { shutting } from "./private-directory.ts";
import { EmbeddedQueues } from "./queues.ts";
import { EmbeddedRecords } from "./records.ts";
import { EmbeddedShards } from "./shards.ts";
import { translating } from "./storage-faults.ts";

export interface EmbeddedOptions {
  /** Belongs to this platform alone; made where it is missing, for our own user only. */
  readonly directory: string;
}

/**
 * Opens the engine of one machine: SQLite for records, queues and shards, files for blobs and logs, no daemon. It can be used at
 * once. The thread that writes records starts meanwhile, those of queues and shards when they are first needed; the first
 * commits wait for them.
 * @throws YunqueError StorageInUse, StorageTooNew, StorageDamaged, StorageFull, StorageFailed
 */
export async function openEmbeddedEngine({ directory }: EmbeddedOptions): Promise<Engine> {
  const root = resolve(directory);
  const objects = join(root, "blobs", "objects");
  const zips = join(root, "blobs", "packages");
  const tails = join(root, "logs");
  translating(root, () => {
    const shut = shutting(root);
    makeDirectories(objects, zips, tails);
    shut();
  });
  const unlock = lockDirectory(root);
  const ports: Port[] = [];
  const closeAll = () => Promise.all(ports.map((port) => port.close())).finally(unlock);
  const opened = <Opened extends Port>(port: Opened): Opened => {
    ports.push(port);
    return port;
  };
  try {
    const records = opened(new EmbeddedRecords(join(root, "records.db")));
    const queues = opened(new EmbeddedQueues(join(root, "queues.db")));
    const shards = opened(new EmbeddedShards(join(root, "shards.db")));
    const blobs = opened(new EmbeddedBlobs(objects));
    const packageBlobs = opened(new EmbeddedBlobs(zips));
    const logs = opened(new EmbeddedLogs(tails));
    let closing: Promise<unknown> | undefined;
    return {
      records,
      blobs,
      packageBlobs,
      logs,
      logQueries: logs,
      queues,
      shards,
      async close() {
        closing ??= closeAll();
        await closing;
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

interface Port {
  close(): Promise<void>;
}
