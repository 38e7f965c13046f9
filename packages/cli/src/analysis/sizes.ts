/** What a package's bytes are made of. */
import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { packageOf, readManifest } from "../bundle/package-of.ts";
import { Failure } from "../failure.ts";
import type { Subject } from "./subject.ts";
import { LIMITS } from "./unpack-into.ts";

/** A dependency in one version, or the function's own files. */
export interface Part {
  /** Empty for the function's own code. */
  readonly name: string;
  readonly version?: string;
  /** `code`, or the name of the layer that it is in. */
  readonly origin: string;
  readonly files: number;
  readonly bytes: number;
  /** Where it lies: more than one directory where the same version is there several times. */
  readonly directories: readonly string[];
}

export interface Sizes {
  readonly files: number;
  readonly bytes: number;
  /** The largest first. */
  readonly parts: readonly Part[];
  /** Files that only people and debuggers read: source maps, declarations, documentation; in packages alone. */
  readonly unread: { readonly files: number; readonly bytes: number };
}

export async function measureSizes(subject: Subject): Promise<Sizes> {
  const node = subject.runtime === undefined || subject.runtime.startsWith("nodejs");
  const roots = [{ name: "code", directory: subject.code }, ...subject.layers];
  const parts = [];
  const all = [];
  for (const { name, directory } of roots) {
    const files = await Array.fromAsync(filesIn(directory, ""));
    all.push(...files);
    parts.push(...(await partsOf(files, { origin: name, directory, node })));
  }
  const unread = all.filter(({ path }) => node && packageOf(path) && UNREAD.test(path));
  return {
    files: all.length,
    bytes: sum(all),
    parts: parts.sort((a, b) => b.bytes - a.bytes),
    unread: { files: unread.length, bytes: sum(unread) },
  };
}

const UNREAD = /\.(?:map|md|markdown|flow)$|\.d\.[cm]?ts$/i;

interface File {
  readonly path: string;
  readonly bytes: number;
}

/** Links are not followed: what they lead to is counted where it is. */
async function* filesIn(
  directory: string,
  prefix: string,
  seen = { files: 0 },
): AsyncGenerator<File> {
  for await (const entry of await opendir(directory)) {
    const path = prefix + entry.name;
    if (entry.isDirectory()) {
      yield* filesIn(join(directory, entry.name), `${path}/`, seen);
      continue;
    }
    if (++seen.files > LIMITS.files) throw new Failure(`more than ${LIMITS.files} files`);
    yield { path, bytes: (await lstat(join(directory, entry.name))).size };
  }
}

interface Root {
  readonly origin: string;
  readonly directory: string;
  readonly node: boolean;
}

async function partsOf(files: readonly File[], root: Root): Promise<Part[]> {
  const groups = Map.groupBy(files, ({ path }) => placeOf(path, root.node));
  const parts = new Map<string, Part>();
  for (const [place, group] of groups) {
    const name = root.node ? (packageOf(place)?.name ?? "") : place;
    const version =
      root.node && name !== "" ? await versionOf(join(root.directory, place)) : undefined;
    const key = `${name}@${version}`;
    const before = parts.get(key);
    parts.set(key, {
      name,
      origin: root.origin,
      files: (before?.files ?? 0) + group.length,
      bytes: (before?.bytes ?? 0) + sum(group),
      directories: [...(before?.directories ?? []), place],
      ...(version === undefined ? {} : { version }),
    });
  }
  return [...parts.values()];
}

/** Of Node.js the package's directory; elsewhere the topmost folder: that is how other languages lay packages out. */
function placeOf(path: string, node: boolean): string {
  if (node) return packageOf(path)?.directory ?? "";
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
}

async function versionOf(directory: string): Promise<string | undefined> {
  const { version } = await readManifest(join(directory, "package.json"));
  return typeof version === "string" ? version : undefined;
}

const sum = (files: readonly { readonly bytes: number }[]): number =>
  files.reduce((all, { bytes }) => all + bytes, 0);
