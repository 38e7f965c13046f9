/** `yunque functions ...` */
import { Command } from "commander";
import * as analyze from "./analyze.ts";
import * as createFunction from "./create.ts";
import * as deleteFunction from "./delete.ts";
import * as invoke from "./invoke.ts";
import * as list from "./list.ts";
import * as logs from "./logs.ts";

export function create(): Command {
  const command = new Command().description(
    "Lists, creates, invokes, reads, analyzes and deletes functions.",
  );
  for (const verb of [list, createFunction, invoke, logs, analyze, deleteFunction])
    command.addCommand(verb.create());
  return command;
}
