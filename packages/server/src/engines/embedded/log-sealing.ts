/** Full files of lines become sealed segments, one after another, behind everybody's back. */
import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LogDatabase } from "../log-database/log-database.ts";
import { closeFile, openFile, syncDirectory, syncFile } from "./files.ts";
import { type FullSegment, sealedName } from "./log-segments.ts";
import type { LogTail } from "./log-tail.ts";

export class LogSealing {
  readonly #directory: string;
  readonly #database: LogDatabase;
  readonly #waiting = new Set<LogTail>();
  readonly #readers = new Set<Promise<unknown>>();
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(directory: string, database: LogDatabase) {
    this.#directory = directory;
    this.#database = database;
  }

  /** The tail has full files. */
  add(tail: LogTail): void {
    if (this.#closed) return;
    this.#waiting.add(tail);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves once nothing waits to be sealed; what failed stays as it is until the next time. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Files that are listed when the work begins are there until it ends, except for one that is being written. */
  async reading<T>(work: () => Promise<T>): Promise<T> {
    const reading = work();
    this.#readers.add(reading);
    try {
      return await reading;
    } finally {
      this.#readers.delete(reading);
    }
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
  }

  async #run(): Promise<void> {
    for (const tail of this.#waiting) {
      this.#waiting.delete(tail);
      try {
        for (const segment of [...tail.segments.full]) {
          if (this.#closed) return;
          await this.#seal(tail, segment);
        }
      } catch (error) {
        // The lines stay where they are, and can be read there.
        if (!this.#closed) process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }

  async #seal(tail: LogTail, full: FullSegment): Promise<void> {
    const { full: left, sealed } = tail.segments;
    const from = join(this.#directory, full.file);
    const to = `${tail.base}.${full.id}.new`;
    const made = join(this.#directory, to);
    try {
      const { size } = await stat(from);
      const { lines, first, last } = await this.#database.seal({
        group: tail.group,
        from: full.file,
        to,
      });
      if (!left.includes(full)) return; // deleted meanwhile
      if (lines > 0) {
        const segment = { id: full.id, first, last, lines, bytes: size };
        const file = sealedName(tail.base, segment);
        await durable(made);
        await rename(made, join(this.#directory, file));
        await syncDirectory(this.#directory);
        // From here on readers find the sealed one instead of the other one, never both and never none.
        if (left.includes(full)) sealed.push({ ...segment, file });
        else await rm(join(this.#directory, file), { force: true });
      }
      if (left.includes(full)) left.splice(left.indexOf(full), 1);
      await Promise.allSettled([...this.#readers]);
      await rm(from, { force: true });
    } finally {
      await rm(made, { force: true });
    }
  }
}

async function durable(path: string): Promise<void> {
  const fd = await openFile(path, "r+");
  try {
    await syncFile(fd);
  } finally {
    await closeFile(fd);
  }
}
