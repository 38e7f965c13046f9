/**
 * Traces that name the sources a bundle was made of: a `.map` beside a file of the function is looked for once an error
 * needs it. Node.js's own way knows no code that came out of a cache, and reads each map when its file is loaded.
 */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const maps = new Map<string, SourceMap | undefined>();

/** From now on, for files below this directory. Not where Node.js does it already (NODE_OPTIONS=--enable-source-maps). */
export function useSourceMaps(root: string): void {
  if (process.sourceMapsEnabled) return;
  Error.prepareStackTrace = (error, frames) =>
    [headOf(error), ...frames.map((frame) => `    at ${mapped(frame, root)}`)].join("\n");
}

function mapped(frame: NodeJS.CallSite, root: string): string {
  const text = String(frame);
  const name = frame.getFileName();
  const line = frame.getLineNumber();
  const column = frame.getColumnNumber();
  if (!name || line === null || column === null) return text;
  const path = name.startsWith("file:") ? fileURLToPath(name) : name;
  const map = path.startsWith(`${root}/`) ? mapOf(path) : undefined;
  const entry = map?.findEntry(line - 1, column - 1);
  if (!entry || !("originalSource" in entry)) return text;
  const { originalSource, originalLine, originalColumn } = entry;
  const source = originalSource.startsWith("file:")
    ? fileURLToPath(originalSource)
    : resolve(dirname(path), originalSource);
  return text.replace(
    `${name}:${line}:${column}`,
    `${source}:${originalLine + 1}:${originalColumn + 1}`,
  );
}

/** Undefined where there is none, or it cannot be read. */
function mapOf(path: string): SourceMap | undefined {
  if (maps.has(path)) return maps.get(path);
  let map: SourceMap | undefined;
  try {
    const file = `${path}.map`;
    if (existsSync(file)) map = new SourceMap(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // A damaged map is as good as none.
  }
  maps.set(path, map);
  return map;
}

function headOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "Error";
  }
}
