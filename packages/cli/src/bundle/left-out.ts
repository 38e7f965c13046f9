/** What does not become part of a bundle: what the runtime brings along, and packages with machine code. */
import { runtimeBrings } from "@yunque/server/package-tools";
import type { Plugin, PluginBuild } from "esbuild";
import { isNative } from "./native.ts";
import { packageOf } from "./package-of.ts";

/** Filled while a bundle is made. */
export interface LeftOut {
  /** Packages that the runtime brings. */
  readonly brought: Set<string>;
  /** Packages with machine code, by name, and their directories. */
  readonly native: Map<string, string>;
}

export interface LeftOutOptions {
  readonly runtime: string;
  /** Bundle even what the runtime brings. */
  readonly bundleSdk: boolean;
}

const BARE = /^(?:@[^/]+\/)?[^./@:][^:]*$/;

export function leavingOut(leftOut: LeftOut, { runtime, bundleSdk }: LeftOutOptions): Plugin {
  const natives = new Map<string, Promise<boolean>>();
  const native = (directory: string): Promise<boolean> => {
    const known = natives.get(directory) ?? isNative(directory);
    natives.set(directory, known);
    return known;
  };
  return {
    name: "left out",
    setup(build) {
      build.onResolve({ filter: BARE }, async ({ path, pluginData, ...asked }) => {
        if (pluginData === LOOKING) return undefined;
        const name = packageOf(`node_modules/${path}`)?.name ?? path;
        if (!bundleSdk && runtimeBrings(runtime, path)) {
          leftOut.brought.add(name);
          return { path, external: true };
        }
        const found = await look(build, path, asked);
        const directory = found.external ? undefined : packageOf(slashed(found.path))?.directory;
        if (found.errors.length > 0 || directory === undefined) return undefined;
        if (!(await native(directory))) return undefined;
        leftOut.native.set(name, directory);
        return { path, external: true };
      });
    },
  };
}

/** Marks our own question, which comes through the plugin again. */
const LOOKING = Symbol("looking");

function look(
  build: PluginBuild,
  path: string,
  {
    kind,
    importer,
    resolveDir,
  }: Omit<Parameters<Parameters<PluginBuild["onResolve"]>[1]>[0], "path" | "pluginData">,
): ReturnType<PluginBuild["resolve"]> {
  return build.resolve(path, { kind, importer, resolveDir, pluginData: LOOKING });
}

const slashed = (path: string): string => path.replaceAll("\\", "/");
