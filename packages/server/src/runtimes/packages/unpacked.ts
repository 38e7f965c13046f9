import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

const ID = /^[0-9a-f]{64}$/;
/** Begins the names of what is being made or thrown away. */
const SCRATCH = ".scratch-";
const MARK = ".boot";

/**
 * The unpacked packages of this machine, `<directory>/<id>/`. They can be made again, so nothing is fsynced: they
 * outlive a killed process, but after the machine went down some files may be empty. What another boot left is
 * therefore not used.
 */
export class UnpackedPackages {
  readonly #directory: string;
  #ready: Promise<void> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The directory of a package that is there. */
  async find(id: string): Promise<string | undefined> {
    await this.#prepare();
    if (!ID.test(id)) return undefined;
    const path = join(this.#directory, id);
    const found = await stat(path).catch(() => undefined);
    return found?.isDirectory() ? path : undefined;
  }

  /** A path for a directory in the making; nothing is there yet. */
  async scratch(): Promise<string> {
    await this.#prepare();
    return join(this.#directory, SCRATCH + randomUUID());
  }

  /** Makes a finished directory that of a package, at once; the one that is there already wins. */
  async adopt(scratch: string, id: string): Promise<string> {
    const there = await this.find(id);
    if (there) await this.discard(scratch);
    else await rename(scratch, join(this.#directory, id));
    return join(this.#directory, id);
  }

  async discard(scratch: string): Promise<void> {
    await rm(scratch, { recursive: true, force: true });
  }

  async remove(id: string): Promise<void> {
    const path = await this.find(id);
    if (path) await this.discard(await this.#rename(id));
  }

  /** Ids of all that are there. */
  async ids(): Promise<string[]> {
    await this.#prepare();
    return (await readdir(this.#directory)).filter((name) => ID.test(name));
  }

  #prepare(): Promise<void> {
    this.#ready ??= this.#clear().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #clear(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const mark = join(this.#directory, MARK);
    const boot = await bootId();
    const trusted = (await readFile(mark, "utf8").catch(() => "")) === boot;
    const names = await readdir(this.#directory);
    const garbage = names
      .filter((name) => name.startsWith(SCRATCH))
      .map((name) => join(this.#directory, name));
    for (const name of names) if (!trusted && ID.test(name)) garbage.push(await this.#rename(name));
    if (!trusted) await writeFile(mark, boot);
    // What cannot be deleted now is tried again at the next start.
    for (const path of garbage) this.discard(path).catch(() => undefined);
  }

  /** Takes a directory out of use; it is deleted at leisure. */
  async #rename(id: string): Promise<string> {
    const path = join(this.#directory, SCRATCH + randomUUID());
    await rename(join(this.#directory, id), path);
    return path;
  }
}

/** What the kernel calls this run of the machine; where it has no name for it, each start counts as another. */
async function bootId(): Promise<string> {
  return readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => randomUUID());
}
