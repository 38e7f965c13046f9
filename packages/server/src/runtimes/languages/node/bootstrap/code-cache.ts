/**
 * V8's compiled code of a function's CommonJS modules, kept from one instance for the next ones: what was compiled
 * until its first invocation was over, functions that ran among it. V8 takes it only on the same version and flags;
 * whatever it refuses is compiled as always. (Of ES modules V8 gives nothing once they have run.)
 */
import { readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { cachedDataVersionTag } from "node:v8";
import { constants, Script } from "node:vm";
import { CODE_BYTES } from "../../../wire/frames.ts";

/** `MARK`, u32 LE length of the head, the head as JSON, and behind it the code of each file. */
const MARK = Buffer.from("YQC1");
const HEAD_BYTES = 8;
interface Head {
  /** Of V8: its version and flags. */
  readonly tag: number;
  readonly node: string;
  /** Path, length of the source, and where its code is. */
  readonly files: readonly (readonly [path: string, source: number, start: number, end: number])[];
}

/** Less source than this in all is compiled quicker than its code is read; and so is a file of less. */
const LEAST_SOURCE = 16 * 1024;
const LEAST_FILE = 1024;

interface ModuleInternals {
  readonly prototype: { _compile: Compile };
  readonly _extensions: unknown;
  readonly _cache: unknown;
  _resolveFilename(request: string, from: LoadedModule, isMain: boolean, options?: object): string;
  _resolveLookupPaths(request: string, from: LoadedModule): unknown;
}
interface LoadedModule {
  readonly exports: unknown;
  require(request: string): unknown;
}
type Compile = (this: LoadedModule, source: string, path: string, format?: string) => unknown;

const compiled = new Map<string, { readonly script: Script; readonly source: number }>();
let known: ReadonlyMap<string, { source: number; code: Buffer }> | undefined;
let ours: readonly string[] = [];

/**
 * From now on modules below these roots are compiled with what `file` has, if there is one; what codeCache() gives is
 * remembered only where there is none.
 */
export function useCodeCache(file: string | undefined, roots: readonly string[]): void {
  known = file === undefined ? undefined : read(file);
  ours = roots;
  compiled.clear();
}

/** Once, before anything is to be compiled like that: what is done first takes longest. */
export function prepareCodeCache(): void {
  const { prototype } = nodeModule.Module as unknown as ModuleInternals;
  const original = prototype._compile;
  prototype._compile = function (source, path, format) {
    const cached = known?.get(path);
    const worthIt = known ? cached?.source === source.length : source.length >= LEAST_FILE;
    if (!worthIt || format === "module" || !ours.some((root) => path.startsWith(root)))
      return original.call(this, source, path, format);
    const script = compile(source, path, cached?.code);
    if (!script) return original.call(this, source, path, format);
    if (!known) compiled.set(path, { script, source: source.length });
    const run = script.runInThisContext() as (...parameters: unknown[]) => unknown;
    const directory = path.slice(0, path.lastIndexOf("/"));
    const { exports } = this;
    return run.call(exports, exports, requireOf(this), this, path, directory);
  };
}

/** What there is to keep; empty where it is not worth it. */
export function codeCache(): Buffer {
  const sources = [...compiled.values()].reduce((sum, { source }) => sum + source, 0);
  if (sources < LEAST_SOURCE) return Buffer.alloc(0);
  let end = 0;
  const files: [string, number, number, number][] = [];
  const codes: Buffer[] = [];
  for (const [path, { script, source }] of compiled) {
    const code = script.createCachedData();
    files.push([path, source, end, end + code.length]);
    codes.push(code);
    end += code.length;
  }
  const head: Head = { tag: cachedDataVersionTag(), node: process.version, files };
  const text = Buffer.from(JSON.stringify(head));
  const start = Buffer.alloc(HEAD_BYTES);
  start.set(MARK);
  start.writeUInt32LE(text.length, MARK.length);
  const bytes = Buffer.concat([start, text, ...codes]);
  return bytes.length <= CODE_BYTES ? bytes : Buffer.alloc(0);
}

/** Undefined where the source is no script: it may be an ES module, or wrong, and Node.js says which. */
function compile(source: string, path: string, code: Buffer | undefined): Script | undefined {
  try {
    return new Script(nodeModule.wrap(source), {
      filename: path,
      columnOffset: -nodeModule.wrap("").indexOf("\n"),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      ...(code && { cachedData: code }),
    });
  } catch {
    return undefined;
  }
}

/** `require` as a module has it. */
function requireOf(module: LoadedModule): unknown {
  const internals = nodeModule.Module as unknown as ModuleInternals;
  const resolve = Object.assign(
    (request: string, options?: object) =>
      internals._resolveFilename(request, module, false, options),
    { paths: (request: string) => internals._resolveLookupPaths(request, module) },
  );
  return Object.assign((request: string) => module.require(request), {
    resolve,
    main: process.mainModule,
    extensions: internals._extensions,
    cache: internals._cache,
  });
}

/** The code of each file; undefined where it was made by another version, or is damaged. */
function read(file: string): ReadonlyMap<string, { source: number; code: Buffer }> | undefined {
  try {
    const bytes = readFileSync(file);
    const body = HEAD_BYTES + bytes.readUInt32LE(MARK.length);
    if (!bytes.subarray(0, MARK.length).equals(MARK)) return undefined;
    const head = JSON.parse(bytes.toString("utf8", HEAD_BYTES, body)) as Head;
    if (head.tag !== cachedDataVersionTag() || head.node !== process.version) return undefined;
    return new Map(
      head.files.map(([path, source, start, end]) => [
        path,
        { source, code: bytes.subarray(body + start, body + end) },
      ]),
    );
  } catch {
    return undefined;
  }
}
