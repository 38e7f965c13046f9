/** `yunque runtimes remove` */
import { INSTALLABLE, installedDirectory } from "@yunque/server/node-versions";
import { Argument, Command } from "commander";
import { Failure } from "../../failure.ts";
import { removeNode } from "../../node-versions/install.ts";
import { withExamples, withJson } from "../../options.ts";
import { say, sayJson } from "../../output.ts";
import { type DataOptions, dataDirectoryOf, withDataDirectory, within } from "./data-directory.ts";

export function create(): Command {
  const command = new Command("remove")
    .summary("remove an installed Node.js")
    .description(
      "Removes what was installed for a runtime: its functions run on the next newer Node.js from the next\n" +
        "instance on. Instances that run go on.",
    )
    .addArgument(new Argument("<name>", "Lambda's identifier").choices(INSTALLABLE))
    .action(remove);
  return withExamples(withJson(withDataDirectory(command)), "yunque runtimes remove nodejs22.x");
}

async function remove(
  name: string,
  options: DataOptions & { readonly json?: boolean },
): Promise<void> {
  const directory = installedDirectory(dataDirectoryOf(options));
  const versions = await within(directory, () => removeNode(directory, name));
  if (versions.length === 0) throw new Failure(`nothing is installed for ${name} in ${directory}`);
  if (options.json) sayJson({ name, removed: versions });
  else say(`${name}: Node.js ${versions.join(" and ")} removed`);
}
