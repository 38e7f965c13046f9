/** `yunque functions logs NAME` */
import { Command, InvalidArgumentError } from "commander";
import { readLogs } from "../../admin-client.ts";
import { momentOf } from "../../moment.ts";
import { type TargetOptions, wholeNumber, withExamples, withTarget } from "../../options.ts";
import { printable, say } from "../../output.ts";
import { findTarget } from "../../target.ts";

interface LogOptions extends TargetOptions {
  readonly follow?: boolean;
  readonly since?: number;
  readonly limit: number;
}

export function create(): Command {
  const command = new Command("logs")
    .summary("show what a function logged")
    .description("Shows what a function logged, in order of arrival (times are UTC).")
    .argument("<function>", "its name")
    .option("-f, --follow", "go on with lines as they arrive, until Ctrl-C")
    .option("--since <when>", "from here on: 90s, 10m, 2h, 1d ago, or an ISO time", moment)
    .option(
      "--limit <lines>",
      "most lines of the past, the newest ones",
      wholeNumber(1, 10_000),
      1000,
    )
    .action(logs);
  return withExamples(
    withTarget(command),
    "yunque functions logs hello --since 10m",
    "yunque functions logs hello --follow",
    "yunque functions logs hello --json | jq -r .message",
  );
}

async function logs(name: string, options: LogOptions): Promise<void> {
  const { since, limit, follow = false } = options;
  const done = new AbortController();
  process.once("SIGINT", () => done.abort());
  const print = options.json ? (line: unknown) => say(JSON.stringify(line)) : printLine;
  try {
    const target = findTarget(options.endpoint);
    for await (const line of readLogs(target, name, { since, limit, follow }, done.signal))
      print(line);
  } catch (error) {
    if (!done.signal.aborted) throw error;
  }
}

function printLine(line: { timestamp: number; message: string } | { skipped: number }): void {
  if ("skipped" in line) say(`... ${line.skipped} lines were skipped: this reader was too slow`);
  else {
    const time = new Date(line.timestamp).toISOString().slice(11, 23);
    say(`${time}  ${printable(line.message.trimEnd())}`);
  }
}

function moment(text: string): number {
  const time = momentOf(text, Date.now());
  if (time !== undefined) return time;
  throw new InvalidArgumentError("It is 90s, 10m, 2h, 1d or a time such as 2026-11-22T12:00:00Z.");
}
