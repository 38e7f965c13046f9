import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type Bench, openBench, until } from "./runtimes.fixture.ts";

/** Counts in a file, four times as often as instances are frozen here. */
const COUNTS = `
  const fs = require("fs");
  let n = 0;
  setInterval(() => fs.writeFileSync(process.env.FILE, String(++n)), 5);
  exports.handler = async () => n;`;

describe("an instance without work", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench({ limits: { freezeMs: 20 } });
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  it("stands still until its next invocation, and then goes on", async () => {
    const file = join(bench.directory, "count");
    const deployment = await bench.deploy(COUNTS, { environment: { FILE: file } });
    await bench.invoke(deployment);
    const changed = async (ms: number): Promise<boolean> => {
      const before = await readFile(file, "utf8").catch(() => "");
      await wait(ms);
      return (await readFile(file, "utf8").catch(() => "")) !== before;
    };
    while (await changed(100));
    const before = Number(await readFile(file, "utf8"));
    assert.ok(((await bench.invoke(deployment)).value as number) >= before);
    await until(() => bench.executor.snapshot().deployments[0]?.idle === 1);
  });

  it("ends when it is of no use any more, frozen or not", async () => {
    const deployment = await bench.deploy("exports.handler = async () => process.pid");
    const { value } = await bench.invoke(deployment);
    const state = async () =>
      (await readFile(`/proc/${value}/stat`, "latin1").catch(() => "")).split(") ")[1]?.[0];
    while ((await state()) !== "T") await wait(5);
    bench.executor.retire(deployment.id);
    while (await stat(`/proc/${value}`).catch(() => undefined)) await wait(5);
  });
});
