/** `yunque runtimes install` */
import { INSTALLABLE, installedDirectory } from "@yunque/server/node-versions";
import { Argument, Command } from "commander";
import { installNode } from "../../node-versions/install.ts";
import { showDownload } from "../../node-versions/progress.ts";
import { withExamples, withJson } from "../../options.ts";
import { say, sayJson } from "../../output.ts";
import { type DataOptions, dataDirectoryOf, withDataDirectory, within } from "./data-directory.ts";

export function create(): Command {
  const command = new Command("install")
    .summary("install versions of Node.js for functions")
    .description(
      "Installs the newest Node.js of these runtimes from npm. A platform on the same data directory runs\n" +
        "their functions on it from the next instance on.",
    )
    .addArgument(new Argument("<name...>", "Lambda's identifiers").choices(INSTALLABLE))
    .option("--offline", "take it from npm's cache alone")
    .action(install);
  return withExamples(
    withJson(withDataDirectory(command)),
    "yunque runtimes install nodejs22.x",
    "yunque runtimes install nodejs20.x nodejs24.x --data-dir /srv/yunque",
  );
}

async function install(
  names: readonly string[],
  options: DataOptions & { readonly offline?: boolean; readonly json?: boolean },
): Promise<void> {
  const directory = installedDirectory(dataDirectoryOf(options));
  const { offline = false, json } = options;
  const all = [];
  for (const name of new Set(names)) {
    const how = { directory, offline, downloading: showDownload };
    const done = await within(directory, () => installNode(name, how));
    all.push(done);
    const { version, fresh } = done;
    const what = fresh ? "is installed" : "was installed already";
    if (!json) say(`${name}: Node.js ${version} ${what} in ${directory}`);
  }
  if (json) sayJson({ directory, installed: all });
}
