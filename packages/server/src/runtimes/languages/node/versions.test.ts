import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { openBench } from "../../runtimes.fixture.ts";
import { moduleFlags } from "./flags.ts";
import { nodeRuntime } from "./runtime.ts";
import { chooseNode, installedVersions, NODE_NAMES } from "./versions.ts";

describe("the Node.js of a runtime's name", () => {
  const own = { version: "26.10.0", path: "/own/node" };
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-versions-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const install = async (name: string, version: string, mode = 0o755): Promise<string> => {
    const path = join(directory, name, version, "bin", "node");
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "");
    await chmod(path, mode);
    return path;
  };

  it("is the newest one that is installed for it", async () => {
    await install("nodejs22.x", "22.9.0");
    const path = await install("nodejs22.x", "22.21.1");
    assert.deepEqual(await chooseNode(directory, "nodejs22.x", own), { version: "22.21.1", path });
  });

  it("is the platform's own where that is of the same major version, unless one is installed", async () => {
    assert.deepEqual(await chooseNode(directory, "nodejs26.x", own), own);
    const path = await install("nodejs26.x", "26.12.1");
    assert.equal((await chooseNode(directory, "nodejs26.x", own)).path, path);
  });

  it("is else the next newer one, and says so", async () => {
    assert.deepEqual(await chooseNode(directory, "nodejs20.x", own), {
      ...own,
      standIn:
        "nodejs20.x is not installed here: running on Node.js 26.10.0; install it with: yunque runtimes install nodejs20.x",
    });
    await install("nodejs22.x", "22.21.1");
    assert.equal((await chooseNode(directory, "nodejs20.x", own)).version, "22.21.1");
    assert.equal((await chooseNode(directory, "nodejs24.x", own)).version, "26.10.0");
    const older = { ...own, version: "23.0.0" };
    assert.equal((await chooseNode(directory, "nodejs26.x", older)).version, "23.0.0");
  });

  it("names the oldest that can be installed where the name's own cannot be", async () => {
    const { standIn } = await chooseNode(directory, "nodejs16.x", own);
    assert.equal(
      standIn,
      "nodejs16.x is not offered here: running on Node.js 26.10.0; nearer to it is: yunque runtimes install nodejs20.x",
    );
    await install("nodejs20.x", "20.20.2");
    const nearer = await chooseNode(directory, "nodejs16.x", own);
    assert.equal(nearer.standIn, "nodejs16.x is not offered here: running on Node.js 20.20.2");
  });

  it("is none that is half there, in the wrong place, or no program", async () => {
    await install("nodejs22.x", ".install-abc");
    await install("nodejs22.x", "20.1.0");
    await install("nodejs22.x", "22.1.0", 0o644);
    await install("nodejs18.x", "18.1.0");
    await mkdir(join(directory, "nodejs24.x", "24.0.0"), { recursive: true });
    await writeFile(join(directory, "nodejs20.x"), "a file");
    assert.deepEqual(await installedVersions(directory), new Map());
  });

  it("is looked for each time, and gives the same object as long as it is the same", async () => {
    const node = nodeRuntime({
      directory: join(directory, "data"),
      installed: directory,
      sdk: "/",
    });
    const before = await node.prepare("nodejs22.x");
    assert.equal(await node.prepare("nodejs22.x"), before);
    assert.match(before.standIn ?? "", /^nodejs22\.x is not installed/);
    const path = await install("nodejs22.x", "22.21.1");
    const after = await node.prepare("nodejs22.x");
    assert.deepEqual(
      [after.version, after.standIn, after.programs],
      ["nodejs:22.21.1", undefined, dirname(path)],
    );
    assert.notEqual(after.hash, before.hash);
    await rm(join(directory, "nodejs22.x"), { recursive: true });
    assert.equal(await node.prepare("nodejs22.x"), before);
  });

  it("has the same hash under each name that it runs", async () => {
    const node = nodeRuntime({
      directory: join(directory, "data"),
      installed: directory,
      sdk: "/",
    });
    const all = await Promise.all(NODE_NAMES.map((name) => node.prepare(name)));
    assert.equal(new Set(all.map(({ hash }) => hash)).size, 1);
    assert.match(all[0]?.hash ?? "", /^[0-9a-f]{64}$/);
  });
});

describe("a function on another Node.js than its runtime's name says", () => {
  it("says so in its log at init, and in what the executor tells", async () => {
    await using bench = await openBench();
    const runtime = "nodejs18.x";
    const deployment = await bench.deploy("exports.handler = async () => 1", { runtime });
    const { result } = await bench.invoke(deployment);
    const found = await bench.executor.runtimeVersion(runtime);
    const { stream } = bench.lines.find((line) => line.requestId === result.requestId) ?? {};
    const lines = bench.lines.filter((line) => line.stream === stream).map((line) => line.message);
    const arn = `arn:aws:lambda:us-east-1::runtime:${found?.hash}`;
    assert.deepEqual(lines.slice(0, 2), [
      `INIT_START Runtime Version: ${found?.version}\tRuntime Version ARN: ${arn}`,
      `[yunque] ${found?.standIn}`,
    ]);
    assert.equal(await bench.executor.runtimeVersion("java8"), undefined);
  });
});

describe("the flags that Lambda gives Node.js", () => {
  for (const [version, options, flags] of [
    ["20.20.2", undefined, ["--no-experimental-require-module"]],
    ["20.9.0", undefined, []],
    ["20.20.2", "--max-http-header-size=1 --experimental-require-module", []],
    ["22.21.1", "", ["--no-experimental-require-module", "--no-experimental-detect-module"]],
    ["22.21.1", "--experimental-require-module", ["--no-experimental-detect-module"]],
    ["24.21.0", undefined, []],
    ["26.10.0", undefined, []],
  ] as const)
    it(`are ${flags.join(" and ") || "none"} for ${version} with ${options || "no options"}`, () => {
      assert.deepEqual(moduleFlags(version, options), flags);
    });
});
