import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";

/** Hashing or copying so much takes less than a millisecond. */
const SLICE = 1 << 20;

/** The hex SHA-256 of all bytes of a source: the name of a package. */
export async function sha256Of(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of source) hash.update(chunk);
  return hash.digest("hex");
}

/** `size` bytes in memory of their own: those of the source as far as it goes, and no more of them. */
export async function gather(
  source: AsyncIterable<Uint8Array>,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of source) {
    if (filled + chunk.length > size) break;
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes;
}

/** Bytes in slices, with a turn of the event loop between them, so that others are served while they are worked on. */
export async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE) {
    if (at > 0) await turn();
    yield bytes.subarray(at, at + SLICE);
  }
}
