/** `yunque __complete -- WORDS`: candidates for the last word, one a line. */
import { Command } from "commander";
import { complete } from "../complete.ts";
import { createProgram } from "../program.ts";

export function create(): Command {
  return new Command().argument("[words...]").action(async (words: readonly string[]) => {
    const candidates = await complete(await createProgram("all"), words);
    process.stdout.write(candidates.map((word) => `${word}\n`).join(""));
  });
}
