import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { buildBootstrap } from "../build.ts";
import { AWS_SDK } from "./brought.ts";
import { NODE_BOOTSTRAP, nodeRuntime } from "./runtime.ts";

describe("the bootstrap of Node.js instances", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-build-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("is one script that Node.js can parse, and what it rehearses with", async () => {
    const { main } = await buildBootstrap(join(directory, "node"), NODE_BOOTSTRAP);
    assert.deepEqual((await readdir(dirname(main))).sort(), [
      "bootstrap.cjs",
      "rehearsal-import.mjs",
      "rehearsal-require.js",
    ]);
    assert.equal(spawnSync(process.execPath, ["--check", main]).status, 0);
  });

  it("is built once per content", async () => {
    const first = await buildBootstrap(directory, NODE_BOOTSTRAP);
    await writeFile(first.main, "// kept");
    const second = await buildBootstrap(directory, NODE_BOOTSTRAP);
    assert.deepEqual(second, first);
    assert.equal(await readFile(second.main, "utf8"), "// kept");
  });

  it("may be built by several at once", async () => {
    const all = await Promise.all(
      [1, 2, 3, 4].map(() => buildBootstrap(directory, NODE_BOOTSTRAP)),
    );
    assert.equal(new Set(all.map(({ main }) => main)).size, 1);
    assert.equal((await readdir(directory)).length, 1);
  });

  it("forgets what an earlier version of the platform built", async () => {
    await mkdir(join(directory, "0123456789abcdef"));
    const { main } = await buildBootstrap(directory, NODE_BOOTSTRAP);
    assert.deepEqual(await readdir(directory), [dirname(main).slice(directory.length + 1)]);
  });

  it("is tried again where it could not be built", async () => {
    const blocked = join(directory, "file");
    await writeFile(blocked, "");
    const node = nodeRuntime({ directory: blocked, sdk: AWS_SDK });
    await assert.rejects(node.prepare("nodejs22.x"));
    await rm(blocked);
    assert.ok((await node.prepare("nodejs22.x")).hash);
    assert.equal(await node.prepare("nodejs22.x"), await node.prepare("nodejs22.x"));
  });
});
