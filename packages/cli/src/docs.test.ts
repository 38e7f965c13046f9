import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { settings } from "@yunque/server/config";
import type { Command } from "commander";
import { createProgram } from "./program.ts";

const page = (name: string) =>
  readFile(join(import.meta.dirname, "../../../docs/reference", name), "utf8");

test("the reference of the configuration has every setting with its spellings, default and meaning", async () => {
  const rows = settings.map(({ name, variable, flag, default: usual, meaning }) => {
    const code = [name, variable, flag, usual].map((cell) =>
      cell === undefined ? "" : `\`${cell}\``,
    );
    return `|${[...code, meaning].map((cell) => (cell === "" ? " " : ` ${cell} `)).join("|")}|`;
  });
  const text = await page("config.md");
  assert.deepEqual(
    text.split("\n").filter((line) => line.includes("`YUNQUE_") && line.startsWith("| `")),
    rows,
  );
});

test("the reference of the commands has every command and every option, and no other", async () => {
  const text = await page("cli.md");
  const commands = leavesOf(await createProgram("all"));
  for (const [path] of commands) assert.ok(text.includes(`\`yunque ${path}`), path);
  const flags = new Set(commands.flatMap(([, command]) => command.options.map(({ long }) => long)));
  const documented = new Set(text.match(/(?<=`)--[a-z-]+/g));
  documented.delete("--help");
  assert.deepEqual([...documented].sort(), [...flags].sort());
});

/** Commands that do something, with their path: `functions list`. */
function leavesOf(command: Command, path: readonly string[] = []): [string, Command][] {
  const visible = command.createHelp().visibleCommands(command);
  const inner = visible.filter((one) => one.name() !== "help");
  if (inner.length === 0) return [[path.join(" "), command]];
  return inner.flatMap((one) => leavesOf(one, [...path, one.name()]));
}
