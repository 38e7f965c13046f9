import { closeFile, openFile, syncFile, writeAll } from "./files.ts";
import { onDisk } from "./storage-faults.ts";

/** Chunks are gathered to this much before they are written; as much again is being written meanwhile. */
const BATCH_BYTES = 256 << 10;
/** As many buffers as one writev takes. */
const BATCH_CHUNKS = 1024;

/**
 * Writes a new file from a source and makes its bytes durable (its name is not yet). Takes no more from the source than
 * the disk keeps up with.
 * @returns the file's size.
 * @throws what the source throws; YunqueError where the disk fails.
 */
export async function writeNewFile(
  path: string,
  source: AsyncIterable<Uint8Array>,
): Promise<number> {
  const fd = await onDisk(path, openFile(path, "wx", 0o600));
  let writing = Promise.resolve();
  let size = 0;
  try {
    for await (const batch of batches(source)) {
      await writing;
      writing = onDisk(path, writeAll(fd, batch));
      writing.catch(() => undefined);
      for (const { length } of batch) size += length;
    }
    await writing;
    await onDisk(path, syncFile(fd));
    return size;
  } finally {
    await writing.catch(() => undefined);
    await closeFile(fd);
  }
}

async function* batches(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    batch.push(chunk);
    bytes += chunk.length;
    if (bytes < BATCH_BYTES && batch.length < BATCH_CHUNKS) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  yield batch;
}
