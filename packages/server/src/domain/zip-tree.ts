/** What entries of an archive make together: one tree, where links stay inside. */
import type { ZipEntry } from "./zip.ts";
import { malformed, ZipError } from "./zip-error.ts";

/** As many links as Linux follows in one path, and steps for all links of an archive together. */
const MAX_HOPS = 40;
const MAX_STEPS = 1_000_000;

/**
 * Checks that no two entries are in one place, that nothing lies below a file or a link (it would be written through
 * it), that links lead to inside of the root, and that all of it together is no more than `maxFiles` names.
 * @throws ZipError
 */
export function checkTree(entries: readonly ZipEntry[], maxFiles: number): void {
  const tree = new Map<string, ZipEntry | undefined>();
  for (const entry of entries) {
    const before = tree.get(entry.path);
    if (before && !(before.type === "directory" && entry.type === "directory"))
      throw malformed(`${JSON.stringify(entry.path)} is there twice`);
    tree.set(entry.path, entry);
    addParents(tree, entry.path);
    if (tree.size > maxFiles) throw new ZipError("tooManyFiles", `more than ${maxFiles} files`);
  }
  for (const path of tree.keys()) checkParent(tree, path);
  checkLinks(tree, entries);
}

/** Directories that only paths name have no entry of their own. */
function addParents(tree: Map<string, ZipEntry | undefined>, path: string): void {
  for (let at = parentOf(path); at !== "" && !tree.has(at); at = parentOf(at))
    tree.set(at, undefined);
}

function checkParent(tree: ReadonlyMap<string, ZipEntry | undefined>, path: string): void {
  const parent = tree.get(parentOf(path));
  if (parent?.type === "file")
    throw malformed(`${JSON.stringify(parent.path)} is a file and a directory`);
  if (parent?.type === "link")
    throw new ZipError("escapes", `${JSON.stringify(path)} would be written through a link`);
}

/**
 * Follows each link as the kernel would, other links on its way included: a target that looks harmless may lead out
 * through a directory that is itself a link.
 */
function checkLinks(
  tree: ReadonlyMap<string, ZipEntry | undefined>,
  entries: readonly ZipEntry[],
): void {
  const budget = { steps: MAX_STEPS };
  for (const entry of entries) if (entry.type === "link") follow(tree, entry.path, budget);
}

function follow(
  tree: ReadonlyMap<string, ZipEntry | undefined>,
  link: string,
  budget: { steps: number },
): void {
  const place = link.split("/");
  const ahead: string[] = [];
  for (let hops = 0; ; ) {
    const found = tree.get(place.join("/"));
    if (found?.type === "link") {
      if (found.target.startsWith("/") || ++hops > MAX_HOPS) throw leavesBy(link);
      place.pop();
      ahead.push(...found.target.split("/").reverse());
    }
    const segment = ahead.pop();
    if (segment === undefined) return;
    if (--budget.steps < 0) throw malformed("the links of the archive are too entangled");
    if (segment === "..") {
      if (place.pop() === undefined) throw leavesBy(link);
    } else if (segment !== "" && segment !== ".") place.push(segment);
  }
}

const leavesBy = (link: string): ZipError =>
  new ZipError("escapes", `the link ${JSON.stringify(link)} leads out of the archive`);

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
