import { realpath } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Keeps a bundle of strangers' sources from taking files of this machine in: a module of theirs may name any path.
 * @param root a real path.
 */
export function confinement(root: string): Plugin {
  return {
    name: "confinement",
    setup(build) {
      build.onLoad({ filter: /(?:)/ }, async ({ path, namespace }) => {
        if (namespace !== "file") return undefined;
        const real = await realpath(path).catch(() => path);
        if (isInside(root, real)) return undefined;
        return { errors: [{ text: "this file is not of the package" }] };
      });
    },
  };
}

export function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return !isAbsolute(way) && way.split(sep)[0] !== "..";
}
