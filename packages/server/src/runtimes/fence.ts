/** The platform's end of the fence; languages/bootstrap/fence.ts says what it is for. */
import { close, open, unlink, write, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** One for each instance. */
export interface Fence {
  /** The instance gets it as its descriptor 4. */
  readonly descriptor: number;
  /** From now on nothing that stands in line is started. One byte written to memory. */
  raise(): void;
  lower(): void;
  close(): void;
}

/** A file there is memory alone: a write to it never waits for a disk. */
const MEMORY = "/dev/shm";
const UP = Uint8Array.of(1);
const DOWN = Uint8Array.of(0);

/** A file of one byte that nobody else can open, because it loses its name at once. In `directory` where memory has no files. */
export async function createFence(directory: string, name: string): Promise<Fence> {
  const descriptor = await openNameless(join(MEMORY, name)).catch(() =>
    openNameless(join(directory, name)),
  );
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

async function openNameless(path: string): Promise<number> {
  const descriptor = await promisify(open)(path, "wx+", 0o600);
  try {
    await promisify(unlink)(path);
    await promisify(write)(descriptor, DOWN, 0, 1, 0); // memory may be full
    return descriptor;
  } catch (error) {
    close(descriptor, () => {});
    throw error;
  }
}
