/** Makes a bootstrap that instances run: its sources without their types, in one script, once per content. */
import { createHash } from "node:crypto";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";
import { link } from "./link.ts";

const RUNTIMES = join(import.meta.dirname, "..");
/** What else decides how the script looks. */
const MAKERS = ["build.ts", "link.ts"].map((name) => join(import.meta.dirname, name));
/** CommonJS, wherever it lies. */
const SCRIPT = "bootstrap.cjs";

/** What a bootstrap is made of. */
export interface BootstrapSources {
  /** Folders below runtimes/ whose modules it may use. */
  readonly folders: readonly string[];
  /** The module that runs, below runtimes/, for example languages/node/bootstrap/main.ts. */
  readonly main: string;
  /** Text files that lie beside the script, by name. */
  readonly beside?: Readonly<Record<string, string>>;
}

/** A bootstrap that is ready to be started. */
export interface Bootstrap {
  /** The script that an instance starts. */
  readonly main: string;
  /** Hex SHA-256 of what it was made of. */
  readonly hash: string;
}

/** Builds into `directory`/<hash>, unless it is there; forgets what earlier versions left. */
export async function buildBootstrap(
  directory: string,
  { folders, main: entry, beside = {} }: BootstrapSources,
): Promise<Bootstrap> {
  const sources = await readSources(folders);
  const makers = await Promise.all(MAKERS.map((name) => readFile(name, "utf8")));
  const hash = createHash("sha256")
    .update(JSON.stringify([entry, sources, beside, makers]))
    .digest("hex");
  const target = join(directory, hash.slice(0, 16));
  const main = join(target, SCRIPT);
  if (!(await exists(main))) await build({ [SCRIPT]: scriptOf(sources, entry), ...beside }, target);
  await forgetOthers(directory, target);
  return { main, hash };
}

type Sources = readonly (readonly [path: string, source: string])[];

async function readSources(folders: readonly string[]): Promise<Sources> {
  const names = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(RUNTIMES, folder))).map((name) => join(folder, name)),
    ),
  );
  const paths = names.flat().filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));
  return Promise.all(
    paths.sort().map(async (path) => [path, await readFile(join(RUNTIMES, path), "utf8")] as const),
  );
}

function scriptOf(sources: Sources, entry: string): string {
  return link(new Map(sources.map(([path, source]) => [path, withoutTypes(source)])), entry);
}

/** In a directory of its own first: another process may build the same. */
async function build(files: Readonly<Record<string, string>>, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const scratch = await mkdtemp(`${target}.`);
  await chmod(scratch, 0o755); // instances are ordinary users in a sandbox
  for (const [name, text] of Object.entries(files)) {
    // On disk before it has its name: nobody looks into it again, also not after the machine went down.
    await writeFile(join(scratch, name), text, { flush: true });
    await chmod(join(scratch, name), 0o644); // whatever the umask is
  }
  try {
    await rename(scratch, target);
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    if (!(await exists(join(target, SCRIPT)))) throw error;
  }
}

const withoutTypes = (source: string): string =>
  quietly(() => stripTypeScriptTypes(source, { mode: "strip" }));

/** Stripping types is Node.js's own way to run us, too; that its function is new need not be said to each user. */
function quietly<T>(action: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return action();
  } finally {
    process.emitWarning = emitWarning;
  }
}

async function forgetOthers(directory: string, target: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (relative(path, target) !== "" && !name.includes("."))
      await rm(path, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
