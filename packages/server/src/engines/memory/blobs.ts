import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { type Blob, BlobMissing, type Blobs } from "../../ports/blobs.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { type BlobRange, checkRange } from "../blob-range.ts";
import { interruptible } from "../interruptible.ts";

const CHUNK = 64 << 10;

/** Blobs as ports/blobs.ts defines them, in one piece of memory each. */
export class MemoryBlobs implements Blobs {
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #closing = new AbortController();

  constructor() {
    setMaxListeners(0, this.#closing.signal);
  }

  async put(source: AsyncIterable<Uint8Array>): Promise<Blob> {
    this.#closing.signal.throwIfAborted();
    const chunks: Uint8Array[] = [];
    for await (const chunk of interruptible(source, this.#closing.signal)) chunks.push(chunk);
    const id = randomUUID();
    const bytes = Buffer.concat(chunks);
    this.#blobs.set(id, bytes);
    return { id, size: bytes.length };
  }

  async read(id: string, range?: BlobRange): Promise<AsyncIterable<Uint8Array>> {
    this.#closing.signal.throwIfAborted();
    checkRange(range);
    const bytes = this.#blobs.get(id);
    if (!bytes) throw new BlobMissing(id);
    return copies(bytes.subarray(range?.start, range?.end));
  }

  async delete(id: string): Promise<void> {
    this.#closing.signal.throwIfAborted();
    this.#blobs.delete(id);
  }

  /** None: this memory is as old as the engine. */
  async *inherited(): AsyncGenerator<string> {
    this.#closing.signal.throwIfAborted();
    yield* [];
  }

  async close(): Promise<void> {
    this.#closing.abort(storageError("StorageClosed", "the blobs are closed"));
  }
}

async function* copies(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK) {
    // Not Buffer.slice, which shares its memory.
    yield new Uint8Array(bytes.subarray(at, at + CHUNK));
  }
}
