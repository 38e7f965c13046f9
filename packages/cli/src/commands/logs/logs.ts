/** `yunque logs ...` */
import { Command } from "commander";
import * as tail from "./tail.ts";

export function create(): Command {
  const command = new Command().description("Reads log groups.");
  for (const verb of [tail]) command.addCommand(verb.create());
  return command;
}
