/**
 * Installs versions of Node.js for functions, in the data directory: what a platform there runs on is what was
 * installed there. A version is made ready beside the others, under a name that counts nowhere, and gets its own by one
 * rename; so a download that breaks leaves nothing, and two at once end in the same.
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { installedVersions, majorOf } from "@yunque/server/node-versions";
import { Failure } from "../failure.ts";
import { fetchedTo, fetchPackage, newestVersion, platformPackage } from "./npm.ts";

/** What an installation is told of, and may be asked for. */
export interface InstallOptions {
  /** Where installed versions are: `installedDirectory` of a data directory. */
  readonly directory: string;
  /** From npm's cache alone. */
  readonly offline: boolean;
  /** Told when a download begins: of which package, and where the program grows. Answers what ends the showing. */
  downloading(what: string, program: string): () => void;
}

/** What came of it. */
export interface Installed {
  /** For example nodejs22.x. */
  readonly name: string;
  /** For example 22.21.1. */
  readonly version: string;
  /** Whether it was not there before. */
  readonly fresh: boolean;
}

/** Names of what is not ready, or gone. */
const SCRATCH = ".scratch-";
/** Nobody works on one for so long. */
const ABANDONED_MS = 60 * 60_000;
/** A program that does not even tell its version within this does not run here. */
const PATIENCE_MS = 20_000;

/** Installs the newest version of a runtime's Node.js, unless it is there. @throws Failure where it cannot be had. */
export async function installNode(name: string, options: InstallOptions): Promise<Installed> {
  const { directory, offline } = options;
  const source = platformPackage();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await clearAbandoned(directory);
  const scratch = await mkdtemp(join(directory, SCRATCH));
  try {
    const npm = { directory: scratch, offline };
    const version = await newestVersion(source, majorOf(name), npm);
    const installed = (await installedVersions(directory)).get(name) ?? [];
    if (installed.some((one) => one.version === version)) return { name, version, fresh: false };
    const fetched = fetchedTo(source, npm);
    const done = options.downloading(`${source}@${version}`, join(fetched, "bin", "node"));
    await fetchPackage(source, version, npm).finally(done);
    const ready = await makeReady(fetched, join(scratch, "ready"), version);
    await putInPlace(ready, join(directory, name, version));
    await forgetOlder(directory, name);
    return { name, version, fresh: true };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Removes all versions of a runtime's Node.js; answers which. What runs on them goes on. */
export async function removeNode(directory: string, name: string): Promise<readonly string[]> {
  const versions = (await installedVersions(directory)).get(name) ?? [];
  if (versions.length > 0) await discard(directory, join(directory, name));
  return versions.map(({ version }) => version);
}

/** The program and its licence, once the program was seen to run, in a directory of their own and on disk. */
async function makeReady(fetched: string, ready: string, version: string): Promise<string> {
  const program = join(ready, "bin", "node");
  await mkdir(dirname(program), { recursive: true });
  await rename(join(fetched, "bin", "node"), program);
  await rename(join(fetched, "LICENSE"), join(ready, "LICENSE"));
  // Instances may be other users in a sandbox, whatever the umask is.
  for (const path of [ready, dirname(program), program]) await chmod(path, 0o755);
  const found = await versionOf(program);
  if (found !== `v${version}`)
    throw new Failure(`npm's Node.js ${version} says that it is ${JSON.stringify(found)}`);
  const file = await open(program, "r");
  await file.sync().finally(() => file.close());
  return ready;
}

async function versionOf(program: string): Promise<string> {
  const options = { timeout: PATIENCE_MS, killSignal: "SIGKILL", env: {} } as const;
  try {
    return (await promisify(execFile)(program, ["--version"], options)).stdout.trim();
  } catch (error) {
    throw new Failure(
      `npm's Node.js does not run on this machine: ${(error as Error).message.trim()}`,
      "It needs the GNU C library on Linux (not musl, as in Alpine).",
    );
  }
}

async function putInPlace(ready: string, place: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true });
  try {
    await rename(ready, place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error; // somebody else was faster
  }
}

/** The one before the newest stays: an instance may be about to start on it. */
async function forgetOlder(directory: string, name: string): Promise<void> {
  const versions = (await installedVersions(directory)).get(name) ?? [];
  for (const { version } of versions.slice(0, -2))
    await discard(directory, join(directory, name, version));
}

/** Out of sight first, whole. */
async function discard(directory: string, path: string): Promise<void> {
  const scratch = await mkdtemp(join(directory, SCRATCH));
  await rename(path, join(scratch, "gone")).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error; // somebody else was faster
  });
  await rm(scratch, { recursive: true, force: true });
}

/** What a killed installation left. */
async function clearAbandoned(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith(SCRATCH)) continue;
    const path = join(directory, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}
