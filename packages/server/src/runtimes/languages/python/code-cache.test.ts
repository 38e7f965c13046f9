import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { Deployment } from "../../../domain/deployment.ts";
import type { Bench } from "../../runtimes.fixture.ts";
import { lacksPython, openPythonBench } from "./python.fixture.ts";

/** Enough source for it to be worth it. */
const LIBRARY = `
${Array.from({ length: 600 }, (_, i) => `def f${i}(x):\n    return [x + ${i}, "text ${i}"]`).join("\n")}
def fail():
    raise ValueError("here")
`;
const HANDLER = `
import inspect
import library
def handler(event, context):
    if event.get("fail"):
        library.fail()
    return [library.f1(1), inspect.getsource(library.f2), library.f3.__code__.co_filename == library.__file__]
`;
const FILES = { "app.py": HANDLER, "library.py": LIBRARY };

describe("byte code of a Python function", { skip: lacksPython, timeout: 60_000 }, () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openPythonBench({ limits: { freezeMs: 10 } });
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
  /** The same function, deployed again without a change of its code. */
  const again = (deployment: Deployment, tag = "again"): Deployment => ({
    ...deployment,
    id: `${deployment.id}-${tag}`,
  });

  it("is kept after the first invocation, and behaves as the source does", async () => {
    const deployment = await bench.deploy(FILES);
    const { value } = await bench.invoke(deployment);
    assert.deepEqual(value, [[2, "text 1"], 'def f2(x):\n    return [x + 2, "text 2"]\n', true]);
    const bytes = await readFile(await made());
    assert.ok(bytes.includes("0/library.py"));
    bench.executor.retire(deployment.id);
    const second = again(deployment);
    assert.deepEqual((await bench.invoke(second)).value, value);
    const failed = (await bench.invoke(second, { fail: true })).value as { stackTrace: string[] };
    assert.match(
      failed.stackTrace.at(-1) ?? "",
      /library\.py", line 1203, in fail\n {4}raise ValueError\("here"\)/,
    );
  });

  it("is what runs then, not the source", async () => {
    const deployment = await bench.deploy(FILES);
    await bench.invoke(deployment);
    await made();
    bench.executor.retire(deployment.id);
    const source = join(bench.directory, "packages", deployment.code, "library.py");
    await writeFile(source, LIBRARY.replace("text 1", "other 1"));
    const { value } = await bench.invoke(again(deployment));
    assert.deepEqual((value as unknown[])[0], [2, "text 1"]);
  });

  it("is not used where it is damaged, or of another version", async () => {
    const deployment = await bench.deploy(FILES);
    const { value } = await bench.invoke(deployment);
    const file = await made();
    bench.executor.retire(deployment.id);
    const bytes = await readFile(file);
    const damages = [
      Buffer.from("YQP1"),
      Buffer.alloc(0),
      Buffer.concat([bytes.subarray(0, 4), Buffer.from([255, 255, 255, 255]), bytes.subarray(8)]),
      bytes.subarray(0, bytes.length - 20_000),
      Buffer.from(bytes.toString("latin1").replace("text 1", "TEXT 1"), "latin1"),
      Buffer.from(bytes.toString("latin1").replace(/"magic": "../, '"magic": "zz'), "latin1"),
    ];
    for (const [i, damage] of damages.entries()) {
      await writeFile(file, damage);
      assert.deepEqual((await bench.invoke(again(deployment, String(i)))).value, value);
    }
  });

  it("is not made of what is compiled in no time", async () => {
    const deployment = await bench.deploy("def handler(e, c):\n  return 1");
    await bench.invoke(deployment);
    await wait(100);
    assert.deepEqual(await readdir(caches()), []);
  });
});
