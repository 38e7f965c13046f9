/** `yunque functions analyze FUNCTION` */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { analyze } from "../../analysis/analysis.ts";
import { subjectFromPath } from "../../analysis/from-path.ts";
import { subjectFromPlatform } from "../../analysis/from-platform.ts";
import { analysisJson } from "../../analysis/json.ts";
import { report } from "../../analysis/report.ts";
import type { Subject, SubjectOptions } from "../../analysis/subject.ts";
import { Failure } from "../../failure.ts";
import { withLambda } from "../../lambda.ts";
import {
  type TargetOptions,
  variable,
  wholeNumber,
  withExamples,
  withTarget,
} from "../../options.ts";
import { say, sayJson } from "../../output.ts";
import { untilStopped } from "../../signals.ts";
import { findTarget, type Target } from "../../target.ts";

interface AnalyzeOptions extends TargetOptions, SubjectOptions {
  readonly qualifier?: string;
  readonly runs: number;
}

export function create(): Command {
  const command = new Command("analyze")
    .summary("show what a function's size and init time are made of")
    .description(
      "Shows what a function's size and init time are made of, by dependency, and what bundling would save.\n" +
        "All of it is measured: the handler is loaded several times, in fresh processes on this machine behind the best\n" +
        "walls that it has, with the function's environment and credentials that are worth nothing. Nothing is invoked,\n" +
        "but what the function does when it is loaded, it does: within 10 seconds, and with this machine's network.",
    )
    .argument("<function>", "its name or ARN; or a directory, file or zip: ./PATH")
    .option("--qualifier <name>", "a version or an alias")
    .option("--handler <file.export>", "for example index.handler")
    .option("--runtime <name>", "for example nodejs22.x")
    .option("--memory <mb>", "megabytes of memory", wholeNumber(128, 10_240))
    .option("--env <key=value>", "an environment variable; may be repeated", variable)
    .option("--runs <number>", "how often each variant is loaded", wholeNumber(1, 100), 5)
    .action(run);
  return withExamples(
    withTarget(command),
    "yunque functions analyze hello",
    "yunque functions analyze ./dist --handler index.handler",
    "yunque functions analyze hello --json | jq '.init.parts[0]'",
  );
}

async function run(name: string, options: AnalyzeOptions): Promise<void> {
  const target = findTarget(options.endpoint);
  const stopping = new AbortController();
  void untilStopped().then(() => stopping.abort(new Failure("stopped")));
  process.umask(0o022); // behind walls the handler's process is another user's
  const directory = await mkdtemp(join(tmpdir(), "yunque-analyze-"));
  try {
    const subject = await find(name, options, target, directory);
    const { origin: endpoint, region } = target;
    const { runs } = options;
    const { signal } = stopping;
    const found = await analyze(subject, { runs, endpoint, region, directory, signal });
    if (options.json) sayJson(analysisJson(found));
    else say(report(found));
    if ("failure" in found.init) process.exitCode = 1;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What could be a function's name is one. */
async function find(
  name: string,
  options: AnalyzeOptions,
  target: Target,
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
    throw new Failure(
      error.message,
      `For the code in this directory: yunque functions analyze ./${name}`,
    );
  }
}
