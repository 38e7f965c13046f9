/** `npm run demo` as a person runs it, but for the port and the end. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";

const DEMO = resolve(import.meta.dirname, "../../examples/media/demo.ts");

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "yunque-demo-test-"));
});
after(() => rm(directory, { recursive: true }));

function startDemo(...flags: readonly string[]): { child: ChildProcess; said(): string } {
  const place = ["--port", "0", "--data-dir", directory];
  const child = spawn(process.execPath, [DEMO, ...place, ...flags]);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  return { child, said: () => said };
}

test("the demo tells what it did, with times, and where the result lies", async () => {
  const { child, said } = startDemo("--exit");
  const [code] = await once(child, "close");
  assert.equal(code, 0, said());
  assert.match(said(), /^yunque ready http:\/\/127\.0\.0\.1:\d+ \(\d+ ms\)$/m);
  const times = [
    "layer ffmpeg",
    "function media",
    "upload to s3",
    "cold start",
    "clip",
    "from upload",
  ];
  for (const step of times) assert.match(said(), new RegExp(`^ +[\\d.]+ ms  ${step}`, "m"));
  assert.match(said(), /^The result lies in s3:\/\/media-output\/demo\/$/m);
  assert.match(said(), /^ +\d+ KB {2}http:\S+\/media-output\/demo\/clip\.mp4$/m);
});

test("without --exit the platform stays up, over the same data, until it is told to end", async () => {
  const { child, said } = startDemo();
  const ended = once(child, "close");
  while (!said().includes("Ctrl-C stops it")) {
    assert.equal(child.exitCode, null, said());
    await once(child.stdout ?? child, "data");
  }
  assert.match(said(), /, as before$/m); // the layer of the first run
  const url = /http:\S+clip\.mp4/.exec(said())?.[0] ?? "";
  assert.equal((await fetch(url)).headers.get("content-type"), "video/mp4");
  child.kill("SIGTERM");
  assert.equal((await ended)[0], 0);
  await assert.rejects(fetch(url));
});
