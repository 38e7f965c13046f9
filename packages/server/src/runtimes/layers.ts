/** /opt: the layers of a deployment in one directory, later ones over earlier ones, made once per list of layers. */
import { createHash } from "node:crypto";
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import { dirname, join } from "node:path";

/** Makes /opt directories. */
export interface LayerStore {
  /** The merged directory of these packages; of none of them an empty one. */
  directory(packages: readonly string[]): Promise<string>;
}

/**
 * Merges by hard links below `root`, so that a layer of 200 MB costs nothing again. `packageDirectory` gives the
 * unpacked files of a package.
 */
export function layerStore(
  root: string,
  packageDirectory: (id: string) => Promise<string>,
): LayerStore {
  const made = new Map<string, Promise<string>>();
  return {
    directory(packages) {
      const [first] = packages;
      if (packages.length === 1 && first !== undefined) return packageDirectory(first);
      const key = createHash("sha256").update(JSON.stringify(packages)).digest("hex").slice(0, 32);
      let merging = made.get(key);
      if (!merging) {
        merging = merge(join(root, key), packages, packageDirectory);
        merging.catch(() => made.delete(key));
        made.set(key, merging);
      }
      return merging;
    },
  };
}

async function merge(
  target: string,
  packages: readonly string[],
  packageDirectory: (id: string) => Promise<string>,
): Promise<string> {
  if (await isDirectory(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  const scratch = await mkdtemp(`${target}.`);
  await chmod(scratch, 0o755); // instances are ordinary users in a sandbox
  try {
    for (const id of packages) await overlay(await packageDirectory(id), scratch);
    await rename(scratch, target);
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    if (!(await isDirectory(target))) throw error;
  }
  return target;
}

/** Puts everything of `from` into `to`, over what is there. */
async function overlay(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      if (!(await isDirectory(target))) {
        await rm(target, { force: true });
        await mkdir(target);
      }
      await overlay(source, target);
      continue;
    }
    await rm(target, { recursive: true, force: true });
    if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else await link(source, target).catch(() => copyFile(source, target)); // another file system
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
