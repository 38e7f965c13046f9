/** Options and help that many commands share. */
import { type Command, InvalidArgumentError } from "commander";

export interface TargetOptions {
  readonly endpoint?: string;
  readonly json?: boolean;
}

/** Adds `--endpoint` and `--json`. */
export function withTarget(command: Command): Command {
  return withJson(command.option("--endpoint <url>", "the platform to talk to (YUNQUE_ENDPOINT)"));
}

/** Adds `--json`. */
export function withJson(command: Command): Command {
  return command.option("--json", "print JSON");
}

/** Ends a command's help with lines to try. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ ${example}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** Collects an option that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  value,
];

/** A whole number within bounds, for commander. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}

/** Collects KEY=VALUE, for commander. */
export function variable(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const [, key, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw new InvalidArgumentError("It is written KEY=VALUE.");
  return { ...before, [key]: value };
}
