/** The bootstrap as instances read it: copied, so that anybody may read it, with its byte code made ahead. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

const SOURCES = join(import.meta.dirname, "bootstrap");

/** A bootstrap that is ready to be started. */
export interface BootstrapFiles {
  /** Has bootstrap.py and the packages that it needs. */
  readonly folder: string;
  /** An empty folder beside it: the site-packages of a Python that brings none. */
  readonly nothing: string;
  /** Hex SHA-256 of what it consists of. */
  readonly hash: string;
}

/** Copies into `directory`/<hash>-<tag> and compiles for `program`, unless that is there. `tag`: for example 312. */
export async function bootstrapFiles(
  directory: string,
  program: string,
  tag: string,
): Promise<BootstrapFiles> {
  read ??= readSources();
  const { sources, hash } = await read;
  const target = join(directory, `${hash.slice(0, 16)}-${tag}`);
  const files = { folder: join(target, "runtime"), nothing: join(target, "nothing"), hash };
  if (!(await exists(target))) await make(sources, target, program);
  return files;
}

type Sources = readonly (readonly [path: string, source: string])[];

/** They do not change while the platform runs. */
let read: Promise<{ readonly sources: Sources; readonly hash: string }> | undefined;

async function readSources() {
  const entries = await readdir(SOURCES, { recursive: true });
  const paths = entries.filter((path) => path.endsWith(".py")).sort();
  const sources = await Promise.all(
    paths.map(async (path) => [path, await readFile(join(SOURCES, path), "utf8")] as const),
  );
  return { sources, hash: createHash("sha256").update(JSON.stringify(sources)).digest("hex") };
}

/** In a directory of its own first: another process may make the same. */
async function make(sources: Sources, target: string, program: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const scratch = await mkdtemp(`${target}.`);
  try {
    await mkdir(join(scratch, "nothing"));
    for (const [path, source] of sources) {
      const file = join(scratch, "runtime", path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, source, { flush: true });
    }
    await compile(program, join(scratch, "runtime"));
    await makeReadable(scratch);
    await rename(scratch, target);
    await forgetOthers(target);
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    if (!(await exists(target))) throw error;
  }
}

/** What earlier versions of the bootstrap left. */
async function forgetOthers(target: string): Promise<void> {
  const home = dirname(target);
  const own = basename(target).split("-")[0] ?? "";
  for (const entry of await readdir(home, { withFileTypes: true })) {
    if (entry.isDirectory() && !entry.name.startsWith(own) && !entry.name.includes("."))
      await rm(join(home, entry.name), { recursive: true, force: true });
  }
}

/** Instances cannot write where this lies. The byte code is found by its name and believed: nobody changes the sources. */
async function compile(program: string, folder: string): Promise<void> {
  const args = ["-I", "-S", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"];
  await promisify(execFile)(program, [...args, folder], { cwd: folder });
}

/** Instances are ordinary users in a sandbox, and the platform's umask may be strict. */
async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await makeReadable(path);
    else await chmod(path, 0o644);
  }
}

const exists = (path: string): Promise<boolean> =>
  readdir(path).then(
    () => true,
    () => false,
  );
