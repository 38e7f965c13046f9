import { isAbsolute } from "node:path";
import type { SandboxedProgram } from "../../../ports/sandbox.ts";

/**
 * Whether a start can be told to the tools that build walls: they take a word that begins with a dash for an option,
 * and NUL for the end of a word.
 * @throws RangeError
 */
export function checkProgram(program: SandboxedProgram): void {
  const { command, args, environment, directory, filesystem } = program;
  const mounts = (filesystem?.mounts ?? []).flatMap(({ source, target }) => [source, target]);
  for (const path of [command, directory, ...mounts])
    if (!isAbsolute(path)) throw new RangeError(`not an absolute path: ${path}`);
  for (const name of Object.keys(environment))
    if (name === "" || name.includes("=")) throw new RangeError(`no variable's name: ${name}`);
  const words = [command, directory, ...mounts, ...args, ...Object.entries(environment).flat()];
  if (words.some((word) => word.includes("\0"))) throw new RangeError("NUL in a program's start");
}
