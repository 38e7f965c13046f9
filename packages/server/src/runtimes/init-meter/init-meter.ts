/**
 * Measures how long handlers take to load: each time in a fresh process, behind the best walls that this machine has,
 * as an instance would load it. V8's code caches are empty and the disk's are not, as for an instance on a warm host.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Places } from "../environment.ts";
import { buildBootstrap } from "../languages/build.ts";
import { AWS_SDK } from "../languages/node/brought.ts";
import { NODE_BOOTSTRAP, nodeRuntime } from "../languages/node/runtime.ts";
import { chooseSandbox, type Tier } from "../sandboxes/index.ts";
import { type ModulePlace, placeOf } from "./module-place.ts";
import { outcomeOf } from "./outcome.ts";
import { type InitSubject, LAMBDA, startProbe } from "./start-probe.ts";
import type { CheckedTold } from "./told.ts";

export interface MeasuredModule extends ModulePlace {
  /** Milliseconds of reading, compiling and running it, and of finding what it imports; without loading that. */
  readonly selfMs: number;
  /** The module that asked for it first; absent for the handler's own. */
  readonly importer?: ModulePlace;
}

/** `modules` has entries where a trace was asked for, which slows the run a little. */
export type InitRun =
  | { readonly ms: number; readonly modules: readonly MeasuredModule[] }
  | { readonly failure: string };

export interface InitMeter {
  /** The tier of isolation that the handlers run in. */
  readonly tier: string;
  /** Loads it once. Whatever the function does, rejects only with the signal's reason. */
  run(subject: InitSubject, options: { readonly trace: boolean }): Promise<InitRun>;
  close(): Promise<void>;
}

export interface InitMeterOptions {
  /** An existing directory for the meter alone. */
  readonly directory: string;
  /** Where the SDK clients of handlers find a platform. */
  readonly endpoint: string;
  readonly tier?: Tier | "auto";
  /** Lambda gives an init ten seconds, and so do we. */
  readonly timeoutMs?: number;
  /** Ends what runs, and lets nothing run any more. */
  readonly signal?: AbortSignal;
}

const PROBE = {
  folders: [...NODE_BOOTSTRAP.folders, "languages/node/probe"],
  main: "languages/node/probe/main.ts",
};
const INIT_MS = 10_000;

/** @throws Error where the tier that was asked for does not work here. */
export async function openInitMeter(options: InitMeterOptions): Promise<InitMeter> {
  const { directory, endpoint, tier = "auto", timeoutMs = INIT_MS, signal } = options;
  const { sandbox } = await chooseSandbox({ tier, directory: join(directory, "sandbox") });
  const probe = await buildBootstrap(join(directory, "probe"), PROBE);
  const ownFilesystem = sandbox.ownFilesystem === true;
  const node = nodeRuntime({ directory, sdk: AWS_SDK, ownFilesystem });

  return {
    tier: sandbox.tier,
    async run(subject, { trace }) {
      signal?.throwIfAborted();
      const runtime = await node.prepare(subject.runtime);
      const scratch = await mkdtemp(join(directory, "tmp-"));
      try {
        const code = { taskRoot: subject.code, layers: subject.layers };
        const host = { ...code, scratch, codeCache: scratch };
        const places = ownFilesystem ? LAMBDA : host;
        const start = { sandbox, probe, runtime, subject, endpoint, host, places, trace };
        const told = await outcomeOf(startProbe(start), timeoutMs, signal);
        signal?.throwIfAborted();
        return "failure" in told ? told : runOf(told, places);
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
    async close() {
      await sandbox.close?.();
    },
  };
}

function runOf(told: CheckedTold, places: Places): InitRun {
  if ("error" in told) {
    const { errorType, errorMessage, trace = [] } = told.error;
    return { failure: trace.length > 0 ? trace.join("\n") : `${errorType}: ${errorMessage}` };
  }
  const modules = (told.modules ?? []).map(({ url, selfMs, importer }) => ({
    ...placeOf(url, places),
    selfMs,
    ...(importer === undefined ? {} : { importer: placeOf(importer, places) }),
  }));
  return { ms: told.ms, modules };
}
