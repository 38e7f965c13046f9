/** Which packages of the runtime's own a function's code names: a process that waits for it loads them ahead. */
import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

const SOURCE = /\.[cm]?[jt]s$/;
const NAMED = /["'`](@aws-sdk\/[a-z0-9]+(?:-[a-z0-9]+){0,8})["'`]/g;
/** Where a package brings its own, that one is loaded. */
const OWN = "node_modules";
/** Sources and folders that are looked into, bytes of each source, and names that count. */
const MOST_FILES = 100;
const MOST_FOLDERS = 100;
const MOST_BYTES = 4 * 2 ** 20;
const MOST_NAMES = 12;

/** Names such as @aws-sdk/client-s3, sorted; those that the package brings itself are not among them. */
export async function packagesNamedIn(taskRoot: string): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const file of await sourcesIn(taskRoot)) {
    const { size } = await stat(file);
    if (size > MOST_BYTES) continue;
    for (const [, name = ""] of (await readFile(file, "latin1")).matchAll(NAMED)) names.add(name);
  }
  const brought = await Promise.all(
    [...names].map((name) => stat(join(taskRoot, OWN, name)).catch(() => undefined)),
  );
  return [...names]
    .filter((_name, i) => brought[i] === undefined)
    .sort()
    .slice(0, MOST_NAMES);
}

/** Files of the package's own code, those at the top first. */
async function sourcesIn(taskRoot: string): Promise<string[]> {
  const files: string[] = [];
  const folders = [taskRoot];
  for (const folder of folders)
    for (const entry of await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => [])) {
      if (files.length === MOST_FILES) return files;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== OWN && folders.length < MOST_FOLDERS) folders.push(path);
      } else if (entry.isFile() && SOURCE.test(entry.name)) files.push(path);
    }
  return files;
}
