import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * Runs a module that says on stdout what was acknowledged, a line each, and kills it some milliseconds after so many
 * lines, in the middle of whatever it does then.
 */
export async function runUntilKilled(
  module: string,
  args: readonly string[],
  when: { readonly lines: number; readonly afterMs: number },
  note: (line: string) => void,
): Promise<void> {
  const child = spawn(process.execPath, [module, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let heard = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    note(line);
    if (++heard === when.lines) setTimeout(() => child.kill("SIGKILL"), when.afterMs);
  });
  const [, signal] = await once(child, "close");
  assert.equal(signal, "SIGKILL", "the child ended by itself");
}
