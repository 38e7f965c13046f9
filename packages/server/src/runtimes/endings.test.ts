import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { systemClock } from "../ports/clock.ts";
import type { ExecutorError } from "../ports/executor.ts";
import { createExecutor, nodeRuntime, processSandbox } from "./index.ts";
import { openBench, until } from "./runtimes.fixture.ts";

describe("an instance", () => {
  it("that is retired while it runs something finishes it, also where lines are kept", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(
      "exports.handler = ({ ms = 0 }) => new Promise((resolve) => setTimeout(resolve, ms, ms));",
    );
    // So short that invocations may stand in line.
    for (let i = 0; i < 60; i++) await bench.invoke(deployment);
    const running = bench.invoke(deployment, { ms: 50 });
    bench.executor.retire(deployment.id);
    assert.equal((await running).value, 50);
    await until(() => bench.executor.snapshot().deployments.length === 0);
  });

  it("that is idle counts as idle alone", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(
      "exports.handler = ({ ms = 0 }) => new Promise((resolve) => setTimeout(resolve, ms, ms));",
    );
    for (let i = 0; i < 60; i++) await bench.invoke(deployment);
    const running = bench.invoke(deployment, { ms: 50 });
    const [counted] = bench.executor.snapshot().deployments;
    assert.deepEqual([counted?.busy, counted?.idle], [1, 0]);
    await running;
  });

  it("that always ends before it begins is not started for ever", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(
      `exports.handler = async () => 1;
      const { writeSync } = require("fs");
      const leaving = Buffer.alloc(9); leaving[4] = 24;
      process.nextTick(() => setImmediate(() => {
        const end = performance.now() + 50; // by then an invocation was sent
        while (performance.now() < end);
        writeSync(3, leaving);
        process.kill(process.pid, "SIGKILL");
      }));`,
    );
    const { failed, value } = await bench.invoke(deployment);
    assert.equal(failed, true);
    assert.equal((value as { errorType: string }).errorType, "Runtime.ExitError");
  });

  it("that cannot be started leaves no file open and no directory behind", async () => {
    const directory = await mkdtemp(join(tmpdir(), "yunque-endings-"));
    const executor = createExecutor({
      packages: { directory: () => Promise.reject(new Error("damaged")) },
      logs: { append() {} },
      clock: systemClock,
      sandbox: processSandbox,
      languages: [nodeRuntime({ directory: join(directory, "runtimes"), sdk: directory })],
      endpoint: () => "",
      directory,
    });
    await using bench = await openBench();
    const deployment = await bench.deploy("");
    const attempt = async () => {
      const refused = executor.invoke(deployment, {
        requestId: "r",
        kind: "sync",
        payload: Buffer.from("{}"),
        invokedFunctionArn: "",
        traceId: "",
      });
      await assert.rejects(refused, { fault: "internal" } satisfies Partial<ExecutorError>);
    };
    await attempt();
    const open = () => readdirSync("/proc/self/fd").length;
    const before = open();
    for (let i = 0; i < 20; i++) await attempt();
    assert.ok(open() < before + 10, `${open() - before} more open files`);
    executor.retire(deployment.id);
    await until(() => readdirSync(join(directory, "instances", "tmp")).length === 0);
    await executor.close(0);
    assert.deepEqual(executor.snapshot().deployments, []);
    await rm(directory, { recursive: true });
  });
});

describe("an executor that is closed at once", () => {
  it("has ended whatever it began", async () => {
    const directory = await mkdtemp(join(tmpdir(), "yunque-endings-"));
    let prepared = false;
    const language = {
      names: new Set(["nodejs22.x"]),
      async prepare(): Promise<never> {
        await new Promise((resolve) => setTimeout(resolve, 50));
        prepared = true;
        throw new Error("not needed");
      },
    };
    const executor = createExecutor({
      packages: { directory: async () => directory },
      logs: { append() {} },
      clock: systemClock,
      sandbox: processSandbox,
      languages: [language],
      endpoint: () => "",
      directory,
    });
    await executor.close(0);
    assert.ok(prepared);
    await rm(directory, { recursive: true });
    assert.equal(existsSync(directory), false);
  });

  it("refuses what was never begun, and starts nothing more", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(
      "exports.handler = ({ block = 0 }) => { const end = performance.now() + block; while (performance.now() < end); };",
    );
    for (let i = 0; i < 60; i++) await bench.invoke(deployment);
    const outcomes = [10_000, 0, 0, 0].map((block) =>
      bench.invoke(deployment, { block }).then(
        ({ failed }) => (failed ? "failed" : "done"),
        ({ fault }: ExecutorError) => fault,
      ),
    );
    await bench.executor.close(1);
    assert.deepEqual(await Promise.all(outcomes), ["failed", "closing", "closing", "closing"]);
    assert.deepEqual(bench.executor.snapshot().deployments, []);
  });
});
