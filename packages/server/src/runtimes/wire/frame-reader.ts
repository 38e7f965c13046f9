import type { Readable } from "node:stream";
import { HEADER_BYTES } from "./frames.ts";

/** Gets each whole frame, in order. The payload may be a view of bytes that arrived together with others. */
export type FrameSink = (kind: number, call: number, payload: Buffer) => void;

/** The peer sent something that no frame begins with. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/**
 * Cuts a stream of bytes into frames. What arrives is strangers' input: a payload beyond the bound ends it, and no
 * more memory is taken than the bound, whatever a header claims.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #maxPayload: number;
  /** Bytes of a header that arrived in pieces. */
  #head: Buffer | undefined;
  /** A payload that arrives in pieces, and how much of it is there. */
  #body: Buffer | undefined;
  #filled = 0;
  #kind = 0;
  #call = 0;

  constructor(maxPayload: number, sink: FrameSink) {
    this.#maxPayload = maxPayload;
    this.#sink = sink;
  }

  /** @throws FrameError where the payload is longer than the bound. The reader is of no use afterwards. */
  push(chunk: Buffer): void {
    let rest = this.#body ? this.#fill(chunk) : chunk;
    if (this.#head) {
      rest = Buffer.concat([this.#head, rest]);
      this.#head = undefined;
    }
    let at = 0;
    while (rest.length - at >= HEADER_BYTES) {
      const length = rest.readUInt32LE(at);
      if (length > this.#maxPayload) throw new FrameError(`a frame of ${length} bytes`);
      const kind = rest[at + 4] ?? 0;
      const call = rest.readUInt32LE(at + 5);
      at += HEADER_BYTES;
      if (rest.length - at < length) {
        this.#begin(kind, call, length, rest.subarray(at));
        return;
      }
      this.#sink(kind, call, rest.subarray(at, at + length));
      at += length;
    }
    if (at < rest.length) this.#head = rest.subarray(at);
  }

  #begin(kind: number, call: number, length: number, first: Buffer): void {
    this.#kind = kind;
    this.#call = call;
    this.#body = Buffer.allocUnsafeSlow(length);
    this.#filled = first.copy(this.#body);
  }

  /** Takes what the unfinished payload lacks; answers what is left of the chunk. */
  #fill(chunk: Buffer): Buffer {
    const body = this.#body as Buffer;
    const taken = chunk.copy(body, this.#filled);
    this.#filled += taken;
    if (this.#filled === body.length) {
      this.#body = undefined;
      this.#sink(this.#kind, this.#call, body);
    }
    return chunk.subarray(taken);
  }
}

/** Reads the frames of a stream from now on. `broken` hears what the reader or the sink threw at one. */
export function readFrames(
  stream: Readable,
  maxPayload: number,
  sink: FrameSink,
  broken: (error: unknown) => void,
): void {
  const reader = new FrameReader(maxPayload, sink);
  stream.on("data", (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch (error) {
      broken(error);
    }
  });
}
