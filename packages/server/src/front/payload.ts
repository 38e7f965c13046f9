import type { IncomingMessage } from "node:http";

/** A client that sends nothing for so long inside its body is given up. */
const IDLE_MS = 30_000;

/**
 * Reads a body of a known length into one buffer and hands it over. Never does where the client goes away or falls
 * silent before: then nothing of the request stays behind.
 */
export function readPayload(
  request: IncomingMessage,
  length: number,
  done: (payload: Uint8Array) => void,
): void {
  let whole: Buffer | undefined;
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    if (size === 0 && chunk.length === length) {
      whole = chunk; // the usual case: a small body comes in one piece
    } else {
      whole ??= Buffer.allocUnsafe(length);
      chunk.copy(whole, size);
    }
    size += chunk.length;
  });
  request.setTimeout(IDLE_MS, () => request.destroy());
  request.on("end", () => {
    request.setTimeout(0);
    done(whole ?? EMPTY);
  });
}

const EMPTY = new Uint8Array(0);
