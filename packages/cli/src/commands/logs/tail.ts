/** `yunque logs tail GROUP` */
import { Command } from "commander";
import { type LineOptions, printLines, withLines } from "../../lines.ts";
import { withExamples, withTarget } from "../../options.ts";

export function create(): Command {
  const command = withLines(
    new Command("tail")
      .summary("show the newest lines of a log group")
      .description("Shows the newest lines of a log group, in order of arrival (times are UTC).")
      .argument("<group>", "its name"),
  ).action((group: string, options: LineOptions) => printLines({ group }, options));
  return withExamples(
    withTarget(command),
    "yunque logs tail /aws/lambda/hello --follow",
    "yunque logs tail /my/app --since 1h --json | jq -r .message",
  );
}
