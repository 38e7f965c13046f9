/** Finds the function that `_HANDLER` names. Lambda: "index.handler", "src/app.handler", "index.api.get". */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  HandlerNotFound,
  ImportModuleError,
  MalformedHandlerName,
  MalformedStreamingHandler,
  UserCodeSyntaxError,
} from "./errors.ts";
import { useSourceMaps } from "./source-maps.ts";

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");

/** Whatever the function exports. */
export type Handler = (...parameters: unknown[]) => unknown;
/** A handler, and how it wants to be run. */
export interface LoadedHandler {
  readonly handler: Handler;
  readonly streaming: boolean;
  readonly highWaterMark: number | undefined;
}

const requireHere = createRequire(import.meta.url);

/**
 * Loads the module and takes the handler out of it.
 * @throws Runtime.* as Lambda names them, or whatever the module itself threw.
 */
export async function loadHandler(taskRoot: string, name: string): Promise<LoadedHandler> {
  if (name.includes(".."))
    throw new MalformedHandlerName(
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  const file = basename(name);
  const folder = name.slice(0, name.indexOf(file));
  const dot = file.indexOf(".");
  if (dot < 0) throw new MalformedHandlerName("Bad handler");
  const loaded = await loadModule(taskRoot, folder, file.slice(0, dot));
  const handler = file
    .slice(dot + 1)
    .split(".")
    .reduce<unknown>((value, key) => value && (value as Record<string, unknown>)[key], loaded);
  if (!handler) throw new HandlerNotFound(`${name} is undefined or not exported`);
  if (typeof handler !== "function") throw new HandlerNotFound(`${name} is not a function`);
  return describe(handler as Handler);
}

/** Marks a handler as one that streams: `awslambda.streamifyResponse`. */
export function streamifyResponse(
  handler: Handler,
  options?: { readonly highWaterMark?: unknown },
): Handler {
  const mark = options?.highWaterMark;
  return Object.assign(handler, {
    [STREAMING]: "response",
    ...(typeof mark === "number" ? { [HIGH_WATER_MARK]: Math.trunc(mark) } : {}),
  });
}

function describe(handler: Handler): LoadedHandler {
  const marks = handler as unknown as Record<symbol, unknown>;
  const streaming = marks[STREAMING] ?? false;
  if (streaming !== false && streaming !== "response")
    throw new MalformedStreamingHandler("Only response streaming is supported.");
  const mark = Number(marks[HIGH_WATER_MARK]);
  return { handler, streaming: streaming !== false, highWaterMark: mark > 0 ? mark : undefined };
}

async function loadModule(taskRoot: string, folder: string, name: string): Promise<unknown> {
  try {
    const path = resolve(taskRoot, folder, name);
    const found = candidates(path).find(({ file }) => existsSync(file));
    if (found && existsSync(`${found.file}.map`)) useSourceMaps(taskRoot);
    if (found) return await (found.esm ? importFile(found.file) : requireFile(found.file));
    return requireHere(requireHere.resolve(name, { paths: [taskRoot, join(taskRoot, folder)] }));
  } catch (error) {
    if (error instanceof SyntaxError) throw syntaxError(error);
    if ((error as { code?: unknown } | null)?.code === "MODULE_NOT_FOUND")
      throw new ImportModuleError(String(error));
    throw error;
  }
}

/** Files that a handler's module may be, in Lambda's order. TypeScript is for a Node.js that strips types itself. */
function candidates(path: string): { file: string; esm: boolean }[] {
  const module = isModuleFolder(dirname(path));
  const scripts = [
    { file: path, esm: false },
    { file: `${path}.js`, esm: module },
    { file: `${path}.mjs`, esm: true },
    { file: `${path}.cjs`, esm: false },
  ];
  if (!process.features.typescript) return scripts;
  return [
    ...scripts,
    { file: `${path}.ts`, esm: module },
    { file: `${path}.mts`, esm: true },
    { file: `${path}.cts`, esm: false },
  ];
}

const importFile = (file: string): Promise<unknown> => import(pathToFileURL(file).href);

/** `.js` without a package.json may still be written as an ES module, with top-level await even. */
function requireFile(file: string): unknown {
  try {
    return requireHere(file);
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== "ERR_REQUIRE_ASYNC_MODULE") throw error;
    return importFile(file);
  }
}

/** The nearest package.json above decides, up to a node_modules or the root. */
function isModuleFolder(folder: string): boolean {
  if (folder.endsWith("/node_modules")) return false;
  const manifest = join(folder, "package.json");
  if (existsSync(manifest)) {
    try {
      return JSON.parse(readFileSync(manifest, "utf8"))?.type === "module";
    } catch (error) {
      console.warn(
        `${manifest} cannot be read, it will be ignored for ES module detection purposes.`,
        error,
      );
      return false;
    }
  }
  return folder !== dirname(folder) && isModuleFolder(dirname(folder));
}

function syntaxError(error: SyntaxError): Error {
  const renamed = new UserCodeSyntaxError(String(error));
  if (error.stack) renamed.stack = error.stack;
  return renamed;
}
