import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { ExecutorError } from "../ports/executor.ts";
import { type Bench, invocation, openBench, type Told, until } from "./runtimes.fixture.ts";

/**
 * Runs an event `{ ms, block, exit, release, hold }`: waits, blocks the event loop, or ends the process; until the
 * file `release` is there, it waits, or holds the event loop.
 */
const WORKER = `
  const { existsSync } = require("node:fs");
  let running = 0, runs = 0;
  exports.handler = async ({ ms = 0, block = 0, exit = false, release, hold = false, i }) => {
    if (++running > 1) throw new Error("two at a time");
    runs++;
    try {
      if (exit) process.exit(1);
      for (const end = performance.now() + block; performance.now() < end; );
      while (release && !existsSync(release))
        if (!hold) await new Promise((resolve) => setTimeout(resolve, 5));
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      return { i, runs, pid: process.pid };
    } finally { running-- }
  };`;
interface Work {
  readonly i: number;
  readonly runs: number;
  readonly pid: number;
}
const work = (told: Told): Work => {
  assert.equal(told.failed, false, JSON.stringify(told.value));
  return told.value as Work;
};
const counts = (bench: Bench, id: string) =>
  bench.executor.snapshot().deployments.find(({ deploymentId }) => deploymentId === id);
const fault = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => assert.fail("it was run"),
    (error: ExecutorError) => error.fault,
  );

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** A function that the executor knows to be short. */
const shortFunction = async (bench: Bench, timeoutSeconds = 10) => {
  const deployment = await bench.deploy(WORKER, { timeoutSeconds });
  for (let i = 0; i < 60; i++) work(await bench.invoke(deployment, { i }));
  return deployment;
};

describe("instances of a function", () => {
  it("run one invocation at a time, and several in parallel", async () => {
    await using bench = await openBench({ limits: { starting: 8 } });
    const deployment = await bench.deploy(WORKER, { timeoutSeconds: 60 });
    const release = join(bench.directory, "release");
    const calls = Array.from({ length: 4 }, (_, i) => bench.invoke(deployment, { i, release }));
    await until(() => counts(bench, deployment.id)?.busy === 4);
    writeFileSync(release, "");
    const all = await Promise.all(calls);
    assert.equal(new Set(all.map((told) => work(told).pid)).size, 4);
  });

  it("are used again while they are warm", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(WORKER);
    const first = work(await bench.invoke(deployment));
    const second = work(await bench.invoke(deployment));
    assert.deepEqual([second.pid, second.runs], [first.pid, 2]);
  });

  it("take what waits as they become free", async () => {
    await using bench = await openBench({ limits: { instances: 1 } });
    const deployment = await bench.deploy(WORKER);
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, i) => bench.invoke(deployment, { i, ms: 10 })),
    );
    assert.deepEqual(
      all.map((told) => work(told).runs),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
  });

  it("survive 50 first invocations at once", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(WORKER);
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, i) => bench.invoke(deployment, { i })),
    );
    assert.deepEqual(
      all.map((told) => work(told).i),
      Array.from({ length: 50 }, (_, i) => i),
    );
  });

  it("gather short invocations: few instances for many callers", async () => {
    await using bench = await openBench();
    const deployment = await shortFunction(bench);
    for (let round = 0; round < 20; round++)
      await Promise.all(Array.from({ length: 50 }, (_, i) => bench.invoke(deployment, { i })));
    const { busy = 0, idle = 0, starting = 0 } = counts(bench, deployment.id) ?? {};
    assert.ok(busy + idle + starting <= 10, `${busy + idle + starting} instances`);
  });

  it("run each invocation exactly once, however mixed they are", async () => {
    await using bench = await openBench();
    const deployment = await shortFunction(bench);
    const events = Array.from({ length: 600 }, (_, i) => ({
      i,
      ms: i % 97 === 0 ? 30 : 0,
      block: i % 89 === 0 ? 20 : 0,
    }));
    const all = (await Promise.all(events.map((event) => bench.invoke(deployment, event)))).map(
      work,
    );
    assert.deepEqual(
      all.map(({ i }) => i),
      events.map(({ i }) => i),
    );
    // Each instance counted its runs: none was lost, none ran twice.
    const runs = new Map<number, number[]>();
    for (const { pid, runs: n } of all) runs.set(pid, [...(runs.get(pid) ?? []), n]);
    for (const counted of runs.values()) {
      const sorted = counted.sort((a, b) => a - b);
      const [first = 0] = sorted;
      assert.deepEqual(
        sorted,
        sorted.map((_, k) => first + k),
      );
    }
  });

  for (const [name, hold] of [
    ["waits", false],
    ["never lets go of the event loop", true],
  ] as const) {
    it(`are not held up by one that ${name}`, async () => {
      await using bench = await openBench();
      const deployment = await shortFunction(bench, 60);
      const release = join(bench.directory, "release");
      const slow = bench.invoke(deployment, { i: -1, release, hold });
      const short = Array.from({ length: 30 }, (_, i) => bench.invoke(deployment, { i }));
      // The slow one ends only when all that stood behind it have ended: held up, they would never end.
      for (const told of await Promise.all(short)) work(told);
      writeFileSync(release, "");
      work(await slow);
    });
  }

  it("that end lose only what they had started", async () => {
    await using bench = await openBench();
    const deployment = await shortFunction(bench);
    const all = await Promise.all([
      ...Array.from({ length: 10 }, (_, i) => bench.invoke(deployment, { i })),
      bench.invoke(deployment, { exit: true, i: -1 }),
      ...Array.from({ length: 30 }, (_, i) => bench.invoke(deployment, { i })),
    ]);
    assert.deepEqual(
      all.map(({ failed }) => failed),
      all.map((_, k) => k === 10),
    );
  });

  it("that are killed from outside lose at most what they had started", async () => {
    await using bench = await openBench();
    const deployment = await shortFunction(bench);
    let failed = 0;
    let kills = 0;
    while (kills < 10) {
      const first = await bench.invoke(deployment, { i: 0 });
      if (first.failed)
        failed++; // killed between two rounds
      else {
        const { pid } = work(first);
        setTimeout(() => process.kill(pid, "SIGKILL"), kills);
        const all = Array.from({ length: 20 }, (_, i) => bench.invoke(deployment, { i, block: 1 }));
        for (const told of await Promise.all(all)) if (told.failed) failed++;
        await until(() => !alive(pid));
        kills++;
      }
    }
    assert.ok(failed <= 10, `${failed} invocations failed by 10 kills`);
  });

  it("end after their idle time, with their files", async () => {
    await using bench = await openBench({ limits: { idleMs: 60 } });
    const deployment = await bench.deploy(WORKER);
    const { pid } = work(await bench.invoke(deployment));
    await until(() => counts(bench, deployment.id)?.idle === 0);
    await until(() => readdirSync(`${bench.directory}/data/instances/tmp`).length === 0);
    assert.notEqual(work(await bench.invoke(deployment)).pid, pid);
  });

  it("give way to those of another function where the machine is full", async () => {
    await using bench = await openBench({ limits: { instances: 1 } });
    const one = await bench.deploy(WORKER);
    const other = await bench.deploy(WORKER);
    work(await bench.invoke(one));
    work(await bench.invoke(other));
    assert.equal(counts(bench, one.id)?.idle, 0);
    work(await bench.invoke(one));
  });

  it("are retired when they are free, and at once where they are idle", async () => {
    await using bench = await openBench();
    const idle = await bench.deploy(WORKER);
    const busy = await bench.deploy(WORKER);
    work(await bench.invoke(idle));
    work(await bench.invoke(busy));
    const running = bench.invoke(busy, { ms: 100 });
    bench.executor.retire(idle.id);
    bench.executor.retire(busy.id);
    work(await running);
    await until(() => bench.executor.snapshot().deployments.length === 0);
  });
});

describe("an executor", () => {
  it("says which runtimes it has, and what separates its instances", async () => {
    await using bench = await openBench();
    assert.ok(bench.executor.runtimes.has("nodejs22.x"));
    assert.ok(!bench.executor.runtimes.has("cobol.x"));
    assert.equal(bench.executor.snapshot().isolation, "none");
  });

  it("refuses more invocations than the account may have", async () => {
    await using bench = await openBench({ limits: { concurrency: 2 } });
    const deployment = await bench.deploy(WORKER);
    const running = [1, 2].map((i) => bench.invoke(deployment, { i, ms: 50 }));
    assert.equal(await fault(bench.invoke(deployment)), "throttled");
    for (const told of await Promise.all(running)) work(told);
    work(await bench.invoke(deployment));
  });

  it("refuses what would wait behind too many others", async () => {
    await using bench = await openBench({ limits: { waiting: 3 } });
    const deployment = await bench.deploy(WORKER);
    const waiting = [1, 2, 3].map((i) => bench.invoke(deployment, { i }));
    assert.equal(await fault(bench.invoke(deployment)), "throttled");
    for (const told of await Promise.all(waiting)) work(told);
  });

  it("refuses what waited too long for an instance", async () => {
    await using bench = await openBench({ limits: { instances: 1, waitMs: 100 } });
    const deployment = await bench.deploy(WORKER);
    work(await bench.invoke(deployment));
    const running = bench.invoke(deployment, { ms: 600 });
    assert.equal(await fault(bench.invoke(deployment)), "throttled");
    work(await running);
  });

  it("says that it has no such runtime", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(WORKER, { runtime: "cobol.x" });
    await assert.rejects(bench.invoke(deployment), {
      fault: "internal",
      message: "an instance could not be started: no runtime cobol.x here",
    });
  });

  it("drops what nobody waits for any more, but interrupts nothing that runs", async () => {
    await using bench = await openBench({ limits: { instances: 1 } });
    const deployment = await bench.deploy(WORKER);
    work(await bench.invoke(deployment));
    const controller = new AbortController();
    const { signal } = controller;
    const running = bench.executor.invoke(deployment, invocation({ ms: 80 }, { signal }));
    const queued = bench.executor.invoke(deployment, invocation({}, { signal }));
    const caught = assert.rejects(queued, { name: "AbortError" });
    controller.abort();
    assert.equal((await running).functionError, undefined);
    await caught;
    assert.equal(work(await bench.invoke(deployment)).runs, 3, "the dropped one never ran");
  });

  it("lets what runs finish when it is closed, and takes nothing new", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(WORKER);
    const running = bench.invoke(deployment, { ms: 150 });
    const closing = bench.executor.close(5_000);
    assert.equal(await fault(bench.invoke(deployment)), "closing");
    const { pid } = work(await running);
    await closing;
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    assert.equal(existsSync(`${bench.directory}/data/instances/tmp`), false);
  });

  it("ends what does not finish in time when it is closed", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(WORKER);
    work(await bench.invoke(deployment));
    const running = bench.invoke(deployment, { block: 60_000 });
    await until(() => counts(bench, deployment.id)?.busy === 1);
    await bench.executor.close(50);
    const { failed, value } = await running;
    assert.equal(failed, true);
    assert.equal((value as { errorType: string }).errorType, "Runtime.ExitError");
  });

  it("refuses what still waits when it is closed", async () => {
    await using bench = await openBench({ limits: { instances: 1 } });
    const deployment = await bench.deploy(WORKER);
    work(await bench.invoke(deployment));
    const running = bench.invoke(deployment, { block: 60_000 });
    const refused = fault(bench.invoke(deployment));
    await bench.executor.close(50);
    assert.equal(await refused, "closing");
    assert.equal((await running).failed, true);
  });
});
