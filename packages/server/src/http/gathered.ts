/** Bytes that are allocated at once; beyond, a body gets so much memory as it has sent, and as much again. */
const FIRST_BYTES = 64 * 1024;

/** Gathers a body of a known length that comes in pieces. Holds at most twice what has come, whatever was promised. */
export class Gathered {
  readonly length: number;
  size = 0;
  #bytes: Buffer;

  constructor(length: number) {
    this.length = length;
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(length, FIRST_BYTES));
  }

  get complete(): boolean {
    return this.size === this.length;
  }

  /** Takes what is missing, from the offset on; answers the offset behind it. */
  take(chunk: Buffer, from: number): number {
    const to = Math.min(chunk.length, from + this.length - this.size);
    const size = this.size + to - from;
    if (size > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(this.length, 2 * size));
      this.#bytes.copy(larger, 0, 0, this.size);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.size, from, to);
    this.size = size;
    return to;
  }

  /** All of it, once it is complete. */
  get bytes(): Buffer {
    return this.#bytes;
  }
}
