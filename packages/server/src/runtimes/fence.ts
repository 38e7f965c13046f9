/** The platform's end of the fence; languages/bootstrap/fence.ts says what it is for. */
import { close, fstatSync, open, unlink, write, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** One for each instance. */
export interface Fence {
  /** The instance gets it as its descriptor 4, to read. */
  readonly descriptor: number;
  /** From now on nothing that stands in line is started. One byte written to memory. */
  raise(): void;
  lower(): void;
  /** Whether it holds more than we wrote: a program of our own user can open it again, and fill the memory with it. */
  swollen(): boolean;
  close(): void;
}

/** A file there is memory alone: a write to it never waits for a disk. */
const MEMORY = "/dev/shm";
const UP = Uint8Array.of(1);
const DOWN = Uint8Array.of(0);
/** What a file of one byte takes on any machine, at most. */
const ROOM = 64 * 1024;
/** What fstat counts in: stat(2). */
const BLOCK = 512;

/** A file of one byte that nobody else can open, because it loses its name at once. In `directory` where memory has no files. */
export async function createFence(directory: string, name: string): Promise<Fence> {
  const { own, theirs } = await openNameless(join(MEMORY, name)).catch(() =>
    openNameless(join(directory, name)),
  );
  let usable = true;
  const set = (byte: Uint8Array): void => {
    if (usable) writeSync(own, byte, 0, 1, 0);
  };
  return {
    descriptor: theirs,
    raise: () => set(UP),
    lower: () => set(DOWN),
    swollen: () => usable && fstatSync(own).blocks * BLOCK > ROOM,
    close() {
      if (!usable) return;
      usable = false;
      for (const file of [own, theirs]) close(file, () => {});
    },
  };
}

/** Opened twice: for us to write, for the instance to read. */
async function openNameless(
  path: string,
): Promise<{ readonly own: number; readonly theirs: number }> {
  const own = await promisify(open)(path, "wx+", 0o600);
  try {
    const theirs = await promisify(open)(path, "r").finally(() => promisify(unlink)(path));
    try {
      await promisify(write)(own, DOWN, 0, 1, 0); // memory may be full
      return { own, theirs };
    } catch (error) {
      close(theirs, () => {});
      throw error;
    }
  } catch (error) {
    close(own, () => {});
    throw error;
  }
}
