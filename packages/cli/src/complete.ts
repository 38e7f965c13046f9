/** What may stand where the cursor is, read off the commands themselves. */
import type { Command, Option } from "commander";
import { functionNames } from "./function-names.ts";

/** Candidates that begin with the last of these words; the words before it are taken as given. */
export async function complete(program: Command, words: readonly string[]): Promise<string[]> {
  const before = words.slice(0, -1);
  const word = words.at(-1) ?? "";
  const { command, positionals, pending } = walk(program, before);
  const candidates = pending
    ? (pending.argChoices ?? [])
    : word.startsWith("-")
      ? flagsOf(command)
      : await namesOf(command, positionals);
  return candidates.filter((candidate) => candidate.startsWith(word)).sort();
}

/** Where the words lead: the innermost command, how many arguments it has got, an option that lacks its value. */
function walk(program: Command, words: readonly string[]) {
  let command = program;
  let positionals = 0;
  let pending: Option | undefined;
  for (const word of words) {
    if (pending) pending = undefined;
    else if (word.startsWith("-")) {
      const option = command.options.find(({ short, long }) => word === short || word === long);
      pending = option?.required ? option : undefined;
    } else {
      const inner = command.commands.find((one) => one.name() === word);
      if (inner) command = inner;
      else positionals++;
    }
  }
  return { command, positionals, pending };
}

function flagsOf(command: Command): string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long }) => long ?? []);
}

async function namesOf(command: Command, positionals: number): Promise<readonly string[]> {
  if (command.commands.length > 0)
    return command
      .createHelp()
      .visibleCommands(command)
      .map((one) => one.name());
  const last = command.registeredArguments.at(-1);
  const argument = command.registeredArguments[positionals] ?? (last?.variadic ? last : undefined);
  if (argument?.name() === "function") return functionNames();
  return argument?.argChoices ?? [];
}
