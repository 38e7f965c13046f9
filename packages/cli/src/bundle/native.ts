/**
 * Packages with machine code: they look for their files beside themselves, which a bundle does not have. Such packages
 * are kept whole, with what they depend on, in a node_modules beside the bundle.
 */
import { cp, readdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { namesIn, readManifest } from "./package-of.ts";

/** A package that is copied as it is. */
export interface KeptPackage {
  /** Where it goes, below the bundle's directory. */
  readonly target: string;
  readonly directory: string;
}

/** Packages by which others find their machine code. */
const FINDERS = new Set([
  "bindings",
  "node-gyp-build",
  "node-gyp-build-optional-packages",
  "prebuild-install",
  "@mapbox/node-pre-gyp",
  "node-pre-gyp",
]);
const MACHINE_CODE = new Set(["binding.gyp", "prebuilds"]);
/** Of dependencies of native packages; more than this is no list of dependencies. */
const MOST_KEPT = 1_000;

/** Whether the package in this directory brings machine code along. */
export async function isNative(directory: string): Promise<boolean> {
  const manifest = await readManifest(join(directory, "package.json"));
  if (manifest.gypfile === true) return true;
  if (namesIn(manifest.dependencies).some((name) => FINDERS.has(name))) return true;
  const names = await readdir(directory).catch(() => []);
  if (names.some((name) => MACHINE_CODE.has(name) || name.endsWith(".node"))) return true;
  for (const name of namesIn(manifest.optionalDependencies)) {
    const found = await findPackage(directory, name);
    if (!found) continue;
    const { os, cpu } = await readManifest(join(found, "package.json"));
    if (os !== undefined || cpu !== undefined) return true; // one package per machine, as with sharp
  }
  return false;
}

/** The packages themselves and all that they depend on, each where Node.js will find it. */
export async function keptPackages(
  directories: ReadonlyMap<string, string>,
): Promise<KeptPackage[]> {
  const kept = new Map<string, string>();
  const visit = async (name: string, directory: string, within: string): Promise<void> => {
    const taken = kept.get(`node_modules/${name}`);
    if (taken === directory) return;
    const target = taken === undefined ? `node_modules/${name}` : `${within}/node_modules/${name}`;
    if (kept.get(target) === directory || kept.size >= MOST_KEPT) return;
    kept.set(target, directory);
    const { dependencies, optionalDependencies } = await readManifest(
      join(directory, "package.json"),
    );
    for (const needed of new Set([...namesIn(dependencies), ...namesIn(optionalDependencies)])) {
      const found = await findPackage(directory, needed);
      if (found && found !== directory) await visit(needed, found, target);
    }
  };
  for (const [name, directory] of [...directories].sort()) await visit(name, directory, "");
  return [...kept].map(([target, directory]) => ({ target, directory }));
}

/** Copies packages, without those that lie inside of them: what is needed of these is in the list by itself. */
export async function copyKept(kept: readonly KeptPackage[], out: string): Promise<void> {
  for (const { target, directory } of kept)
    await cp(directory, join(out, target), {
      recursive: true,
      dereference: true,
      filter: (source) => source !== join(directory, "node_modules"),
    });
}

/** As Node.js looks for a package: in the node_modules of each directory upwards. */
async function findPackage(from: string, name: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    const found = await stat(join(candidate, "package.json")).catch(() => undefined);
    if (found?.isFile()) return realpath(candidate);
    if (folder === dirname(folder)) return undefined;
  }
}
