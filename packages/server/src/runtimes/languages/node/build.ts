/** Makes the bootstrap that instances run: the sources without their types, once per content, as plain JavaScript. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";

const RUNTIMES = join(import.meta.dirname, "../..");
/** Folders below runtimes/ that the bootstrap consists of; their places to each other stay the same. */
const FOLDERS = ["wire", "languages/node/bootstrap"];
const MAIN = "languages/node/bootstrap/main.js";

export interface Bootstrap {
  /** The script that an instance starts. */
  readonly main: string;
  /** Hex SHA-256 of what it was made of. */
  readonly hash: string;
}

/** Builds into `directory`/<hash>, unless it is there; forgets what earlier versions left. */
export async function buildBootstrap(directory: string): Promise<Bootstrap> {
  const sources = await readSources();
  const hash = createHash("sha256").update(JSON.stringify(sources)).digest("hex");
  const target = join(directory, hash.slice(0, 16));
  if (!(await exists(join(target, MAIN)))) await build(sources, target);
  await forgetOthers(directory, target);
  return { main: join(target, MAIN), hash };
}

async function readSources(): Promise<[path: string, source: string][]> {
  const folders = await Promise.all(
    FOLDERS.map(async (folder) => {
      const names = await readdir(join(RUNTIMES, folder));
      return names
        .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
        .map((name) => join(folder, name));
    }),
  );
  const paths = folders.flat().sort();
  return Promise.all(
    paths.map(
      async (path): Promise<[string, string]> => [
        path,
        await readFile(join(RUNTIMES, path), "utf8"),
      ],
    ),
  );
}

/** In a directory of its own first: another process may build the same. */
async function build(sources: [string, string][], target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const scratch = await mkdtemp(`${target}.`);
  await writeFile(join(scratch, "package.json"), '{"type":"module"}\n');
  for (const [path, source] of sources) {
    const file = join(scratch, path.replace(/\.ts$/, ".js"));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, toJavaScript(source));
  }
  try {
    await rename(scratch, target);
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    if (!(await exists(join(target, MAIN)))) throw error;
  }
}

const toJavaScript = (source: string): string =>
  quietly(() => stripTypeScriptTypes(source, { mode: "strip" })).replace(
    /^((?:import|export)\b[^"']*["']\.[^"']*)\.ts(["'])/gm,
    "$1.js$2",
  );

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
