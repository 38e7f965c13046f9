/**
 * Joins modules into one script. Node.js takes most of a millisecond to find, read and start each module file; an
 * instance has no time for twenty of them.
 *
 * It knows the few forms of import and export that our own sources have, and refuses all others.
 */
import { dirname, join } from "node:path/posix";

/** A module's own text in the script, what it needs, and what it gives. */
interface Part {
  readonly path: string;
  readonly needs: readonly string[];
  readonly body: string;
  readonly exports: readonly string[];
}

const IMPORT = /^import\s+(?:\{([^}]*)\}|\*\s+as\s+(\w+))\s+from\s+"([^"]+)";/gm;
const EXPORT = /^export\s+((?:async\s+)?function\*?|const|class)\s+(\w+)/gm;
const UNKNOWN = /^(?:import\s*[\w{*"]|export\b).*/m;

/**
 * A CommonJS script that runs `main` and all that it imports.
 * @param sources JavaScript by path; imports between them are relative and end in `.ts`.
 * @throws Error where a module is missing, imports in a circle, or has a form that is not known here.
 */
export function link(sources: ReadonlyMap<string, string>, main: string): string {
  const done = new Map<string, Part>();
  const under = new Set<string>();
  const visit = (path: string): void => {
    if (done.has(path)) return;
    if (under.has(path)) throw new Error(`${path} imports itself`);
    under.add(path);
    const source = sources.get(path);
    if (source === undefined) throw new Error(`no module ${path}`);
    const part = read(path, source);
    for (const needed of part.needs) visit(needed);
    done.set(path, part);
  };
  visit(main);
  return ['"use strict";', ...[...done.values()].map(write), ""].join("\n");
}

function read(path: string, source: string): Part {
  const needs: string[] = [];
  const exports: string[] = [];
  const body = source
    .replace(IMPORT, (_all, names: string | undefined, whole: string | undefined, from: string) => {
      const target = from.startsWith(".") ? join(dirname(path), from) : undefined;
      if (target !== undefined) needs.push(target);
      const value = target === undefined ? `require("${from}")` : variable(target);
      return `const ${whole ?? pattern(names ?? "")} = ${value};`;
    })
    .replace(EXPORT, (_all, kind: string, name: string) => {
      exports.push(name);
      return `${kind} ${name}`;
    })
    .replaceAll("import.meta.url", 'require("node:url").pathToFileURL(__filename).href');
  const unknown = UNKNOWN.exec(body);
  if (unknown) throw new Error(`${path} has what cannot be linked: ${unknown[0]}`);
  return { path, needs, exports, body };
}

/** `a, b as c` of an import as what a declaration takes apart. */
function pattern(names: string): string {
  const parts = names.split(",").map((name) => name.trim().replace(/\s+as\s+/, ": "));
  return `{ ${parts.filter(Boolean).join(", ")} }`;
}

const write = ({ path, body, exports }: Part): string =>
  `// ${path}\nconst ${variable(path)} = (() => {\n${body}\nreturn { ${exports.join(", ")} };\n})();`;

const variable = (path: string): string => `$${path.replace(/\W/g, "_")}`;
