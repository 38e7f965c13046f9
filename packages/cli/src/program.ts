/** Makes the command line of the catalog, runs it, and turns whatever goes wrong into words and an exit code. */
import { Command, CommanderError } from "commander";
import { nouns } from "./catalog.ts";
import { Failure } from "./failure.ts";
import { complain } from "./output.ts";
import { version } from "./version.ts";

/** 0 done, 1 not done, 2 not understood. */
export type ExitCode = number;

/** Runs one command line. Never rejects. */
export async function run(words: readonly string[]): Promise<ExitCode> {
  const json = words.includes("--json");
  try {
    const program = await createProgram(nounOf(words));
    await program.parseAsync(words, { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof Failure)) throw error;
    complain(error, json);
    return 1;
  }
}

/** The program with one noun loaded and the others by name alone; with `"all"`, everything. */
export async function createProgram(noun: string | undefined): Promise<Command> {
  const program = new Command("yunque")
    .description("Yunque: a serverless platform that people run themselves.")
    .version(version, "-V, --version")
    .helpCommand("help [command]", "show the help of a command")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(yunque --help lists all commands)");
  for (const { name, summary, hidden = false, load } of nouns) {
    const loaded = noun === name || noun === "all";
    const command = loaded ? (await load()).create() : new Command(name);
    program.addCommand(command.name(name).summary(summary), { hidden });
  }
  quiet(program);
  return program;
}

function nounOf(words: readonly string[]): string | undefined {
  const plain = words.filter((word) => !word.startsWith("-"));
  return plain[0] === "help" ? plain[1] : plain[0];
}

/** Commander throws where it would end the process. */
function quiet(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) quiet(inner);
}
