/** Which npm package a file belongs to. */
import { readFile } from "node:fs/promises";

export interface PackagePlace {
  /** `@scope/name` or `name`. */
  readonly name: string;
  /** Path of its directory, as far as the file's path went: `node_modules/a/node_modules/@scope/name`. */
  readonly directory: string;
}

/** The innermost package of a path with slashes; undefined for what is in no node_modules. */
export function packageOf(path: string): PackagePlace | undefined {
  const inside = /^(.*(?:^|\/)node_modules\/)((?:@[^/]+\/)?[^/@.][^/]*)(?:\/|$)/s.exec(path);
  const [, above, name] = inside ?? [];
  return above === undefined || name === undefined ? undefined : { name, directory: above + name };
}

/** What of a package.json matters here; every field may be anything. */
export interface Manifest {
  readonly version?: unknown;
  readonly gypfile?: unknown;
  readonly os?: unknown;
  readonly cpu?: unknown;
  readonly dependencies?: unknown;
  readonly optionalDependencies?: unknown;
}

/** A package.json, or nothing where there is none that can be read. */
export async function readManifest(file: string): Promise<Manifest> {
  try {
    const manifest: unknown = JSON.parse(await readFile(file, "utf8"));
    return typeof manifest === "object" && manifest !== null ? manifest : {};
  } catch {
    return {};
  }
}

/** The keys of a field that should be an object. */
export const namesIn = (field: unknown): string[] =>
  typeof field === "object" && field !== null ? Object.keys(field) : [];
