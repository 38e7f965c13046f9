/** What Pythons told of themselves, kept from one start of the platform to the next: asking takes a process each. */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Python, probe } from "./probe.ts";

interface Known {
  /** Size and time of the program that told it; another one must be asked again. */
  readonly stamp: string;
  readonly python: Python;
}

/** Asks each program once, and remembers in `file`. */
export class KnownPythons {
  readonly #file: string;
  #known: Promise<Map<string, Known>> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** @throws Error where the program is no Python that functions can run on. */
  async ask(program: string): Promise<Python> {
    this.#known ??= read(this.#file);
    const known = await this.#known;
    const stamp = await stampOf(program);
    const told = known.get(program);
    if (told?.stamp === stamp) return told.python;
    const python = await probe(program);
    known.set(program, { stamp, python });
    await write(this.#file, known);
    return python;
  }
}

/** Anything that cannot be read is asked for again. */
async function read(file: string): Promise<Map<string, Known>> {
  try {
    return new Map(Object.entries(JSON.parse(await readFile(file, "utf8"))));
  } catch {
    return new Map();
  }
}

async function write(file: string, known: ReadonlyMap<string, Known>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const scratch = `${file}.${randomUUID()}`;
  await writeFile(scratch, JSON.stringify(Object.fromEntries(known)));
  await rename(scratch, file);
}

async function stampOf(program: string): Promise<string> {
  const { size, mtimeMs, ino } = await stat(program);
  return `${size} ${mtimeMs} ${ino}`;
}
