/** How commands read the lines of a log, and show them. */
import { type Command, InvalidArgumentError } from "commander";
import { type LogSource, readLogs } from "./admin-client.ts";
import { momentOf } from "./moment.ts";
import { type TargetOptions, wholeNumber } from "./options.ts";
import { printable, say } from "./output.ts";
import { findTarget } from "./target.ts";

export interface LineOptions extends TargetOptions {
  readonly follow?: boolean;
  readonly since?: number;
  readonly limit: number;
}

export const withLines = (command: Command): Command =>
  command
    .option("-f, --follow", "go on with lines as they arrive, until Ctrl-C")
    .option("--since <when>", "from here on: 90s, 10m, 2h, 1d ago, or an ISO time", moment)
    .option(
      "--limit <lines>",
      "most lines of the past, the newest ones",
      wholeNumber(1, 10_000),
      1000,
    );

/** Prints lines; with `--follow` until Ctrl-C. */
export async function printLines(source: LogSource, options: LineOptions): Promise<void> {
  const { since, limit, follow = false } = options;
  const done = new AbortController();
  process.once("SIGINT", () => done.abort());
  const print = options.json ? (line: unknown) => say(JSON.stringify(line)) : printLine;
  try {
    const target = findTarget(options.endpoint);
    for await (const line of readLogs(target, source, { since, limit, follow }, done.signal))
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
