import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { invocation, openBench, told, until } from "./runtimes.fixture.ts";

/** Says when it runs, by a file of its name; ends once the file `release` is there. */
const WORKER = `
  const { existsSync, writeFileSync } = require("node:fs");
  exports.handler = async ({ running, release }) => {
    if (running) writeFileSync(running, "");
    while (release && !existsSync(release)) await new Promise((resolve) => setTimeout(resolve, 2));
    return process.pid;
  };`;

describe("a function that floods the machine", () => {
  it("gives a place up for another one as soon as one of its invocations is over", async () => {
    await using bench = await openBench({ limits: { instances: 3, waitMs: 60_000 } });
    const flooding = await bench.deploy(WORKER, { timeoutSeconds: 60, functionArn: arn("noisy") });
    const quiet = await bench.deploy(WORKER, { timeoutSeconds: 60, functionArn: arn("quiet") });
    const file = (name: string) => join(bench.directory, name);
    const flood = Array.from({ length: 30 }, (_, i) =>
      bench.invoke(flooding, { running: file(`running-${i}`), release: file(`release-${i}`) }),
    );
    const running = () => flood.flatMap((_, i) => (existsSync(file(`running-${i}`)) ? [i] : []));
    await until(() => running().length === 3);
    const first = bench.invoke(quiet);
    // One of thirty is over: the other 27 go on waiting, and the quiet function runs.
    writeFileSync(file(`release-${running()[0]}`), "");
    assert.equal((await first).failed, false);
    assert.ok(running().length < 30);
    for (let i = 0; i < 30; i++) writeFileSync(file(`release-${i}`), "");
    for (const each of await Promise.all(flood)) assert.equal(each.failed, false);
  });

  it("does not end the one instance that another one needs again and again", async () => {
    await using bench = await openBench({ limits: { instances: 2, waitMs: 60_000 } });
    const flooding = await bench.deploy(WORKER, { timeoutSeconds: 60, functionArn: arn("noisy") });
    const quiet = await bench.deploy(WORKER, { timeoutSeconds: 60, functionArn: arn("quiet") });
    const release = join(bench.directory, "release");
    const pids = new Set([(await bench.invoke(quiet)).value]);
    const flood = Array.from({ length: 10 }, () => bench.invoke(flooding, { release }));
    for (let i = 0; i < 20; i++) pids.add((await bench.invoke(quiet)).value);
    assert.equal(pids.size, 1);
    writeFileSync(release, "");
    await Promise.all(flood);
  });

  it("leaves a tenth of the account's concurrency to the others, where the machine is smaller", async () => {
    const limits = { instances: 2, concurrency: 20, waitMs: 60_000 };
    await using bench = await openBench({ limits });
    const flooding = await bench.deploy(WORKER, { timeoutSeconds: 60, functionArn: arn("noisy") });
    const quiet = await bench.deploy(WORKER, { timeoutSeconds: 60, functionArn: arn("quiet") });
    const release = join(bench.directory, "release");
    const state = () =>
      bench.executor.snapshot().deployments.find((d) => d.deploymentId === flooding.id);
    const first = [1, 2].map(() => bench.invoke(flooding, { release }));
    await until(() => state()?.busy === 2);
    const more = Array.from({ length: 30 }, () => bench.invoke(flooding, { release }));
    const settled = Promise.allSettled(more);
    assert.equal(state()?.queued, 16, "18 of 20, two of which run");
    const others = bench.invoke(quiet);
    writeFileSync(release, "");
    assert.equal((await others).failed, false);
    await Promise.all(first);
    const refused = (await settled).filter(({ status }) => status === "rejected");
    assert.equal(refused.length, 14);
    for (const one of refused)
      assert.equal(
        (one as PromiseRejectedResult).reason.reason,
        "ConcurrentInvocationLimitExceeded",
      );
  });
});

describe("instances that are starting", () => {
  it("are given to functions in turn", async () => {
    await using bench = await openBench({ limits: { instances: 20, starting: 1 } });
    const flooding = await bench.deploy(WORKER, { timeoutSeconds: 60, functionArn: arn("noisy") });
    const quiet = await bench.deploy(WORKER, { timeoutSeconds: 60, functionArn: arn("quiet") });
    const release = join(bench.directory, "release");
    const flood = Array.from({ length: 15 }, () => bench.invoke(flooding, { release }));
    const size = () => {
      const { deployments } = bench.executor.snapshot();
      const found = deployments.find((d) => d.deploymentId === flooding.id);
      return found ? found.busy + found.starting : 0;
    };
    const answer = await bench.executor.invoke(quiet, invocation());
    assert.equal(told(answer).failed, false);
    assert.ok(size() < 15, `${size()} of the flood were started first`);
    writeFileSync(release, "");
    await Promise.all(flood);
  });
});

const arn = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
