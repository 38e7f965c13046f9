/** Which Node.js runs which runtime: those that were installed beside the platform, and its own. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** A Node.js of this machine. */
export interface NodeVersion {
  /** Its program. */
  readonly path: string;
  /** For example 22.21.1. */
  readonly version: string;
}

/** Folder of one that was installed; `bin/node` is in it. */
const FOLDER = /^node-(\d+\.\d+\.\d+)$/;
/** What is installed while the platform runs is seen after this. */
const LOOK_MS = 1_000;

/** Where a platform with this data directory looks for them. */
export const installedRuntimes = (dataDir: string): string =>
  join(dataDir, "runtimes", "installed");

/** The bootstrap needs `module.register`, which came with it. */
export const OLDEST = 18;

export const majorOf = (version: string): number => Number.parseInt(version, 10);

/** All of them in this directory, as `yunque runtimes install` left them; none where there is no such directory. */
export async function installedNodes(directory: string): Promise<readonly NodeVersion[]> {
  const names = await readdir(directory).catch((): string[] => []);
  const found = await Promise.all(
    names.map(async (name): Promise<NodeVersion | undefined> => {
      const version = FOLDER.exec(name)?.[1];
      const path = join(directory, name, "bin", "node");
      const program = version === undefined ? undefined : await stat(path).catch(() => undefined);
      const runs = version !== undefined && majorOf(version) >= OLDEST && program?.isFile();
      return runs ? { path, version } : undefined;
    }),
  );
  return found.filter((one) => one !== undefined).sort(byVersion);
}

/** The newest first. */
export function byVersion(a: NodeVersion, b: NodeVersion): number {
  const [one, other] = [a, b].map(({ version }) => version.split(".").map(Number));
  const differs = one?.findIndex((part, i) => part !== other?.[i]) ?? -1;
  return differs < 0 ? 0 : (other?.[differs] ?? 0) - (one?.[differs] ?? 0);
}

/**
 * Of these the newest of this major version, else of the nearest newer one, else of the nearest older one: a newer one
 * runs what an older one ran, mostly; an older one lacks what a function may use.
 */
export function nearestNode(nodes: readonly NodeVersion[], major: number): NodeVersion | undefined {
  const majors = nodes.map(({ version }) => majorOf(version)).sort((a, b) => a - b);
  const chosen = majors.find((one) => one >= major) ?? majors.at(-1);
  return [...nodes].sort(byVersion).find(({ version }) => majorOf(version) === chosen);
}

/** Looks at the directory at most once in a while, however many ask. What it tells is never older than that. */
export class NodeVersions {
  readonly #directory: string | undefined;
  readonly #own: NodeVersion;
  #nodes: Promise<readonly NodeVersion[]> | undefined;
  #lookedAt = 0;

  /** `directory`: where others are installed. */
  constructor(directory: string | undefined) {
    this.#directory = directory;
    this.#own = { path: process.execPath, version: process.versions.node };
  }

  async nearest(major: number): Promise<NodeVersion> {
    const now = performance.now();
    if (!this.#nodes || now - this.#lookedAt > LOOK_MS) {
      this.#lookedAt = now;
      this.#nodes = this.#look();
    }
    return nearestNode(await this.#nodes, major) ?? this.#own;
  }

  async #look(): Promise<readonly NodeVersion[]> {
    const installed = this.#directory === undefined ? [] : await installedNodes(this.#directory);
    return [this.#own, ...installed];
  }
}
