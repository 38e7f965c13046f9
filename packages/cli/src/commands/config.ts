/** `yunque config`: the configuration that `yunque up` would take here. */
import { settings, valueAt } from "@yunque/server/config";
import { Command } from "commander";
import { readConfiguration } from "../configuration.ts";
import { withExamples, withJson } from "../options.ts";
import { say, sayJson, table } from "../output.ts";

export function create(): Command {
  const command = new Command()
    .description("Shows each setting that `yunque up` would take here, and where it comes from.")
    .option("--config <file>", "read settings from this file (default: yunque.json, where it is)")
    .action(config);
  return withExamples(
    withJson(command),
    "yunque config",
    "YUNQUE_PORT=5000 yunque config",
    "yunque config --json",
  );
}

function config(options: { readonly config?: string; readonly json?: boolean }): void {
  const { config, origin, warnings, file } = readConfiguration({}, options.config);
  const rows = settings.map(({ name, variable, secret }) => {
    const value = shown(valueAt(config, name), secret);
    return { name, value, source: origin[name] ?? "default", variable };
  });
  for (const warning of warnings) process.stderr.write(`yunque: warning: ${warning}\n`);
  if (options.json) sayJson({ file: file ?? null, settings: rows });
  else {
    const places = { default: "default", file: file ?? "file", flag: "flag" };
    const cells = rows.map(({ name, value, source, variable }) => [
      name,
      String(value ?? "-"),
      source === "environment" ? variable : places[source],
    ]);
    say(table(["SETTING", "VALUE", "FROM"], cells));
  }
}

/** A secret is only told to be there. */
function shown(value: unknown, secret: boolean): unknown {
  return secret && value !== undefined ? "(set)" : (value ?? null);
}
