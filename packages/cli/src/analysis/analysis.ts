/** Looks into a function's package: its bytes, its init time, and what could be saved of both. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type InitSubject, openInitMeter } from "@yunque/server/package-tools";
import { type InitTimes, initTimes } from "./init-times.ts";
import { measureRounds } from "./rounds.ts";
import { buildVariants, type Savings, savingsOf } from "./savings.ts";
import { measureSizes, type Part, type Sizes } from "./sizes.ts";
import type { Subject } from "./subject.ts";

export interface Analysis {
  readonly subject: Subject;
  readonly sizes: Sizes;
  readonly init: Init;
  /** Absent where init could not be measured. */
  readonly savings?: Savings;
}

export type Init =
  | (InitTimes & { readonly tier: string; readonly unloaded: readonly Part[] })
  /** It does not load; `failure` is the function's own error. */
  | { readonly failure: string }
  /** It was not tried. */
  | { readonly reason: string };

export interface AnalysisOptions {
  /** How often each variant is loaded. */
  readonly runs: number;
  /** Where SDK clients of the function find a platform. */
  readonly endpoint: string;
  readonly region: string;
  /** An existing directory for the analysis alone. */
  readonly directory: string;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** @throws the signal's reason. */
export async function analyze(subject: Subject, options: AnalysisOptions): Promise<Analysis> {
  const sizes = await measureSizes(subject);
  const { runtime, handler, code, opt, memoryMB, environment, unknown } = subject;
  if (runtime === undefined || handler === undefined)
    return { subject, sizes, init: { reason: `init was not measured: ${unknown?.message}` } };
  if (!runtime.startsWith("nodejs")) {
    const reason = `init is measured for Node.js functions, and this one runs on ${runtime}`;
    return { subject, sizes, init: { reason } };
  }
  const { region } = options;
  const loaded: InitSubject = {
    functionName: subject.functionName,
    code,
    layers: opt,
    runtime,
    handler,
    memoryMB,
    region,
    environment,
  };
  const directory = join(options.directory, "meter");
  await mkdir(directory);
  const meter = await openInitMeter({
    directory,
    endpoint: options.endpoint,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  try {
    const trial = await meter.run(loaded, { trace: false });
    if ("failure" in trial) return { subject, sizes, init: trial };
    const variants = await buildVariants(subject, loaded, sizes, options.directory);
    const subjects = variants.all.map((variant) => variant.subject);
    const { traced, timings } = await measureRounds(meter, subjects, options.runs);
    const { runs = [], failure = "it did not load a second time" } = timings[0] ?? {};
    // A handler that once loads and once does not is still told by the runs in which it did.
    if (runs.length === 0 || traced.length === 0) return { subject, sizes, init: { failure } };
    const times = initTimes(runs, traced);
    const init = { ...times, tier: meter.tier, unloaded: unloadedOf(sizes, times) };
    return { subject, sizes, init, savings: savingsOf(variants, timings) };
  } finally {
    await meter.close();
  }
}

/** Dependencies of which no module was loaded at init. */
function unloadedOf({ parts }: Sizes, times: InitTimes): Part[] {
  const loaded = new Set(
    times.parts
      .filter(({ modules }) => modules > 0)
      .map(({ origin, directory }) => `${origin}:${directory}`),
  );
  return parts.filter(({ name, origin, directories }) => {
    const kind = origin === "code" ? "code" : "layer";
    return name !== "" && !directories.some((directory) => loaded.has(`${kind}:${directory}`));
  });
}
