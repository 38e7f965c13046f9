import { closeSync } from "node:fs";
import { storageError } from "../../ports/storage-errors.ts";
import { closeFile, readAt } from "./files.ts";
import { onDisk } from "./storage-faults.ts";

/** One chunk is with the consumer while the next is read ahead: a reader takes twice this much memory. */
const CHUNK = 128 << 10;

type Result = IteratorResult<Uint8Array, undefined>;

/** Closes the files of readers that were dropped without being iterated to their end. */
const forgotten = new FinalizationRegistry<number>(closeSync);

/**
 * The bytes `[start, end)` of an open file; closes it at the end, on `return` and on an error. The open file keeps its
 * bytes, whatever becomes of its name. An iterator by hand: a generator that was never started skips its `finally`.
 */
export class BlobReader implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #fd: number;
  readonly #end: number;
  #position: number;
  #ahead: Promise<Uint8Array> | undefined;
  #closed = false;
  /** One step at a time: a file closed while it is read could be another file by then. */
  #step: Promise<unknown> = Promise.resolve();

  constructor(fd: number, start: number, end: number) {
    this.#fd = fd;
    this.#position = start;
    this.#end = end;
    forgotten.register(this, fd, this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    return this.#inTurn(async () => {
      try {
        const chunk = await this.#take();
        if (chunk) return { done: false, value: chunk };
      } catch (error) {
        await this.#close();
        throw error;
      }
      return this.#close();
    });
  }

  return(): Promise<Result> {
    return this.#inTurn(async () => {
      await this.#ahead?.catch(() => undefined);
      return this.#close();
    });
  }

  /** The next chunk; starts to read the one after it. */
  async #take(): Promise<Uint8Array | undefined> {
    if (this.#closed) return undefined;
    const chunk = await (this.#ahead ?? this.#read());
    this.#ahead = this.#read();
    this.#ahead?.catch(() => undefined);
    return chunk;
  }

  #read(): Promise<Uint8Array> | undefined {
    const length = Math.min(CHUNK, this.#end - this.#position);
    if (length <= 0) return undefined;
    const position = this.#position;
    this.#position += length;
    return onDisk("a blob", readAt(this.#fd, position, length)).then((chunk) => {
      if (chunk.length === length) return chunk;
      throw storageError("StorageDamaged", `a blob ends before its byte ${position + length}`);
    });
  }

  async #close(): Promise<Result> {
    if (!this.#closed) {
      this.#closed = true;
      forgotten.unregister(this);
      await closeFile(this.#fd);
    }
    return { done: true, value: undefined };
  }

  #inTurn(work: () => Promise<Result>): Promise<Result> {
    const result = this.#step.then(work);
    this.#step = result.catch(() => undefined);
    return result;
  }
}
