import assert from "node:assert/strict";
import { test } from "node:test";
import type { RuntimeVersion } from "../../ports/executor.ts";
import { SCOPE, testFunctions } from "./fixture.ts";

const NODE: RuntimeVersion = { version: "nodejs:26.10.0", hash: "ab".repeat(32), standIn: "why" };

test("whoever looks at a function is told what it runs on, and each runtime of a list is asked for once", async () => {
  const { functions, executor, deploy } = testFunctions();
  const asked: string[] = [];
  executor.runtimeVersion = async (runtime) => {
    asked.push(runtime);
    return NODE;
  };
  await deploy("one");
  await deploy("two");
  await deploy("three", { runtime: "nodejs24.x" });
  assert.deepEqual((await functions.get(SCOPE, "one")).runtimeVersion, NODE);
  asked.length = 0;
  const { items } = await functions.list(SCOPE, { all: false });
  assert.deepEqual(
    items.map(({ runtimeVersion }) => runtimeVersion),
    [NODE, NODE, NODE],
  );
  assert.deepEqual(asked.sort(), ["nodejs22.x", "nodejs24.x"]);
});

test("a runtime that cannot be made ready keeps nobody from looking", async () => {
  const { functions, executor, deploy } = testFunctions();
  await deploy("one");
  executor.runtimeVersion = () => Promise.reject(new Error("no room on the disk"));
  assert.equal((await functions.get(SCOPE, "one")).runtimeVersion, undefined);
  assert.equal((await functions.list(SCOPE, { all: true })).items.length, 1);
});
