import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { fstatSync, mkdirSync } from "node:fs";
import { mkdir, opendir, readdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { type Blob, BlobMissing, type Blobs } from "../../ports/blobs.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { type BlobRange, checkRange } from "../blob-range.ts";
import { interruptible } from "../interruptible.ts";
import { BlobReader } from "./blob-reader.ts";
import { writeNewFile } from "./blob-writer.ts";
import { openFile, syncDirectory } from "./files.ts";
import { onDisk, translated, translating } from "./storage-faults.ts";

/** Random, then which opening of the engine made it: that tells inherited blobs from new ones without a list. */
const ID = /^[0-9a-f]{20}-[0-9a-f]{12}$/;

const SHARD = /^[0-9a-f]{2}$/;

/**
 * Blobs as files, `<first two digits>/<id>`. A blob is written in `tmp/`, fsynced, renamed, and its directory fsynced:
 * outside of `tmp/` there are only whole ones.
 */
export class EmbeddedBlobs implements Blobs {
  readonly #directory: string;
  readonly #drafts: string;
  readonly #opening = randomBytes(6).toString("hex");
  /** Directories that are known to be there, durably. */
  readonly #shards = new Set<string>();
  readonly #closing = new AbortController();
  /** Puts under way, and the clearing of what the last opening left. */
  readonly #work = new Set<Promise<unknown>>();

  /** The directory is this port's alone, and there. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#drafts = join(directory, "tmp");
    // The drafts need not outlive a crash, so neither does their directory.
    translating(directory, () => mkdirSync(this.#drafts, { recursive: true, mode: 0o700 }));
    setMaxListeners(0, this.#closing.signal);
    this.#track(this.#clearDrafts()).catch(() => undefined);
  }

  put(source: AsyncIterable<Uint8Array>): Promise<Blob> {
    return this.#track(this.#put(source));
  }

  async read(id: string, range?: BlobRange): Promise<AsyncIterable<Uint8Array>> {
    this.#closing.signal.throwIfAborted();
    checkRange(range);
    if (!ID.test(id)) throw new BlobMissing(id);
    const path = this.#path(id);
    const fd = await openFile(path, "r").catch((error: NodeJS.ErrnoException) => {
      throw error.code === "ENOENT" ? new BlobMissing(id) : translated(path, error);
    });
    // Of an open file this waits for no disk.
    const { size } = fstatSync(fd);
    return new BlobReader(fd, range?.start ?? 0, Math.min(range?.end ?? size, size));
  }

  async delete(id: string): Promise<void> {
    this.#closing.signal.throwIfAborted();
    if (ID.test(id)) await onDisk(this.#path(id), remove(this.#path(id)));
  }

  async *inherited(): AsyncGenerator<string> {
    this.#closing.signal.throwIfAborted();
    for (const shard of (await readdir(this.#directory)).filter((name) => SHARD.test(name)))
      for await (const { name } of await opendir(join(this.#directory, shard)))
        if (ID.test(name) && !name.endsWith(this.#opening)) yield name;
  }

  async close(): Promise<void> {
    if (!this.#closing.signal.aborted)
      this.#closing.abort(storageError("StorageClosed", "the blobs are closed"));
    await Promise.allSettled(this.#work);
  }

  async #put(source: AsyncIterable<Uint8Array>): Promise<Blob> {
    this.#closing.signal.throwIfAborted();
    const id = `${randomBytes(10).toString("hex")}-${this.#opening}`;
    const draft = join(this.#drafts, id);
    try {
      const size = await writeNewFile(draft, interruptible(source, this.#closing.signal));
      await onDisk(draft, this.#publish(draft, id));
      return { id, size };
    } catch (error) {
      await remove(draft);
      throw error;
    }
  }

  async #publish(draft: string, id: string): Promise<void> {
    const shard = join(this.#directory, id.slice(0, 2));
    if (!this.#shards.has(shard)) {
      await mkdir(shard, { recursive: true, mode: 0o700 });
      await syncDirectory(this.#directory);
      this.#shards.add(shard);
    }
    await rename(draft, this.#path(id));
    await syncDirectory(shard);
  }

  /** What puts left that never ended: the process was killed under them. */
  async #clearDrafts(): Promise<void> {
    for (const name of await readdir(this.#drafts))
      if (!name.endsWith(this.#opening)) await remove(join(this.#drafts, name));
  }

  #path(id: string): string {
    return join(this.#directory, id.slice(0, 2), id);
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    try {
      return await work;
    } finally {
      this.#work.delete(work);
    }
  }
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}
