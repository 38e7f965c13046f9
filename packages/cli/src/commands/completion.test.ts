import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";

const MAIN = new URL("../main.ts", import.meta.url).pathname;

let directory = "";
let environment: NodeJS.ProcessEnv = {};
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "yunque-completion-"));
  const yunque = `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`;
  await writeFile(join(directory, "yunque"), yunque, { mode: 0o755 });
  await symlink(process.execPath, join(directory, "node"));
  const PATH = `${directory}${delimiter}${process.env["PATH"]}`;
  environment = { ...process.env, PATH, HOME: directory };
});
after(() => rm(directory, { recursive: true }));

const has = (shell: string) => spawnSync(shell, ["-c", "true"]).status === 0;
const without = (shell: string) => !has(shell) && `needs ${shell}: apt-get install -y ${shell}`;
const run = (shell: string, script: string) =>
  execFileSync(shell, ["-c", script], { env: environment, encoding: "utf8" }).trim().split("\n");

/** What bash offers at the end of this line, by its own programmable completion. */
function bash(line: string): string[] {
  const words = line.split(" ");
  return run(
    "bash",
    `source <(yunque completion bash)
     COMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")})
     COMP_CWORD=${words.length - 1}
     $(complete -p yunque | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
     printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
}

test("bash completes nouns, verbs, options and choices", { skip: without("bash") }, () => {
  assert.deepEqual(bash("yunque fun"), ["functions"]);
  assert.deepEqual(bash("yunque functions l"), ["list", "logs"]);
  assert.deepEqual(bash("yunque functions invoke x --pay"), ["--payload"]);
  assert.deepEqual(bash("yunque up --engine m"), ["memory"]);
  assert.deepEqual(bash("yunque nothing"), [""]);
});

test("fish completes alike", { skip: without("fish") }, () => {
  const fish = (line: string) =>
    run("fish", `yunque completion fish | source; complete -C '${line}'`);
  assert.deepEqual(fish("yunque fun"), ["functions"]);
  assert.ok(fish("yunque up --engine m").includes("memory")); // beside files
});

test("zsh's script is one that zsh reads", { skip: without("zsh") }, () => {
  const script = "compdef() { print -r -- $@ }; source <(yunque completion zsh)";
  assert.deepEqual(run("zsh", script), ["_yunque yunque"]);
});

test("another shell is refused with the shells that there are", () => {
  const { status, stderr } = spawnSync(join(directory, "yunque"), ["completion", "tcsh"], {
    env: environment,
    encoding: "utf8",
  });
  assert.equal(status, 2);
  assert.match(stderr, /bash, zsh, fish/);
});
