/** What bundling, tree shaking and minifying would save: each is really done, and the result really loaded. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { InitSubject } from "@yunque/server/package-tools";
import { type BundleOptions, bundle } from "../bundle/bundle.ts";
import { deployedProject } from "../bundle/project.ts";
import { writeFiles } from "../bundle/write.ts";
import { Failure } from "../failure.ts";
import { median } from "./median.ts";
import type { Timings } from "./rounds.ts";
import { measureSizes, type Sizes } from "./sizes.ts";
import type { Subject } from "./subject.ts";

/** What the package would be after a step, all steps before included. */
export interface Step {
  readonly name: string;
  /** Unpacked, without source maps. */
  readonly bytes: number;
  readonly files: number;
  /** Median of init, or why the result does not load. */
  readonly ms?: number;
  readonly failure?: string;
  /** Init of every run, in the same rounds for all steps. */
  readonly runs: readonly number[];
}

export interface Savings {
  readonly steps: readonly Step[];
  /** Why there are no (further) steps. */
  readonly failure?: string;
}

/** The package as it is, or a bundle of it. */
export interface Variant extends Omit<Step, "ms" | "failure" | "runs"> {
  readonly subject: InitSubject;
}

export interface Variants {
  /** The package as it is comes first. */
  readonly all: readonly Variant[];
  readonly failure?: string;
}

/** Bundles the package in each way. @param directory where the bundles are written. */
export async function buildVariants(
  subject: Subject,
  init: InitSubject,
  sizes: Sizes,
  directory: string,
): Promise<Variants> {
  const { bytes, files } = sizes;
  const all: Variant[] = [{ name: "as it is", bytes, files, subject: init }];
  try {
    for (const [index, { name, options }] of (await plans(subject, init, sizes)).entries())
      all.push(await build(subject, init, name, options, join(directory, `step-${index}`)));
    return { all };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { all, failure: error.message };
  }
}

/** What the variants came to. */
export function savingsOf({ all, failure }: Variants, timings: readonly Timings[]): Savings {
  const steps = all.map(({ name, bytes, files }, index) => {
    const { runs, failure: why } = timings[index] ?? { runs: [] };
    return {
      name,
      bytes,
      files,
      runs,
      ...(why === undefined || runs.length > 0 ? { ms: median(runs) } : { failure: why }),
    };
  });
  return failure === undefined ? { steps } : { steps, failure };
}

interface Plan {
  readonly name: string;
  readonly options: BundleOptions;
}

async function plans(
  subject: Subject,
  { runtime }: InitSubject,
  { parts }: Sizes,
): Promise<Plan[]> {
  const ownSdk = parts.some(
    ({ name, origin }) => origin === "code" && /^@(aws-sdk|smithy)\//.test(name),
  );
  const bundled: BundleOptions = {
    runtime,
    minify: false,
    treeShaking: false,
    sourcemap: false,
    external: await layerPackages(subject.opt, runtime),
    bundleSdk: ownSdk,
    confined: true,
  };
  const shaken = { ...bundled, treeShaking: true };
  const minified = { ...shaken, minify: true };
  const all = [
    { name: "bundled into one file", options: bundled },
    { name: "+ unused code left out", options: shaken },
    { name: "+ minified", options: minified },
  ];
  if (!ownSdk) return all;
  return [
    ...all,
    { name: "+ AWS SDK left to the runtime", options: { ...minified, bundleSdk: false } },
  ];
}

/** What layers bring is not bundled: the function would lose their later versions. */
async function layerPackages(opt: string, runtime: string): Promise<string[]> {
  const major = runtime.replace(/\D/g, "");
  const folders = ["nodejs/node_modules", `nodejs/node${major}/node_modules`];
  const names = await Promise.all(folders.map((folder) => packagesIn(join(opt, folder))));
  return [...new Set(names.flat())];
}

async function packagesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const all = names.map(async (name) => {
    if (!name.startsWith("@")) return [name];
    const scoped = await readdir(join(folder, name)).catch(() => []);
    return scoped.map((inner) => `${name}/${inner}`);
  });
  return (await Promise.all(all)).flat().filter((name) => !name.startsWith("."));
}

async function build(
  subject: Subject,
  init: InitSubject,
  name: string,
  options: BundleOptions,
  out: string,
): Promise<Variant> {
  const project = await deployedProject(subject.code, init.handler);
  if (!project) throw new Failure(`there is no JavaScript file for the handler ${init.handler}`);
  const made = await bundle(project, options);
  await writeFiles(made, out);
  const { bytes, files } = await measureSizes({ ...subject, code: out, layers: [] });
  return { name, bytes, files, subject: { ...init, code: out } };
}
