/** For tests of Python functions: a bench that runs them, or why there is none. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployment } from "../../../domain/deployment.ts";
import { customRuntime } from "../../index.ts";
import { type Bench, type BenchOptions, type Files, openBench } from "../../runtimes.fixture.ts";
import { findCandidates } from "./candidates.ts";
import { pythonRuntime } from "./runtime.ts";

/** For `skip` of a test: false, or the reason. */
export const lacksPython: string | false =
  findCandidates().length > 0 ? false : "needs python3 (apt-get install python3)";

/** The bootstrap is made once for all tests of a file. */
const made = mkdtempSync(join(tmpdir(), "yunque-python-"));
process.once("exit", () => rmSync(made, { recursive: true, force: true }));

/** The runtime of this machine's Pythons. */
export const python = pythonRuntime({ directory: made });
const custom = customRuntime({ directory: made });
const languages = [custom.extending(python), custom];

/** A bench whose functions are Python: a text is app.py, the handler app.handler, the version whatever is there. */
export async function openPythonBench(options: BenchOptions = {}): Promise<Bench> {
  const bench = await openBench({ ...options, languages });
  const deploy = (files: Files, changes: Partial<Deployment> = {}): Promise<Deployment> =>
    bench.deploy(typeof files === "string" ? { "app.py": files } : files, {
      runtime: "python3.11",
      handler: "app.handler",
      ...changes,
    });
  return { ...bench, deploy };
}
