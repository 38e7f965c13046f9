/** Large immutable byte strings: object bodies, parts, packages. Whoever puts one must record its id, or it is swept. */
export interface Blobs {
  /**
   * Stores the bytes as they come, in bounded memory. Resolves once they are durable (fsynced). If the source throws,
   * the error is passed on and nothing stays behind. A chunk must not be changed after it was given.
   */
  put(source: AsyncIterable<Uint8Array>): Promise<Blob>;

  /**
   * The bytes of `[start, end)` as far as the blob goes, in chunks, read as they are asked for; can be iterated once.
   * The reader keeps a blob readable that is deleted meanwhile.
   * @throws BlobMissing before the first byte; RangeError unless 0 <= start <= end.
   */
  read(
    id: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array>>;

  /** Idempotent. After a crash a deleted blob may be back, as an inherited one. */
  delete(id: string): Promise<void>;

  /** Ids of the blobs that were already there when the engine was opened, in no order: for the sweep. */
  inherited(): AsyncIterable<string>;

  /** Gives up the puts whose source has not ended, finishes the others; later calls are refused. Idempotent. */
  close(): Promise<void>;
}

export interface Blob {
  /** Plain letters, digits and dashes; never reused. */
  readonly id: string;
  readonly size: number;
}

export class BlobMissing extends Error {
  override readonly name = "BlobMissing";

  constructor(id: string) {
    super(`no blob ${id}`);
  }
}
