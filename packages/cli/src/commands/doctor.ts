/** `yunque doctor`: what this machine has and lacks. Needs no running platform. */
import { Command } from "commander";
import { readConfiguration } from "../configuration.ts";
import { examineAll, type Report } from "../doctor/check.ts";
import { bubblewrap, cgroups, namespaces, seccomp, unshare } from "../doctor/isolation.ts";
import { dataDirectory, machine, node, port } from "../doctor/platform.ts";
import { nodeVersions } from "../doctor/runtimes.ts";
import { aws, ffmpeg, localNames, openFiles, python } from "../doctor/tools.ts";
import { walls } from "../doctor/walls.ts";
import { withExamples, withJson } from "../options.ts";
import { printable, say, sayJson } from "../output.ts";

export function create(): Command {
  const command = new Command()
    .description(
      "Shows what this machine has and lacks for the platform, what each thing gives, and the command\n" +
        "that adds it. The exit code is 1 where something is missing without which nothing runs.",
    )
    .action(doctor);
  return withExamples(withJson(command), "yunque doctor", "yunque doctor --json");
}

async function doctor({ json }: { readonly json?: boolean }): Promise<void> {
  const { config } = readConfiguration();
  const reports = await examineAll([
    node,
    nodeVersions(config),
    dataDirectory(config),
    port(config),
    machine,
    openFiles,
    walls(config),
    namespaces,
    unshare,
    bubblewrap,
    seccomp,
    cgroups,
    python,
    ffmpeg,
    aws,
    localNames,
  ]);
  const broken = reports.filter(({ required, status }) => required && status === "missing");
  if (broken.length > 0) process.exitCode = 1;
  if (json) return sayJson(reports);
  say(reports.map(told).join("\n"));
  say(broken.length > 0 ? "\nThe platform cannot run here yet." : "\nThe platform runs here.");
}

const MARKS = { ok: "✔", weak: "!", missing: "✖" } as const;

function told({ name, status, required, found, gives, fix, details = [] }: Report): string {
  const head = `${MARKS[status]} ${name.padEnd(18)} ${printable(found, false)}`;
  const need = required ? " (required)" : "";
  const help = [`${gives}${need}`, ...(fix === undefined ? [] : [`-> ${fix}`])];
  const lines = [...(status === "ok" ? [] : help), ...details].join("\n").split("\n");
  return [head, ...lines.filter(Boolean).map((line) => `    ${printable(line, false)}`)].join("\n");
}
