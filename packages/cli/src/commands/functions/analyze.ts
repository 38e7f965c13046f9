/** `yunque functions analyze FUNCTION` */
import { Command } from "commander";
import type { SubjectOptions } from "../../analysis/subject.ts";
import { Failure } from "../../failure.ts";
import {
  type TargetOptions,
  variable,
  wholeNumber,
  withExamples,
  withTarget,
} from "../../options.ts";
import { say, sayJson } from "../../output.ts";
import { untilStopped } from "../../signals.ts";
import { findTarget } from "../../target.ts";

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

/** What it needs is loaded only by who wants it. */
async function run(name: string, options: AnalyzeOptions): Promise<void> {
  const { endpoint, json = false, ...asked } = options;
  const stopping = new AbortController();
  void untilStopped().then(() => stopping.abort(new Failure("stopped")));
  const { analyzeFunction } = await import("../../analysis/analyze-function.ts");
  const { signal } = stopping;
  const found = await analyzeFunction(name, findTarget(endpoint), { ...asked, signal });
  if (json) sayJson((await import("../../analysis/json.ts")).analysisJson(found));
  else say((await import("../../analysis/report.ts")).report(found));
  if ("failure" in found.init) process.exitCode = 1;
}
