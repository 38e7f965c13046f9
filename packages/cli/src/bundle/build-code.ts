import type { Code } from "../code/pack.ts";
import { bundleOptions } from "./build-options.ts";
import { bundle } from "./bundle.ts";
import { findProject } from "./project.ts";
import { packBundle } from "./write.ts";

/** Code that was bundled to be deployed, and how it runs. */
export interface BuiltCode {
  readonly code: Code;
  readonly runtime: string;
  readonly handler: string;
}

/** Bundles a directory or a file as `yunque build` does where nothing else is said. @throws Failure */
export async function buildCode(path: string, runtime: string | undefined): Promise<BuiltCode> {
  const options = bundleOptions(runtime === undefined ? {} : { runtime });
  const made = await bundle(await findProject(path), options);
  return { code: await packBundle(made), runtime: options.runtime, handler: made.handler };
}
