/** The files of a directory that belong to a function. */
import { opendir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../failure.ts";

export interface CodeFile {
  /** Where it is on this machine. */
  readonly path: string;
  /** Where it is below the directory, with slashes. */
  readonly name: string;
  /** 0o755 for what can be executed, 0o644 for the rest. */
  readonly mode: number;
}

/** What no function needs: histories, and the platform's own data. */
const LEFT_OUT: ReadonlySet<string> = new Set([".git", ".yunque", ".DS_Store"]);
/** Lambda unpacks at most 250 MB. */
const MOST_BYTES = 250 * 1024 * 1024;

/**
 * All files below a directory, sorted by name. Links are followed, as zip does: npm links its workspaces.
 * @throws Failure where they are more than Lambda unpacks.
 */
export async function listFiles(directory: string): Promise<CodeFile[]> {
  const files: CodeFile[] = [];
  let bytes = 0;
  for await (const { size, ...file } of visit(directory, "", [])) {
    files.push(file);
    bytes += size;
    if (bytes > MOST_BYTES)
      throw new Failure(
        `${directory} holds more than 250 MB`,
        "Lambda unpacks no more: leave out what the function does not need.",
      );
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param above real paths of the directories on the way, so that a link to one of them does not go round. */
async function* visit(
  directory: string,
  prefix: string,
  above: readonly string[],
): AsyncGenerator<CodeFile & { size: number }> {
  const here = await realpath(directory);
  if (above.includes(here)) return;
  for await (const { name } of await opendir(here)) {
    if (LEFT_OUT.has(name)) continue;
    const path = join(here, name);
    const found = await stat(path).catch((error: Error) => {
      throw new Failure(`cannot read ${path}: ${error.message}`);
    });
    if (found.isDirectory()) yield* visit(path, `${prefix}${name}/`, [...above, here]);
    else if (found.isFile())
      yield {
        path,
        name: prefix + name,
        mode: found.mode & 0o100 ? 0o755 : 0o644,
        size: found.size,
      };
  }
}
