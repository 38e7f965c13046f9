import type { Blob, Blobs } from "../../ports/blobs.ts";

/**
 * Blobs that may be read while they are given up. A reader of many blobs opens one after the other, long after it
 * looked up their names: it pins them first, and a blob that is discarded meanwhile goes when its last reader went.
 */
export class BlobShelf {
  readonly #blobs: Blobs;
  readonly #readers = new Map<string, number>();
  readonly #doomed = new Set<string>();

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  put(source: AsyncIterable<Uint8Array>): Promise<Blob> {
    return this.#blobs.put(source);
  }

  read(id: string, range?: { readonly start: number; readonly end: number }) {
    return this.#blobs.read(id, range);
  }

  /** Keeps the blobs until the returned function is called, once or more. */
  pin(ids: readonly string[]): () => void {
    for (const id of ids) this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1);
    let pinned = true;
    return () => {
      if (pinned) for (const id of ids) this.#release(id);
      pinned = false;
    };
  }

  /** Deletes what no record names any more. Never fails: what stays behind, the sweep of the next start deletes. */
  async discard(ids: readonly string[]): Promise<void> {
    for (const id of ids)
      if (this.#readers.has(id)) this.#doomed.add(id);
      else await this.#delete(id);
  }

  #release(id: string): void {
    const readers = (this.#readers.get(id) ?? 1) - 1;
    if (readers > 0) this.#readers.set(id, readers);
    else {
      this.#readers.delete(id);
      if (this.#doomed.delete(id)) void this.#delete(id);
    }
  }

  async #delete(id: string): Promise<void> {
    await this.#blobs.delete(id).catch(() => undefined);
  }
}
