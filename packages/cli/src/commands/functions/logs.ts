/** `yunque functions logs NAME` */
import { Command } from "commander";
import { type LineOptions, printLines, withLines } from "../../lines.ts";
import { withExamples, withTarget } from "../../options.ts";

export function create(): Command {
  const command = withLines(
    new Command("logs")
      .summary("show what a function logged")
      .description("Shows what a function logged, in order of arrival (times are UTC).")
      .argument("<function>", "its name"),
  ).action((name: string, options: LineOptions) => printLines({ function: name }, options));
  return withExamples(
    withTarget(command),
    "yunque functions logs hello --since 10m",
    "yunque functions logs hello --follow",
    "yunque functions logs hello --json | jq -r .message",
  );
}
