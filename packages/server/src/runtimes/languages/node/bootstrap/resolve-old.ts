/**
 * The rules of resolve.ts for a Node.js without module.registerHooks. `require` is told by way of the method that
 * everybody replaces for it, `import` by hooks that run in a thread of their own. That thread is started with the
 * process and hears of the function's places later.
 */
import * as nodeModule from "node:module";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";

/** Where packages are looked for. */
export interface Lookup {
  /** Directories whose modules are meant: the function's, its layers'. */
  readonly own: readonly string[];
  /** The runtime's directory: beside what it brings, lies there what it needs itself. */
  readonly runtime: string;
  /** Files in whose name a package that the runtime brings is looked for, and how its name looks. */
  readonly brought: { readonly pattern: string; readonly files: readonly string[] };
  /** The same for all other packages. */
  readonly others: readonly string[];
}

/** What the thread is told: the same with URLs. */
type Told = Lookup;

type Resolved = { url: string };
type Next = (specifier: string, context?: { parentURL?: string }) => Promise<Resolved>;

/** Starts the thread; call what it answers once the places are known. */
export function prepareOldResolution(): (lookup: Lookup) => void {
  const { port1, port2 } = new MessageChannel();
  const source = `${hooks}\nexport const { initialize, resolve } = hooks();`;
  withoutOutput(() =>
    nodeModule.register(`data:text/javascript,${encodeURIComponent(source)}`, {
      data: port2,
      transferList: [port2],
    }),
  );
  port1.unref();
  return (lookup) => {
    port1.postMessage(asUrls(lookup));
    resolveRequires(lookup);
  };
}

/**
 * A thread's output is led to process.stdout and process.stderr. Whoever so much as names these makes the descriptors
 * non-blocking, and the handler's own writes to them fail where the platform reads slowly. Our thread says nothing.
 */
function withoutOutput(action: () => void): void {
  const names = ["stdout", "stderr"] as const;
  const real = names.map((name) => Object.getOwnPropertyDescriptor(process, name) ?? {});
  const value = new Writable({ write: (_chunk, _encoding, done) => done() });
  for (const name of names) Object.defineProperty(process, name, { value, configurable: true });
  try {
    action();
  } finally {
    for (const [i, name] of names.entries()) Object.defineProperty(process, name, real[i] ?? {});
  }
}

const asUrls = ({ own, runtime, brought, others }: Lookup): Told => {
  const url = (path: string) => pathToFileURL(path).href;
  return {
    own: own.map((path) => `${url(path)}/`),
    runtime: `${url(runtime)}/`,
    brought: { ...brought, files: brought.files.map(url) },
    others: others.map(url),
  };
};

/** Runs in the thread, as text: it sees nothing of this module. */
function hooks() {
  let told: Promise<Told>;
  return {
    initialize(port: import("node:worker_threads").MessagePort) {
      told = new Promise((resolve) => {
        port.once("message", resolve);
      });
      port.unref();
    },

    async resolve(specifier: string, context: { parentURL?: string }, next: Next) {
      const { parentURL } = context;
      // Nothing of the function is loaded before it is known: whoever asks now is the bootstrap.
      if (!parentURL?.startsWith("file:") || !/^[^./:][^:]*$/.test(specifier))
        return next(specifier, context);
      const { own, runtime, brought, others } = await told;
      const inside = (url: string) => own.some((root) => url.startsWith(root));
      if (!inside(parentURL)) return next(specifier, context);
      const attempt = (parent: string) =>
        next(specifier, { ...context, parentURL: parent }).catch((error: unknown) => ({ error }));
      const natural = await attempt(parentURL);
      if ("url" in natural && (inside(natural.url) || !natural.url.startsWith("file:")))
        return natural;
      const isBrought = new RegExp(brought.pattern).test(specifier);
      for (const file of isBrought ? brought.files : others) {
        const found = await attempt(file);
        if ("url" in found && (isBrought || !found.url.startsWith(runtime))) return found;
      }
      if ("error" in natural) throw natural.error;
      const parent = decodeURIComponent(new URL(parentURL).pathname);
      throw Object.assign(new Error(`Cannot find package '${specifier}' imported from ${parent}`), {
        code: "ERR_MODULE_NOT_FOUND",
      });
    },
  };
}

/** The part of node:module's class that is not documented, and that every loader for `require` builds on. */
interface Resolver {
  _resolveFilename(
    request: string,
    parent: { readonly filename?: string | null } | null | undefined,
    isMain: boolean,
    options?: { readonly paths?: readonly string[] },
  ): string;
}

function resolveRequires({ own, runtime, brought, others }: Lookup): void {
  const resolver = nodeModule.Module as unknown as Resolver;
  const natural = resolver._resolveFilename;
  const pattern = new RegExp(brought.pattern);
  const inside = (path: string | null | undefined) =>
    !!path && own.some((root) => path.startsWith(`${root}/`));

  let asking = false; // resolve() below comes through here again

  resolver._resolveFilename = function resolveFilename(request, parent, isMain, options) {
    const attempt = (from: typeof parent) => natural.call(this, request, from, isMain, options);
    const bare = /^[^./:][^:]*$/.test(request);
    if (asking || !bare || !inside(parent?.filename) || options?.paths) return attempt(parent);
    let missing: unknown;
    try {
      const found = attempt(parent);
      if (inside(found) || !found.startsWith("/")) return found;
    } catch (error) {
      missing = error;
    }
    const isBrought = pattern.test(request);
    for (const file of isBrought ? brought.files : others) {
      try {
        asking = true;
        const found = nodeModule.createRequire(file).resolve(request);
        if (isBrought || !found.startsWith(`${runtime}/`)) return found;
      } catch {
        // the next place may have it
      } finally {
        asking = false;
      }
    }
    throw missing ?? notFound(request, parent?.filename ?? "");
  };
}

const notFound = (request: string, parent: string): Error =>
  Object.assign(new Error(`Cannot find module '${request}'\nRequire stack:\n- ${parent}`), {
    code: "MODULE_NOT_FOUND",
    requireStack: [parent],
  });
