/** Finds a function's package, on the platform or on this machine, and looks into it. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { withLambda } from "../lambda.ts";
import type { Target } from "../target.ts";
import { type Analysis, analyze } from "./analysis.ts";
import { subjectFromPath } from "./from-path.ts";
import { subjectFromPlatform } from "./from-platform.ts";
import type { Subject, SubjectOptions } from "./subject.ts";

export interface AnalyzeFunctionOptions extends SubjectOptions {
  readonly qualifier?: string;
  readonly runs: number;
  readonly signal: AbortSignal;
}

/**
 * @param name of a function, or a path; what could be a function's name is one.
 * @throws Failure, the signal's reason
 */
export async function analyzeFunction(
  name: string,
  target: Target,
  options: AnalyzeFunctionOptions,
): Promise<Analysis> {
  process.umask(0o022); // behind walls the handler's process is another user's
  const directory = await mkdtemp(join(tmpdir(), "yunque-analyze-"));
  try {
    const subject = await find(name, target, options, directory);
    const { origin: endpoint, region } = target;
    const { runs, signal } = options;
    return await analyze(subject, { runs, endpoint, region, directory, signal });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function find(
  name: string,
  target: Target,
  options: AnalyzeFunctionOptions,
  directory: string,
): Promise<Subject> {
  if (/[/\\]|^\.\.?$|\.(?:zip|[cm]?js)$/.test(name))
    return subjectFromPath(name, options, directory);
  try {
    return await withLambda(target, (lambda) =>
      subjectFromPlatform(lambda, name, options, directory),
    );
  } catch (error) {
    const file = await stat(name).catch(() => undefined);
    if (!(error instanceof Failure) || !file) throw error;
    const hint = `For the code in this directory: yunque functions analyze ./${name}`;
    throw new Failure(error.message, hint);
  }
}
