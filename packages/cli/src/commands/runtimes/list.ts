/** `yunque runtimes list` */
import { Command } from "commander";
import { readRuntimes } from "../../admin-client.ts";
import { type TargetOptions, withExamples, withTarget } from "../../options.ts";
import { say, sayJson, table } from "../../output.ts";
import { findTarget } from "../../target.ts";

export function create(): Command {
  const command = new Command("list").summary("show what functions run on").action(list);
  return withExamples(
    withTarget(command.description("Shows each runtime of the platform, and what runs it.")),
    "yunque runtimes list",
    "yunque runtimes list --json",
  );
}

async function list(options: TargetOptions): Promise<void> {
  const runtimes = await readRuntimes(findTarget(options.endpoint));
  if (options.json) return sayJson(runtimes);
  const rows = runtimes.map(({ name, version, note }) => [name, version ?? "-", note ?? ""]);
  say(table(["RUNTIME", "RUNS ON", "NOTE"], rows));
}
