/** `yunque runtimes remove NAME...` */
import { INSTALLABLE, removeNode } from "@yunque/server/runtimes";
import { Command } from "commander";
import { Failure } from "../../failure.ts";
import { withExamples, withJson } from "../../options.ts";
import { say, sayJson } from "../../output.ts";
import { type DirectoryOptions, directoryOf, withDirectory } from "./directory.ts";

export function create(): Command {
  const command = new Command("remove")
    .summary("remove a version of Node.js")
    .argument("<name...>", "runtimes that were installed")
    .description(
      "Removes what `yunque runtimes install` brought. Functions of that runtime run on the nearest newer version then.",
    )
    .action(remove);
  return withExamples(withDirectory(withJson(command)), "yunque runtimes remove nodejs20.x");
}

async function remove(names: readonly string[], options: DirectoryOptions): Promise<void> {
  const directory = directoryOf(options);
  const removed = [];
  for (const name of names) {
    if (!INSTALLABLE.includes(name))
      throw new Failure(`there is no runtime ${name}`, `There are: ${INSTALLABLE.join(", ")}.`);
    const versions = await removeNode(name, directory);
    if (versions.length === 0)
      throw new Failure(`${name} is not installed`, "yunque runtimes list shows what is.");
    removed.push({ name, versions });
    if (!options.json) say(`removed Node.js ${versions.join(", ")}`);
  }
  if (options.json) sayJson(removed);
}
