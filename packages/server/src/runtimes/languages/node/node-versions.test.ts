import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { installedNodes, NodeVersions, nearestNode } from "./node-versions.ts";

const nodes = (...versions: string[]) => versions.map((version) => ({ version, path: version }));

test("a runtime runs on the newest Node.js of its version, else on the nearest newer one", () => {
  const all = nodes("20.1.0", "20.19.5", "22.9.0", "26.10.0");
  assert.equal(nearestNode(all, 20)?.version, "20.19.5");
  assert.equal(nearestNode(all, 22)?.version, "22.9.0");
  assert.equal(nearestNode(all, 24)?.version, "26.10.0");
  assert.equal(nearestNode(nodes("20.1.0", "26.10.0"), 22)?.version, "26.10.0");
  assert.equal(nearestNode(nodes("20.1.0", "22.9.0"), 24)?.version, "22.9.0");
  assert.equal(nearestNode(all, 16)?.version, "20.19.5");
  assert.equal(nearestNode(all, 21)?.version, "22.9.0");
  assert.equal(nearestNode([], 20), undefined);
});

test("only what was installed whole counts, and what is installed later is found", async () => {
  const directory = await mkdtemp(join(tmpdir(), "yunque-nodes-"));
  try {
    for (const name of [
      "node-16.20.2",
      "node-20.19.5",
      "node-22.1.0",
      ".scratch-node-24.0.0",
      "node-24",
    ])
      await mkdir(join(directory, name, "bin"), { recursive: true });
    await writeFile(join(directory, "node-20.19.5", "bin", "node"), "");
    await writeFile(join(directory, "node-24", "bin", "node"), "");
    await writeFile(join(directory, "node-16.20.2", "bin", "node"), ""); // too old
    assert.deepEqual(
      (await installedNodes(directory)).map(({ version }) => version),
      ["20.19.5"],
    );
    const versions = new NodeVersions(directory);
    assert.equal((await versions.nearest(22)).version, process.versions.node);
    assert.equal((await versions.nearest(16)).version, "20.19.5");
    await writeFile(join(directory, "node-22.1.0", "bin", "node"), "");
    while ((await versions.nearest(22)).version !== "22.1.0")
      await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("without anything installed it is the platform's own", async () => {
  const { version } = await new NodeVersions(undefined).nearest(20);
  assert.equal(version, process.versions.node);
  assert.deepEqual(await installedNodes("/nowhere"), []);
});
