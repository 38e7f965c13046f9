/**
 * Makes the files of a package appear in a directory that is mounted into a running process, in well under a
 * millisecond: by hard links where they are few, else by renaming a tree of hard links that was made ahead.
 */
import { randomUUID } from "node:crypto";
import { chmodSync, copyFileSync, linkSync, mkdirSync, renameSync, symlinkSync } from "node:fs";
import { chmod, copyFile, link, mkdir, readdir, readlink, rm, symlink } from "node:fs/promises";
import { join } from "node:path";

/** As many are linked one by one, while everybody waits: some 15 us each. */
const FEW = 64;
/** A tree of more is not made ahead: a process that is started for it mounts the package itself. */
const MOST = 20_000;
/** Packages whose files are known; the ones that were used first are forgotten first. */
const MOST_PLANS = 256;

type Entry =
  | { readonly path: string; readonly kind: "directory" | "file" }
  | { readonly path: string; readonly kind: "link"; readonly target: string };

/** How the files of one package are put somewhere. */
interface Plan {
  /** All of them, directories before what is in them; undefined where they are many. */
  readonly few: readonly Entry[] | undefined;
  /** A tree that is ready to be renamed. */
  spare: { readonly directory: string; readonly names: readonly string[] } | undefined;
  making: Promise<void> | undefined;
}

/** The packages of one platform. Below `root`, on the same disk, lie the trees made ahead. */
export class Trees {
  readonly #root: string;
  readonly #plans = new Map<string, Plan>();
  #closed = false;

  constructor(root: string) {
    this.#root = root;
  }

  /** Reads what there is to put; where it is much, makes a tree of it in the background. */
  async prepare(source: string): Promise<void> {
    if (this.#plans.has(source)) return;
    const few = await fewEntries(source);
    if (this.#plans.has(source) || this.#closed) return;
    const [oldest] = this.#plans.size >= MOST_PLANS ? this.#plans.keys() : [];
    if (oldest !== undefined) this.#forget(oldest);
    const plan: Plan = { few, spare: undefined, making: undefined };
    this.#plans.set(source, plan);
    if (!few) this.#makeSpare(source, plan);
  }

  /** Whether `put` would do it now. */
  ready(source: string): boolean {
    const plan = this.#plans.get(source);
    return plan?.few !== undefined || plan?.spare !== undefined;
  }

  /**
   * Puts everything of a source that is ready into an empty directory.
   * @throws the system's error.
   */
  put(source: string, target: string): void {
    const plan = this.#plans.get(source);
    if (plan?.few) {
      for (const entry of plan.few) putEntry(source, target, entry);
      return;
    }
    if (!plan?.spare) throw new Error(`nothing is prepared of ${source}`);
    const { directory, names } = plan.spare;
    plan.spare = undefined;
    for (const name of names) renameSync(join(directory, name), join(target, name));
    this.#discard(directory);
    this.#makeSpare(source, plan);
  }

  /** Resolves once nothing is being made any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#plans.values()].map(({ making }) => making));
  }

  #makeSpare(source: string, plan: Plan): void {
    if (plan.making || this.#closed) return;
    plan.making = this.#make(source, plan).finally(() => {
      plan.making = undefined;
    });
  }

  async #make(source: string, plan: Plan): Promise<void> {
    const directory = join(this.#root, randomUUID());
    try {
      const count = await copyTree(source, directory, MOST, () => this.#closed);
      const names = await readdir(directory);
      if (count <= MOST && !this.#closed) plan.spare = { directory, names };
      else this.#discard(directory);
    } catch {
      this.#discard(directory); // the disk is full, or the package is gone: it is mounted instead, or fails there
    }
  }

  #forget(source: string): void {
    const spare = this.#plans.get(source)?.spare;
    this.#plans.delete(source);
    if (spare) this.#discard(spare.directory);
  }

  #discard(directory: string): void {
    rm(directory, { recursive: true, force: true }).catch(() => {});
  }
}

/** Everything in a directory; undefined where it is more than a few. */
async function fewEntries(source: string): Promise<readonly Entry[] | undefined> {
  const entries: Entry[] = [];
  const folders = [""];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (const found of await readdir(join(source, folder), { withFileTypes: true })) {
      if (entries.length === FEW) return undefined;
      const path = join(folder, found.name);
      if (found.isSymbolicLink())
        entries.push({ path, kind: "link", target: await readlink(join(source, path)) });
      else if (found.isDirectory()) {
        entries.push({ path, kind: "directory" });
        folders.push(path);
      } else entries.push({ path, kind: "file" });
    }
  }
  return entries;
}

function putEntry(source: string, target: string, entry: Entry): void {
  const to = join(target, entry.path);
  if (entry.kind === "directory") {
    mkdirSync(to);
    chmodSync(to, 0o755); // whatever the umask is
  } else if (entry.kind === "link") symlinkSync(entry.target, to);
  else {
    const from = join(source, entry.path);
    try {
      linkSync(from, to);
    } catch {
      copyFileSync(from, to); // another file system, or more links than it allows
    }
  }
}

/** Links everything of `from` into a new directory `to`; answers how much, or more than `most` once it is too much. */
async function copyTree(
  from: string,
  to: string,
  most: number,
  stopped: () => boolean,
): Promise<number> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  let count = 0;
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (++count > most || stopped()) return most + 1;
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) count += await copyTree(source, target, most - count, stopped);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else await link(source, target).catch(() => copyFile(source, target));
  }
  return count;
}
