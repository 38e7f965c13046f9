import { HEADER_BYTES } from "./frames.ts";

/** What the writer needs of a stream. */
export interface FrameTarget {
  write(chunk: Uint8Array): boolean;
  cork(): void;
  uncork(): void;
  readonly writableLength: number;
}

const SLAB_BYTES = 64 * 1024;
/** Payloads up to this size are copied behind their header: one write of many frames is worth more than the copy. */
export const COPIED_BYTES = 16 * 1024;

/**
 * Gathers frames and writes them together: whoever appends must call flush(), once for many frames where it can.
 * Small frames share a slab, which is used again as soon as the kernel has taken it.
 */
export class FrameWriter {
  readonly #target: FrameTarget;
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  /** The slab's unwritten frames lie between these two. */
  #start = 0;
  #end = 0;
  /** What goes out before the slab's unwritten frames. */
  #parts: Uint8Array[] = [];

  constructor(target: FrameTarget) {
    this.#target = target;
  }

  /** Appends a frame of these parts. The caller must not change `body` before it is written. */
  frame(kind: number, call: number, head: Uint8Array, body: Uint8Array): void {
    const copied = body.length <= COPIED_BYTES;
    const at = this.#reserve(HEADER_BYTES + head.length + (copied ? body.length : 0));
    const slab = this.#slab;
    writeHeader(slab, at, head.length + body.length, kind, call);
    slab.set(head, at + HEADER_BYTES);
    if (copied) {
      slab.set(body, at + HEADER_BYTES + head.length);
      return;
    }
    this.#cut();
    this.#parts.push(body);
  }

  /**
   * Appends a frame whose payload `encode` writes into the buffer from the offset on; it answers the offset behind it,
   * at most `most` bytes further.
   */
  encoded(kind: number, call: number, most: number, encode: (to: Buffer, at: number) => number) {
    const at = this.#reserve(HEADER_BYTES + most);
    const end = encode(this.#slab, at + HEADER_BYTES);
    writeHeader(this.#slab, at, end - at - HEADER_BYTES, kind, call);
    this.#end = end;
  }

  /** Writes everything that was appended. */
  flush(): void {
    const target = this.#target;
    if (this.#parts.length > 0) {
      this.#cut();
      target.cork();
      for (const part of this.#parts) target.write(part);
      target.uncork();
      this.#parts = [];
    } else if (this.#end > this.#start) {
      target.write(this.#slab.subarray(this.#start, this.#end));
      this.#start = this.#end;
    }
    if (target.writableLength === 0) this.#start = this.#end = 0;
  }

  /** Room for so many bytes at the end of the slab; answers where. */
  #reserve(bytes: number): number {
    if (this.#end + bytes > this.#slab.length) {
      this.#cut();
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes));
      this.#start = this.#end = 0;
    }
    const at = this.#end;
    this.#end += bytes;
    return at;
  }

  #cut(): void {
    if (this.#end > this.#start) this.#parts.push(this.#slab.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}

function writeHeader(to: Buffer, at: number, length: number, kind: number, call: number): void {
  to.writeUInt32LE(length, at);
  to[at + 4] = kind;
  to.writeUInt32LE(call, at + 5);
}
