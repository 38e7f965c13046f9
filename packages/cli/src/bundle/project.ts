/** What is to be bundled: a function's sources, where its handler is in them, and what it will run on. */
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { guessSource } from "../code/guess.ts";
import { Failure } from "../failure.ts";

export interface Project {
  /** The directory that becomes /var/task; a real path. */
  readonly root: string;
  /** The handler's source below it, with slashes. */
  readonly file: string;
  /** What the file exports, for example `handler`. */
  readonly name: string;
}

/** Finds the handler's source: `path` is the file itself, or a directory with it. @throws Failure */
export async function findProject(path: string): Promise<Project> {
  const real = await realpath(path).catch((error: Error) => {
    throw new Failure(`cannot read ${path}: ${error.message}`);
  });
  const found = await stat(real);
  const root = found.isDirectory() ? real : dirname(real);
  const names = found.isDirectory() ? await sourceNames(real) : [basename(real)];
  if (!found.isDirectory() && !/\.[cm]?[jt]sx?$/.test(real))
    throw new Failure(
      `${path} is no JavaScript and no TypeScript`,
      "yunque build bundles Node.js functions: name the file with the handler, or its directory.",
    );
  const read = (name: string): Promise<string> => readFile(join(root, name), "utf8");
  return { root, ...(await guessSource({ names, read })) };
}

/** The same for code that was deployed: its handler is known, `index.handler`. Undefined where there is no such file. */
export async function deployedProject(root: string, handler: string): Promise<Project | undefined> {
  const real = await realpath(root);
  const [, stem, name] = /^((?:.*\/)?[^/.]+)\.(.+)$/.exec(handler) ?? [];
  if (stem === undefined || name === undefined || handler.includes("..")) return undefined;
  for (const extension of ["js", "mjs", "cjs", "ts", "mts", "cts"]) {
    const file = `${stem}.${extension}`;
    const found = await stat(join(real, file)).catch(() => undefined);
    if (found?.isFile()) return { root: real, file, name };
  }
  return undefined;
}

/** Where people keep a handler's source: at the top, or in src/. */
async function sourceNames(root: string): Promise<string[]> {
  const top = await readdir(root);
  const inner = top.includes("src") ? await readdir(join(root, "src")).catch(() => []) : [];
  return [...top, ...inner.map((name) => `src/${name}`)];
}

/** Whether Node.js takes the source for an ES module by its name or the nearest package.json. */
export async function isModule({ root, file }: Project): Promise<boolean> {
  if (/\.m[jt]s$/.test(file)) return true;
  if (/\.c[jt]s$/.test(file)) return false;
  for (let folder = dirname(join(root, file)); ; folder = dirname(folder)) {
    const text = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
    if (text !== undefined) return typeOf(text) === "module";
    if (folder === dirname(folder)) return false;
  }
}

function typeOf(manifest: string): unknown {
  try {
    return (JSON.parse(manifest) as { type?: unknown } | null)?.type;
  } catch {
    return undefined; // Node.js takes such a package for CommonJS, too
  }
}

/** `src/app.ts` -> `src/app` */
export const stemOf = (file: string): string => file.slice(0, -extname(file).length);
