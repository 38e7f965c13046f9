import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";

/** Hashing and copying so much takes about a millisecond. */
const SLICE = 1 << 20;

/** All bytes of an archive in memory of their own, and the hex SHA-256 that names them. */
export interface Gathered {
  readonly bytes: ArrayBuffer;
  readonly id: string;
}

/** At most `size` bytes of the source: where it has more or fewer, their name is another one. */
export async function gather(source: AsyncIterable<Uint8Array>, size: number): Promise<Gathered> {
  const bytes = new Uint8Array(new ArrayBuffer(size));
  const hash = createHash("sha256");
  let filled = 0;
  for await (const chunk of source) {
    if (filled + chunk.length > size) break;
    bytes.set(chunk, filled);
    hash.update(chunk);
    filled += chunk.length;
  }
  return { bytes: bytes.buffer, id: hash.digest("hex") };
}

/** Bytes in slices, with a turn of the event loop between them, so that others are served while they are worked on. */
export async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE) {
    if (at > 0) await turn();
    yield bytes.subarray(at, at + SLICE);
  }
}
