import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

/** A program that waits for its stop, says so, and then goes on for ever. */
const PROGRAM = `
  import { untilStopped } from ${JSON.stringify(new URL("./signals.ts", import.meta.url).href)};
  const stopped = untilStopped();
  setInterval(() => {}, 1000);
  console.log("ready");
  await stopped;
  console.log("stopping");
`;

async function startProgram(): Promise<{ child: ChildProcess; says(word: string): Promise<void> }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM]);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const says = async (word: string) => {
    while (!said.includes(word)) await once(child.stdout, "data");
  };
  await says("ready");
  return { child, says };
}

test("the first signal asks to stop; one that comes right behind it is the same key press", async () => {
  const { child, says } = await startProgram();
  child.kill("SIGINT");
  child.kill("SIGTERM");
  await says("stopping");
  assert.equal(child.exitCode, null);
  child.kill("SIGKILL");
  await once(child, "exit");
});

test("a later signal ends the process at once, with the signal's exit code", async () => {
  const { child, says } = await startProgram();
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await says("stopping");
  const again = setInterval(() => child.kill("SIGINT"), 50);
  const [code] = await exited;
  clearInterval(again);
  assert.equal(code, 130);
});
