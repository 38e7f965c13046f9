/**
 * Which Node.js runs a name of Lambda's: an installed one of that major version, else the next newer one.
 *
 * Others than the platform's own are in `installed/nodejs22.x/22.21.1/bin/node`; whatever is called otherwise does not
 * count. A version appears and disappears whole, by a rename, so that looking is enough to know.
 */
import { access, constants, readdir } from "node:fs/promises";
import { join } from "node:path";

/** A Node.js on this machine. */
export interface NodeVersion {
  /** For example 22.21.1. */
  readonly version: string;
  /** The program. */
  readonly path: string;
}

/** What a name runs on. */
export interface ChosenNode extends NodeVersion {
  /** Where it is of another major version than the name says: that, and what can be done about it. */
  readonly standIn?: string;
}

/** Lambda's names for Node.js. */
export const NODE_NAMES = ["16", "18", "20", "22", "24", "26"].map((major) => `nodejs${major}.x`);

/** The names whose own Node.js can be installed: the bootstrap needs at least version 20. */
export const INSTALLABLE = NODE_NAMES.filter((name) => majorOf(name) >= 20);

/** Where a platform with this data directory looks for installed versions. */
export const installedDirectory = (dataDir: string): string =>
  join(dataDir, "runtimes", "installed");

/** 22 of `nodejs22.x` and of `22.21.1`. */
export function majorOf(text: string): number {
  return Number(/\d+/.exec(text)?.[0]);
}

/** The installed versions by the name they are for, the newest last. A directory that is not there has none. */
export async function installedVersions(
  directory: string,
): Promise<ReadonlyMap<string, readonly NodeVersion[]>> {
  const names = (await list(directory)).filter((name) => INSTALLABLE.includes(name));
  const found = await Promise.all(
    names.map(async (name) => [name, await versionsIn(join(directory, name), name)] as const),
  );
  return new Map(found.filter(([, versions]) => versions.length > 0));
}

/** The platform's own Node.js. */
export const OWN: NodeVersion = { version: process.versions.node, path: process.execPath };

/** What a name of Lambda's runs on, as of now. */
export async function chooseNode(
  directory: string,
  name: string,
  own: NodeVersion = OWN,
): Promise<ChosenNode> {
  const installed = await installedVersions(directory);
  const exact = installed.get(name)?.at(-1);
  if (exact) return exact;
  const wanted = majorOf(name);
  if (majorOf(own.version) === wanted) return own;
  const newest = [...installed.values()].flatMap((versions) => versions.slice(-1));
  const chosen = nearest(wanted, [own, ...newest]) ?? own;
  return { ...chosen, standIn: standIn(name, chosen) };
}

/** The next newer one runs what an older one ran, mostly; an older one lacks what a function may use. */
function nearest(wanted: number, versions: readonly NodeVersion[]): NodeVersion | undefined {
  const sorted = versions.toSorted(order);
  return sorted.find(({ version }) => majorOf(version) > wanted) ?? sorted.at(-1);
}

function standIn(name: string, { version }: NodeVersion): string {
  const running = `running on Node.js ${version}`;
  if (INSTALLABLE.includes(name))
    return `${name} is not installed here: ${running}; install it with: yunque runtimes install ${name}`;
  const oldest = INSTALLABLE[0] ?? "";
  return majorOf(version) === majorOf(oldest)
    ? `${name} is not offered here: ${running}`
    : `${name} is not offered here: ${running}; nearer to it is: yunque runtimes install ${oldest}`;
}

async function versionsIn(directory: string, name: string): Promise<NodeVersion[]> {
  const versions = (await list(directory))
    .filter((version) => /^\d+\.\d+\.\d+$/.test(version) && majorOf(version) === majorOf(name))
    .map((version) => ({ version, path: join(directory, version, "bin", "node") }));
  const usable = await Promise.all(versions.map(({ path }) => isProgram(path)));
  return versions.filter((_, index) => usable[index]).sort(order);
}

function order(a: NodeVersion, b: NodeVersion): number {
  const [x, y] = [a, b].map(({ version }) => version.split(".").map(Number));
  for (let part = 0; part < 3; part++) {
    const difference = (x?.[part] ?? 0) - (y?.[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

async function list(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
}

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
