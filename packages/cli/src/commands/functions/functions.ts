/** `yunque functions ...` */
import { Command } from "commander";
import * as createFunction from "./create.ts";
import * as deleteFunction from "./delete.ts";
import * as invoke from "./invoke.ts";
import * as list from "./list.ts";
import * as logs from "./logs.ts";

export function create(): Command {
  const command = new Command().description(
    "Lists, creates, invokes, reads and deletes functions.",
  );
  for (const verb of [list, createFunction, invoke, logs, deleteFunction])
    command.addCommand(verb.create());
  return command;
}
