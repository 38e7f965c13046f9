/** `yunque cost`: what functions cost, and what it is worth. */
import type { CostReport } from "@yunque/server/admin";
import { Command, InvalidArgumentError } from "commander";
import { readCost } from "../admin-client.ts";
import { momentOf } from "../moment.ts";
import { type TargetOptions, withExamples, withTarget } from "../options.ts";
import { say, sayJson, table } from "../output.ts";
import { findTarget } from "../target.ts";

interface CostOptions extends TargetOptions {
  readonly since: string;
  readonly by: string;
}

export function create(): Command {
  const command = new Command()
    .description(
      "Shows what functions cost by the price book of the configuration, what a container that always runs would have cost, and how much of what was paid for was used.",
    )
    .option("--since <moment>", "from this time on: 24h, 7d, or a date", moment, "24h")
    .option("--by <what>", "function, version, alias, hour or tag:KEY", grouping, "function")
    .action(cost);
  return withExamples(
    withTarget(command),
    "yunque cost",
    "yunque cost --since 7d --by tag:team",
    "yunque cost --by alias --json",
  );
}

function moment(text: string): string {
  if (momentOf(text, Date.now()) !== undefined) return text;
  throw new InvalidArgumentError("a duration (90s, 24h, 7d) or a date");
}

function grouping(text: string): string {
  if (/^(function|version|alias|hour|tag:.{1,128})$/s.test(text)) return text;
  throw new InvalidArgumentError("function, version, alias, hour or tag:KEY");
}

async function cost(options: CostOptions): Promise<void> {
  const from = momentOf(options.since, Date.now()) ?? 0;
  const report = await readCost(findTarget(options.endpoint), { from, by: options.by });
  if (options.json) sayJson(report);
  else say(words(report));
}

function words(report: CostReport): string {
  const { parts, total, currency, book, source, date } = report;
  const money = (value: number): string => value.toFixed(value !== 0 && value < 1 ? 6 : 2);
  const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
  const rows = [...parts, total].map((part) => [
    part.name,
    String(part.requests),
    part.gbSeconds.toFixed(3),
    money(part.cost.total),
    money(part.container),
    percent(part.utilisation),
    money(part.idleProvisioned),
  ]);
  return [
    table(
      ["NAME", "REQUESTS", "GB-SECONDS", currency, "CONTAINER", "USED", "IDLE PROVISIONED"],
      rows,
    ),
    "",
    `Prices: ${book} (${source}; ${date}).`,
  ].join("\n");
}
