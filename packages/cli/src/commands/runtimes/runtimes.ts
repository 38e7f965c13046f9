/** `yunque runtimes ...` */
import { Command } from "commander";
import * as install from "./install.ts";
import * as list from "./list.ts";
import * as remove from "./remove.ts";

export function create(): Command {
  const command = new Command().description(
    "Lists, installs and removes the versions of Node.js that functions run on.",
  );
  for (const verb of [list, install, remove]) command.addCommand(verb.create());
  return command;
}
