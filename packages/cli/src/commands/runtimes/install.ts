/** `yunque runtimes install NAME...` */
import { INSTALLABLE, InstallError, installNode } from "@yunque/server/runtimes";
import { Argument, Command } from "commander";
import { Failure } from "../../failure.ts";
import { withExamples, withJson } from "../../options.ts";
import { say, sayJson } from "../../output.ts";
import { type DirectoryOptions, directoryOf, withDirectory } from "./directory.ts";

export function create(): Command {
  const command = new Command("install")
    .summary("install a version of Node.js")
    .addArgument(new Argument("<name...>", "runtimes").choices(INSTALLABLE))
    .description(
      "Installs the newest Node.js of a version, through npm, for functions of that runtime. A running platform uses it for the next instance.",
    )
    .action(install);
  return withExamples(
    withDirectory(withJson(command)),
    "yunque runtimes install nodejs22.x",
    "yunque runtimes install nodejs20.x nodejs24.x",
  );
}

async function install(names: readonly string[], options: DirectoryOptions): Promise<void> {
  const directory = directoryOf(options);
  const installed = [];
  for (const name of names) {
    process.stderr.write(`yunque: asking npm for ${name} (some 40 MB) ...\n`);
    const { version, path, fresh } = await installNode(name, directory).catch(explain);
    installed.push({ name, version, path, fresh });
    if (!options.json)
      say(`${name} runs on Node.js ${version}${fresh ? "" : " (it was there already)"}`);
  }
  if (options.json) sayJson(installed);
}

function explain(error: unknown): never {
  if (error instanceof InstallError) throw new Failure(error.message, error.hint);
  throw error;
}
