import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Whose a module is: the function's, a layer's, what the runtime brings along, or Node.js itself. */
export type ModuleOrigin = "code" | "layer" | "runtime" | "node";

/** A module without the paths of the machine that it was loaded on. */
export interface ModulePlace {
  readonly origin: ModuleOrigin;
  /** Below the origin's root, with slashes; of Node.js, the name of its part, empty for linking and starting modules. */
  readonly path: string;
}

/** Absolute paths as the program saw them. */
export interface Roots {
  readonly taskRoot: string;
  readonly layers: string;
}

/** Where the module of this URL belongs. */
export function placeOf(url: string, { taskRoot, layers }: Roots): ModulePlace {
  if (url.startsWith("node:")) return { origin: "node", path: url.slice("node:".length) };
  if (!URL.canParse(url) || !url.startsWith("file:")) return { origin: "runtime", path: url };
  const file = fileURLToPath(url);
  const own = below(taskRoot, file);
  if (own !== undefined) return { origin: "code", path: own };
  const layer = below(layers, file);
  if (layer !== undefined) return { origin: "layer", path: layer };
  const at = file.lastIndexOf(`${sep}node_modules${sep}`);
  return { origin: "runtime", path: (at < 0 ? file : file.slice(at + 1)).replaceAll(sep, "/") };
}

function below(root: string, file: string): string | undefined {
  const path = relative(root, file);
  if (path === "" || isAbsolute(path) || path.split(sep)[0] === "..") return undefined;
  return path.replaceAll(sep, "/");
}
