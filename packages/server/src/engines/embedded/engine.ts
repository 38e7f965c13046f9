import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../engine.ts";
import { EmbeddedBlobs } from "./blobs.ts";
import { lockDirectory } from "./lock.ts";
import { EmbeddedLogs } from "./logs.ts";
import { EmbeddedRecords } from "./records.ts";
import { translating } from "./storage-faults.ts";

export interface EmbeddedOptions {
  /** Belongs to this platform alone; made where it is missing, for our own user only. */
  readonly directory: string;
}

/**
 * Opens the engine of one machine: SQLite for records, files for blobs and logs, no daemon. It can be used at once; the
 * thread that writes records starts meanwhile, and the first commits wait for it.
 * @throws YunqueError StorageInUse, StorageTooNew, StorageDamaged, StorageFull, StorageFailed
 */
export async function openEmbeddedEngine({ directory }: EmbeddedOptions): Promise<Engine> {
  translating(directory, () => mkdirSync(directory, { recursive: true, mode: 0o700 }));
  const unlock = lockDirectory(directory);
  try {
    const blobs = translating(directory, () => new EmbeddedBlobs(directory));
    const logs = translating(directory, () => new EmbeddedLogs(directory));
    const records = new EmbeddedRecords(join(directory, "records.db"));
    const closeAll = () =>
      Promise.all([records.close(), blobs.close(), logs.close()]).finally(unlock);
    let closing: Promise<unknown> | undefined;
    return {
      records,
      blobs,
      logs,
      async close() {
        closing ??= closeAll();
        await closing;
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}
