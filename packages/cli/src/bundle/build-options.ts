/** The options of everything that bundles: `yunque build` and `yunque functions create --build`. */

import { InvalidArgumentError } from "commander";
import type { Loader } from "esbuild";
import type { BundleOptions } from "./bundle.ts";

/** As commander gives them. */
export interface BuildFlags {
  readonly runtime?: string;
  readonly format?: "esm" | "cjs";
  readonly minify?: boolean;
  readonly external?: readonly string[];
  readonly loader?: Readonly<Record<string, Loader>>;
  readonly sourcemap?: boolean;
  readonly bundleSdk?: boolean;
}

export const USUAL_RUNTIME = "nodejs22.x";

export function bundleOptions(flags: BuildFlags): BundleOptions {
  const { runtime = USUAL_RUNTIME, format, minify = true, sourcemap = true } = flags;
  return {
    runtime,
    minify,
    sourcemap,
    external: flags.external ?? [],
    bundleSdk: flags.bundleSdk ?? false,
    loaders: flags.loader ?? {},
    ...(format === undefined ? {} : { format }),
  };
}

const LOADERS = [
  "text",
  "json",
  "base64",
  "binary",
  "dataurl",
  "file",
  "copy",
  "empty",
  "js",
  "jsx",
  "ts",
  "tsx",
];

/** `.html=text` */
export function loader(
  text: string,
  before: Readonly<Record<string, Loader>> = {},
): Record<string, Loader> {
  const [, extension, kind] = /^(\.[\w.-]+)=(\w+)$/.exec(text) ?? [];
  if (extension === undefined || kind === undefined || !LOADERS.includes(kind))
    throw new InvalidArgumentError(`It is written .ENDING=KIND; kinds are ${LOADERS.join(", ")}.`);
  return { ...before, [extension]: kind as Loader };
}
