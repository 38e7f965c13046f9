import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { Deployment } from "../../../domain/deployment.ts";
import { type Bench, type Files, openBench } from "../../runtimes.fixture.ts";

/** Enough source for it to be worth it. */
const LIBRARY = `
${Array.from({ length: 600 }, (_, i) => `exports.f${i} = (x) => x + ${i} * exports.f${(i + 1) % 600}.length;`).join("\n")}
exports.line = () => { throw new Error("here"); };`;
const HANDLER = `
const library = require("./library");
exports.handler = async (event) => {
  if (event.fail) library.line();
  return [library.f1(1), module.id, require.main === module, require.resolve("./library"), typeof (await import("./other.mjs")).default];
};`;
const FILES = { "index.js": HANDLER, "library.js": LIBRARY, "other.mjs": "export default 1;" };

describe("compiled code of a Node.js function", { timeout: 60_000 }, () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench({ limits: { freezeMs: 10 } });
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const caches = () => join(bench.directory, "data", "code");
  const made = async (): Promise<string> => {
    for (;;) {
      const [name] = (await readdir(caches()).catch(() => [])).filter((n) => !n.startsWith("."));
      if (name) return join(caches(), name, "code.bin");
      await wait(5);
    }
  };
  const first = async (deployment: Deployment, event = {}) => {
    const told = await bench.invoke(deployment, event);
    bench.executor.retire(deployment.id);
    return told;
  };
  /** The same function, deployed again without a change of its code. */
  const again = (deployment: Deployment): Deployment => ({
    ...deployment,
    id: `${deployment.id}-again`,
  });
  const deploy = (files: Files) => bench.deploy(files);

  it("is kept after the first invocation, and behaves as the source does", async () => {
    const deployment = await deploy(FILES);
    const { value } = await bench.invoke(deployment);
    const bytes = await readFile(await made());
    assert.ok(bytes.includes("library.js"));
    bench.executor.retire(deployment.id);
    const second = again(deployment);
    const shape = (told: unknown) => (told as unknown[]).toSpliced(1, 1).toSpliced(2, 1);
    assert.deepEqual(shape((await bench.invoke(second)).value), shape(value));
    const failed = (await first(second, { fail: true })).value as { trace: string[] };
    assert.match(failed.trace[1] ?? "", /at exports\.line \(.*\/library\.js:602:30\)/);
  });

  it("is not used where it is damaged, or of another version", async () => {
    const deployment = await deploy(FILES);
    await bench.invoke(deployment);
    const file = await made();
    bench.executor.retire(deployment.id);
    const bytes = await readFile(file);
    for (const damage of [
      Buffer.from("YQC1"),
      Buffer.alloc(0),
      Buffer.concat([bytes.subarray(0, 4), Buffer.from([255, 255, 255, 255]), bytes.subarray(8)]),
      Buffer.from(bytes.toString("latin1").replace(/"tag":\d/, '"tag":9'), "latin1"),
    ]) {
      await writeFile(file, damage);
      const next = { ...deployment, id: `${deployment.id}-${damage.length}-${damage[20]}` };
      assert.equal((await first(next)).failed, false);
    }
  });

  it("is not made of what is compiled in no time", async () => {
    const deployment = await deploy("exports.handler = async () => 1");
    await bench.invoke(deployment);
    await wait(100);
    assert.deepEqual(await readdir(caches()), []);
  });

  it("is never that of another function, though the code is the same", async () => {
    const deployment = await deploy(FILES);
    await bench.invoke(deployment);
    await made();
    const other = { ...again(deployment), functionName: "other" };
    await bench.invoke(other);
    while ((await readdir(caches())).length < 2) await wait(5);
  });

  it("modules that are no scripts are loaded as always", async () => {
    const deployment = await deploy({
      "index.js":
        "import fs from 'node:fs'; export const handler = async () => typeof fs.readFileSync;",
    });
    assert.equal((await bench.invoke(deployment)).value, "function");
    const broken = await deploy("exports.handler = ;");
    const { value } = await bench.invoke(broken);
    assert.equal((value as { errorType: string }).errorType, "Runtime.UserCodeSyntaxError");
  });
});
