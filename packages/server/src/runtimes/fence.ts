/** The platform's end of the fence; languages/node/bootstrap/fence.ts says what it is for. */
import { close, open, unlink, write, writeSync } from "node:fs";
import { promisify } from "node:util";

export interface Fence {
  /** The instance gets it as its descriptor 4. */
  readonly descriptor: number;
  /** From now on nothing that stands in line is started. A write of one byte to memory: it does not wait for a disk. */
  raise(): void;
  lower(): void;
  close(): void;
}

const UP = Uint8Array.of(1);
const DOWN = Uint8Array.of(0);

/** A file of one byte that nobody else can open: it loses its name at once. */
export async function createFence(path: string): Promise<Fence> {
  const descriptor = await promisify(open)(path, "wx+", 0o600);
  await promisify(unlink)(path);
  await promisify(write)(descriptor, DOWN, 0, 1, 0);
  let usable = true;
  const set = (byte: Uint8Array): void => {
    if (usable) writeSync(descriptor, byte, 0, 1, 0);
  };
  return {
    descriptor,
    raise: () => set(UP),
    lower: () => set(DOWN),
    close() {
      if (!usable) return;
      usable = false;
      close(descriptor, () => {});
    },
  };
}
