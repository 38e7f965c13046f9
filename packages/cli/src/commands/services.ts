/** `yunque services [NAME]`: how much of AWS is implemented. */
import type { Coverage } from "@yunque/server/admin";
import { Command } from "commander";
import { readServices } from "../admin-client.ts";
import { Failure } from "../failure.ts";
import { type TargetOptions, withExamples, withTarget } from "../options.ts";
import { say, sayJson, table } from "../output.ts";
import { findTarget } from "../target.ts";

export function create(): Command {
  const command = new Command()
    .description(
      "Shows for each AWS service how many operations are implemented, or for one service which.",
    )
    .argument("[service]", "a service's name, for example lambda")
    .action(services);
  return withExamples(withTarget(command), "yunque services", "yunque services s3 --json");
}

async function services(name: string | undefined, options: TargetOptions): Promise<void> {
  const all = await readServices(findTarget(options.endpoint));
  if (name === undefined) return options.json ? sayJson(all) : say(summary(all));
  const one = all.find(({ service }) => service === name);
  if (one === undefined)
    throw new Failure(`there is no service "${name}"`, "yunque services lists all of them.");
  if (options.json) sayJson(one);
  else say(details(one));
}

function summary(all: readonly Coverage[]): string {
  return table(
    ["SERVICE", "IMPLEMENTED", "OPERATIONS"],
    all.map(({ service, implemented, missing }) => [
      service,
      String(implemented.length),
      String(implemented.length + missing.length),
    ]),
  );
}

function details({ implemented, missing }: Coverage): string {
  const all = [...implemented, ...missing].sort();
  return all.map((name) => `${implemented.includes(name) ? "✔" : "·"} ${name}`).join("\n");
}
