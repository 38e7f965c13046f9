/**
 * Compiled code of functions, one file each, that one instance gave for the next ones. It comes from strangers: what a
 * function gave is given to the same function with the same code alone, and never to anything of the platform's.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CODE_BYTES } from "./wire/frames.ts";

/** Bytes of all: no more are made then. */
const MOST_BYTES = 2 ** 30;
/** Functions of which it is kept when the platform starts: those that were made last. */
const MOST_KEPT = 1_000;
/** As many are in memory at a time, on their way. */
const MOST_SINKS = 4;
const SCRATCH = ".scratch-";

/** The name of the file in its directory. */
export const CODE_FILE = "code.bin";

/** Takes what one instance gives. */
export interface CodeSink {
  /** The first piece may come; false where too many others are on their way: ask again later. */
  begin(): boolean;
  /** One more piece; false where it is too much. */
  add(bytes: Uint8Array): boolean;
  /** That was all of it. */
  end(): void;
  /** Nothing more will come. */
  abandon(): void;
}

/** The caches of one platform. */
export class CodeCaches {
  readonly #root: string;
  readonly #ready: Promise<unknown>;
  /** Being made, or known not to be worth it. */
  readonly #settled = new Set<string>();
  readonly #writing = new Set<Promise<void>>();
  #scratch = 0;
  #bytes = 0;
  #sinks = 0;

  constructor(root: string) {
    this.#root = root;
    this.#ready = prepare(root).then((bytes) => {
      this.#bytes += bytes;
    });
    this.#ready.catch(() => {}); // there are none then
  }

  /** The directory with a function's file, where there is one. `parts`: all that the code and its compilation depend on. */
  find(key: string): string | undefined {
    const directory = join(this.#root, key);
    return existsSync(directory) ? directory : undefined;
  }

  /** Whoever shall make it; undefined where it is there, or on its way. */
  sink(key: string): CodeSink | undefined {
    const full = this.#bytes >= MOST_BYTES;
    if (full || this.#settled.has(key) || this.find(key) !== undefined) return undefined;
    this.#settled.add(key);
    const pieces: Uint8Array[] = [];
    let size = 0;
    let begun = false;
    return {
      begin: () => {
        begun = this.#sinks < MOST_SINKS;
        if (begun) this.#sinks++;
        return begun;
      },
      add(bytes) {
        size += bytes.length;
        if (size > CODE_BYTES) return false;
        pieces.push(Uint8Array.from(bytes));
        return true;
      },
      end: () => {
        this.#sinks--;
        this.#bytes += size;
        if (size > 0) this.#keep(key, pieces);
      },
      abandon: () => {
        if (begun) this.#sinks--;
        this.#settled.delete(key);
      },
    };
  }

  /** Resolves once nothing is being written. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#ready, ...this.#writing]);
  }

  #keep(key: string, pieces: readonly Uint8Array[]): void {
    const writing = this.#write(key, pieces)
      .catch(() => {}) // no room: it is compiled as always
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  /** On disk before it has its name: nobody looks at it again but V8, which trusts it. */
  async #write(key: string, pieces: readonly Uint8Array[]): Promise<void> {
    await this.#ready;
    const scratch = join(this.#root, `${SCRATCH}${++this.#scratch}`);
    try {
      await mkdir(scratch, { mode: 0o755 });
      const file = await open(join(scratch, CODE_FILE), "wx", 0o644);
      try {
        for (const piece of pieces) await file.writeFile(piece);
        await file.chmod(0o644); // whatever the umask is: instances are ordinary users in a sandbox
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(scratch, join(this.#root, key));
    } catch (error) {
      await rm(scratch, { recursive: true, force: true });
      throw error;
    }
  }
}

/** What a function's compiled code depends on, as a name. */
export const codeKey = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex");

/** Forgets what was being written, and the oldest where there are too many; answers how many bytes the others have. */
async function prepare(root: string): Promise<number> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const found = await Promise.all(
    (await readdir(root)).map(async (name) => {
      const whole = await stat(join(root, name, CODE_FILE)).catch(() => undefined);
      const usable = whole !== undefined && !name.startsWith(SCRATCH);
      return { name, madeAt: usable ? whole.mtimeMs : 0, size: whole?.size ?? 0 };
    }),
  );
  found.sort((a, b) => b.madeAt - a.madeAt);
  const kept = found.slice(0, MOST_KEPT).filter(({ madeAt }) => madeAt > 0);
  for (const { name } of found.slice(kept.length))
    await rm(join(root, name), { recursive: true, force: true });
  return kept.reduce((sum, { size }) => sum + size, 0);
}
