/** Finds out what a function's code is, so that nobody has to say it: its runtime and its handler. */
import { Failure } from "../failure.ts";

export interface Guess {
  readonly runtime: string;
  readonly handler: string;
}

interface Source {
  readonly names: readonly string[];
  read(name: string): Promise<string | undefined>;
}

const NODE = "nodejs22.x";
const PYTHON = "python3.13";
const CUSTOM = "provided.al2023";

/** Names that people give to the file with the handler, the usual ones first. */
const STEMS = ["index", "handler", "lambda_function", "app", "main", "lambda"];

/** The source file of a Node.js handler, TypeScript's first: what is beside it may have been compiled from it. */
export async function guessSource(source: Source): Promise<{ file: string; name: string }> {
  const file =
    usualFile(source.names, SOURCES) ?? (await packageMain(source)) ?? onlyFile(source.names);
  if (file === undefined || file.endsWith(".py"))
    throw new Failure(
      "which file holds the handler?",
      "Name it: yunque build FILE, for example yunque build src/app.ts",
    );
  return { file, name: (await handlerOf(source, file)).replace(/^.*\./, "") };
}

/** @throws Failure where it cannot be told; the caller then has to say `--handler` and `--runtime`. */
export async function guess(source: Source): Promise<Guess> {
  const file = (await packageMain(source)) ?? usualFile(source.names) ?? onlyFile(source.names);
  if (file !== undefined)
    return { runtime: runtimeOf(file), handler: await handlerOf(source, file) };
  if (source.names.includes("bootstrap")) return { runtime: CUSTOM, handler: "bootstrap" };
  if (source.names.some((name) => /^[^/]+\.tsx?$/.test(name)))
    throw new Failure(
      "Lambda runs JavaScript, and this is TypeScript",
      "Build it: add --build, or run yunque build first",
    );
  throw new Failure(
    "which file holds the handler?",
    "Say it: --handler FILE.EXPORT, for example --handler src/app.handler",
  );
}

/** `main` of package.json, where it names a file of the code. */
async function packageMain({ names, read }: Source): Promise<string | undefined> {
  if (!names.includes("package.json")) return undefined;
  try {
    const { main } = JSON.parse((await read("package.json")) ?? "{}") as { main?: unknown };
    const file = typeof main === "string" ? main.replace(/^\.\//, "") : "";
    return names.includes(file) && isScript(file) ? file : undefined;
  } catch {
    return undefined; // somebody else's broken package.json is not ours to judge
  }
}

const SCRIPTS = ["mjs", "js", "cjs", "py"];
const SOURCES = ["ts", "mts", "cts", "tsx", "mjs", "js", "cjs"];

function usualFile(names: readonly string[], extensions = SCRIPTS): string | undefined {
  const folders = extensions === SOURCES ? ["", "src/"] : [""];
  for (const folder of folders)
    for (const stem of STEMS)
      for (const extension of extensions)
        if (names.includes(`${folder}${stem}.${extension}`)) return `${folder}${stem}.${extension}`;
  return undefined;
}

function onlyFile(names: readonly string[]): string | undefined {
  const scripts = names.filter((name) => !name.includes("/") && isScript(name));
  return scripts.length === 1 ? scripts[0] : undefined;
}

const isScript = (name: string): boolean => /\.(mjs|cjs|js|py)$/.test(name);

const runtimeOf = (file: string): string => (file.endsWith(".py") ? PYTHON : NODE);

async function handlerOf(source: Source, file: string): Promise<string> {
  const stem = file.replace(/\.\w+$/, "");
  const [usual, exports] = file.endsWith(".py")
    ? [["lambda_handler", "handler"], /^(?:async )?def (\w+)\(/gm]
    : [["handler"], JS_EXPORTS];
  const names = exportsOf((await source.read(file)) ?? "", exports);
  const known = usual.find((name) => names.includes(name));
  if (known !== undefined) return `${stem}.${known}`;
  const [first = usual[0], ...others] = names;
  if (others.length === 0) return `${stem}.${first}`;
  throw new Failure(
    `${file} exports ${names.join(", ")}: which one is the handler?`,
    `Say it: --handler ${stem}.${first}`,
  );
}

const JS_EXPORTS =
  /\bexport\s+(?:async\s+)?(?:const|let|var|function\*?)\s+(\w+)|\bexport\s*\{([^}]*)\}|\bexports\.(\w+)\s*=[^=]|\bmodule\.exports\s*=\s*\{([^}]*)\}/g;

function exportsOf(text: string, pattern: RegExp): string[] {
  const names = [...text.matchAll(pattern)].flatMap(([, one, list, property, object]) =>
    [one ?? property ?? [], (list ?? object ?? "").split(",").map(exportedName)].flat(),
  );
  return [...new Set(names.filter((name) => name !== "" && name !== "default"))];
}

/** `a as b` -> `b`, `key: value` -> `key` */
const exportedName = (text: string): string =>
  (text.split(/\bas\b/).at(-1) ?? "").split(":")[0]?.trim() ?? "";
