/** What bundling, tree shaking and minifying would save: each is really done, and the result really loaded. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { InitMeter, InitSubject } from "@yunque/server/package-tools";
import { type BundleOptions, bundle } from "../bundle/bundle.ts";
import { deployedProject } from "../bundle/project.ts";
import { writeFiles } from "../bundle/write.ts";
import { Failure } from "../failure.ts";
import { median } from "./median.ts";
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

interface Variant extends Omit<Step, "ms" | "failure" | "runs"> {
  readonly subject: InitSubject;
}

/** @param directory where the bundles are written. */
export async function measureSavings(
  subject: Subject,
  init: InitSubject,
  sizes: Sizes,
  meter: InitMeter,
  { runs, directory }: { readonly runs: number; readonly directory: string },
): Promise<Savings> {
  const variants: Variant[] = [
    { name: "as it is", bytes: sizes.bytes, files: sizes.files, subject: init },
  ];
  let failure: string | undefined;
  try {
    for (const [index, { name, options }] of (await plans(subject, init, sizes)).entries())
      variants.push(await build(subject, init, name, options, join(directory, `step-${index}`)));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure = error.message;
  }
  const steps = await measure(variants, meter, runs);
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
    external: await layerPackages(subject.opt),
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
async function layerPackages(opt: string): Promise<string[]> {
  const folder = join(opt, "nodejs", "node_modules");
  const names = await readdir(folder).catch(() => []);
  const all = names.map(async (name) =>
    name.startsWith("@")
      ? (await readdir(join(folder, name))).map((inner) => `${name}/${inner}`)
      : [name],
  );
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

/** Round by round, so that whatever else this machine does touches all of them alike. */
async function measure(
  variants: readonly Variant[],
  meter: InitMeter,
  runs: number,
): Promise<Step[]> {
  const times = variants.map((): number[] => []);
  const failures = new Map<number, string>();
  for (let run = 0; run < runs; run++)
    for (const [index, { subject }] of variants.entries()) {
      if (failures.has(index)) continue;
      const outcome = await meter.run(subject, { trace: false });
      if ("failure" in outcome) failures.set(index, outcome.failure);
      else times[index]?.push(outcome.ms);
    }
  return variants.map(({ name, bytes, files }, index) => {
    const runs = times[index] ?? [];
    const failure = failures.get(index);
    const outcome = failure === undefined ? { ms: median(runs) } : { failure };
    return { name, bytes, files, runs, ...outcome };
  });
}
