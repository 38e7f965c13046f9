/** Makes one file of a function's sources and of everything that they import. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildFailure, BuildOptions, Loader, Metafile, OutputFile } from "esbuild";
import { Failure } from "../failure.ts";
import { confinement, isInside } from "./confinement.ts";
import { type LeftOut, leavingOut } from "./left-out.ts";
import { type KeptPackage, keptPackages } from "./native.ts";
import { packageOf } from "./package-of.ts";
import { CJS_NAMES, withPrelude } from "./prelude.ts";
import { isModule, type Project, stemOf } from "./project.ts";
import { failureOf, SPOKEN_UP, warningsOf } from "./words.ts";

export interface BundleOptions {
  /** For example nodejs22.x: decides which syntax may stay, and what need not be bundled. */
  readonly runtime: string;
  /** That of the handler's source where it is not said. */
  readonly format?: "esm" | "cjs";
  /** Leave white space out and say the same more briefly; names stay. */
  readonly minify: boolean;
  /** Default: true. */
  readonly treeShaking?: boolean;
  readonly sourcemap: boolean;
  /** Packages to leave out; something else brings them. */
  readonly external: readonly string[];
  /** Bundle what the runtime brings, too. */
  readonly bundleSdk: boolean;
  /** Take nothing from outside of the project's root: its sources are strangers'. */
  readonly confined?: boolean;
  /** What files with further endings are. */
  readonly loaders?: Readonly<Record<string, Loader>>;
}

export interface Bundle {
  /** What is written, by path. The same sources and options make the same bytes. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** Packages that are kept whole beside it. */
  readonly kept: readonly KeptPackage[];
  /** For Lambda, for example `index.handler`. */
  readonly handler: string;
  /** What it is made of: modules by path from the project's root, and their bytes in the bundle. */
  readonly modules: readonly {
    readonly path: string;
    readonly bytes: number;
    readonly before: number;
  }[];
  /** Packages that are left to the runtime. */
  readonly brought: readonly string[];
  readonly warnings: readonly string[];
}

/** @throws Failure where the sources cannot be bundled, in words. */
export async function bundle(project: Project, options: BundleOptions): Promise<Bundle> {
  const { build } = await import("esbuild");
  const format = options.format ?? ((await isModule(project)) ? "esm" : "cjs");
  const leftOut: LeftOut = { brought: new Set(), native: new Map() };
  const built = await build({
    ...settings(project, options, format),
    ...(options.confined ? { tsconfigRaw: {} } : {}),
    plugins: [
      ...(options.confined ? [confinement(project.root)] : []),
      leavingOut(leftOut, options),
    ],
  }).catch((error: Partial<BuildFailure>) => {
    throw error.errors === undefined ? error : failureOf(error.errors);
  });
  const { metafile, outputFiles, warnings } = built;
  if (format === "esm") checkExport(project, metafile);
  const modules = modulesOf(metafile);
  return {
    files: filesOf(project, outputFiles, format),
    kept: (await keptPackages(leftOut.native)).filter(
      ({ directory }) => !options.confined || isInside(project.root, directory),
    ),
    handler: `${stemOf(project.file)}.${project.name}`,
    modules,
    brought: [...leftOut.brought].sort(),
    warnings: [...warningsOf(warnings), ...(await lostFiles(project, modules))],
  };
}

function settings({ root, file }: Project, options: BundleOptions, format: "esm" | "cjs") {
  const { runtime, minify, treeShaking = true, sourcemap, external, loaders } = options;
  const major = /^nodejs(\d+)/.exec(runtime)?.[1];
  if (major === undefined)
    throw new Failure(`${runtime} does not run JavaScript`, "For example: --runtime nodejs22.x");
  return {
    absWorkingDir: root,
    entryPoints: { [stemOf(file)]: join(root, file) },
    // Sources in the map are then below the function's own directory, /var/task.
    outdir: root,
    outExtension: { ".js": format === "esm" ? ".mjs" : ".cjs" },
    write: false,
    allowOverwrite: true,
    bundle: true,
    metafile: true,
    platform: "node",
    target: `node${major}`,
    format,
    treeShaking,
    // Names stay as they are: errors are told by those of their classes, and esbuild's way to keep renamed ones (a call
    // per function) was measured to cost more of init than shorter names save.
    minifyWhitespace: minify,
    minifySyntax: minify,
    sourcemap: sourcemap && "linked",
    sourcesContent: false,
    legalComments: "none",
    charset: "utf8",
    external: [...external],
    loader: { ".node": "copy", ...loaders },
    define: format === "esm" ? CJS_NAMES : {},
    logLevel: "silent",
    logLimit: 0,
    logOverride: SPOKEN_UP,
  } satisfies BuildOptions;
}

/** A CommonJS source has one export only in an ES module, the default one. */
function checkExport({ name, file }: Project, { outputs }: Metafile): void {
  const exported = Object.values(outputs).find(
    ({ entryPoint }) => entryPoint !== undefined,
  )?.exports;
  if (exported?.includes(name.split(".")[0] ?? "")) return;
  throw new Failure(
    `as an ES module ${file} would not export ${name}`,
    "Write it as one (export const handler = ...), or build it with --format cjs",
  );
}

function filesOf(
  { root }: Project,
  files: readonly OutputFile[],
  format: "esm" | "cjs",
): Bundle["files"] {
  const text = (file: OutputFile | undefined): string | undefined => file?.text;
  return files
    .map(({ path, contents }) => ({
      path,
      name: path.slice(root.length + 1).replaceAll("\\", "/"),
      bytes: contents,
    }))
    .map(({ path, name, bytes }) => {
      const main = path.replace(/\.map$/, "");
      if (format === "cjs" || !/\.mjs(\.map)?$/.test(name)) return { name, bytes };
      const of = (wanted: string) => text(files.find((one) => one.path === wanted));
      const done = withPrelude(of(main) ?? "", of(`${main}.map`));
      return { name, bytes: Buffer.from((path === main ? done.code : done.map) ?? "") };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function modulesOf({ inputs, outputs }: Metafile): Bundle["modules"] {
  const sizes = new Map<string, number>();
  for (const output of Object.values(outputs))
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs))
      sizes.set(path, (sizes.get(path) ?? 0) + bytesInOutput);
  return Object.entries(inputs)
    .map(([path, { bytes }]) => ({ path, bytes: sizes.get(path) ?? 0, before: bytes }))
    .sort((a, b) => b.bytes - a.bytes);
}

/** Code that reads files beside itself does not find them in a bundle: who does that is named. */
async function lostFiles({ root }: Project, modules: Bundle["modules"]): Promise<string[]> {
  const owners = new Set<string>();
  for (const { path, bytes } of modules) {
    if (bytes === 0 || !/\.[cm]?[jt]sx?$/.test(path)) continue;
    const text = await readFile(join(root, path), "utf8").catch(() => "");
    if (/\b__dirname\b|\bimport\.meta\.(?:url|dirname)\b/.test(text))
      owners.add(packageOf(path)?.name ?? path);
  }
  if (owners.size === 0) return [];
  return [
    `${[...owners].join(", ")}: asks for its own folder, which is the bundle's now; files that it reads there must be copied beside the bundle`,
  ];
}
