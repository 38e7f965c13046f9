/**
 * Watches modules being loaded. CommonJS nests: a module's `load` contains those of what it requires. ES modules do not:
 * all are read, then linked, then run one by one, so each gets a mark at its beginning and at its end.
 */
import * as nodeModule from "node:module";
import { pathToFileURL } from "node:url";
import { Timeline } from "./timeline.ts";

/** A module that was loaded. */
export interface TracedModule {
  /** file:///..., or node:NAME. */
  readonly url: string;
  /** Milliseconds of reading, compiling and running it, and of finding what it imports; without loading that. */
  readonly selfMs: number;
  /** The one that asked for it first; absent for the handler's own. */
  readonly importer?: string;
}

/** Where the marks of ES modules find the timeline. */
const MARK = "yunque.probe";
/** The probe itself, which asks for the handler's module. */
const OURS = import.meta.url;

interface CommonJs {
  _load(request: string, ...rest: unknown[]): unknown;
  prototype: { load(this: object, file: string): unknown };
}
interface Loaded {
  readonly format?: string | null;
  readonly source?: string | ArrayBuffer | Uint8Array | null;
}

/** Starts to watch; the function that it answers tells what was seen. */
export function traceModules(): () => TracedModule[] {
  const timeline = new Timeline();
  const importers = new Map<string, string>();
  watchCommonJs(timeline);
  watchModules(timeline, importers);
  return () =>
    [...timeline.stop()].map(([url, selfMs]) => {
      const importer = importers.get(url);
      return importer === undefined ? { url, selfMs } : { url, selfMs, importer };
    });
}

function watchCommonJs(timeline: Timeline): void {
  const Module = nodeModule.Module as unknown as CommonJs;
  const { _load } = Module;
  Module._load = function (request, ...rest) {
    if (!nodeModule.isBuiltin(request)) return _load.call(this, request, ...rest);
    const name = request.startsWith("node:") ? request : `node:${request}`;
    return within(timeline, name, () => _load.call(this, request, ...rest));
  };
  const { load } = Module.prototype;
  Module.prototype.load = function (file) {
    return within(timeline, pathToFileURL(file).href, () => load.call(this, file));
  };
}

function within<T>(timeline: Timeline, module: string, action: () => T): T {
  timeline.enter(module);
  try {
    return action();
  } finally {
    timeline.leave(module);
  }
}

function watchModules(timeline: Timeline, importers: Map<string, string>): void {
  Object.assign(globalThis, { [Symbol.for(MARK)]: timeline });
  let resolving = false;
  const resolve = (
    specifier: string,
    context: { readonly parentURL?: string },
    next: (specifier: string, context: object) => { readonly url: string },
  ) => {
    if (resolving) return next(specifier, context); // asked by another hook, on behalf of the same import
    resolving = true;
    const { parentURL } = context; // before others change it
    if (parentURL !== undefined && parentURL !== OURS) timeline.find(parentURL);
    try {
      const found = next(specifier, context);
      if (parentURL !== undefined && parentURL !== OURS && !importers.has(found.url))
        importers.set(found.url, parentURL);
      return found;
    } finally {
      resolving = false;
    }
  };
  const load = (url: string, context: object, next: (url: string, context: object) => Loaded) => {
    if (url.startsWith("file:")) timeline.read(url);
    const loaded = next(url, context);
    if (!loaded.format?.startsWith("module") || !loaded.source) return loaded;
    return { ...loaded, source: marked(url, Buffer.from(loaded.source as string).toString()) };
  };
  // Types of the hooks are stricter than what they pass on; the shapes are those of node:module.
  nodeModule.registerHooks({ resolve, load } as unknown as nodeModule.RegisterHooksOptions);
}

/** The marks add no line before the module's own: its stack traces stay true. */
function marked(url: string, source: string): string {
  const call = (name: string): string =>
    `globalThis[Symbol.for(${JSON.stringify(MARK)})].${name}(${JSON.stringify(url)});`;
  const [, shebang = "", code = ""] = /^(#![^\n]*\n)?(.*)$/s.exec(source) ?? [];
  return `${shebang}${call("enter")}${code}\n${call("leave")}`;
}
