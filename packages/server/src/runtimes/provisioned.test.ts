import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Deployment } from "../domain/deployment.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import type { FunctionConcurrency } from "../ports/executor.ts";
import { type Bench, invocation, openBench, told, until } from "./runtimes.fixture.ts";

/** Tells of its instance; until the file `release` is there, it waits. */
const WORKER = `
  const { existsSync } = require("node:fs");
  exports.handler = async ({ release, exit }) => {
    if (exit) process.exit(1);
    while (release && !existsSync(release)) await new Promise((resolve) => setTimeout(resolve, 5));
    return { pid: process.pid, type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE };
  };`;
const BROKEN = `
  if (!require("node:fs").existsSync(process.env.CURE)) throw new Error("broken");
  exports.handler = async () => process.env.AWS_LAMBDA_INITIALIZATION_TYPE;`;
interface Told {
  readonly pid: number;
  readonly type: string;
}

const provision = (
  deployment: Deployment,
  instances: number,
  changes: Partial<FunctionConcurrency> = {},
): FunctionConcurrency => ({
  reserved: undefined,
  provisioned: instances === 0 ? [] : [{ qualifier: "live", deployment, instances }],
  kept: [],
  ...changes,
});
const state = ({ executor }: Bench, { functionArn }: Deployment) =>
  executor.provisioned(functionArn, "live");
const ready = (bench: Bench, deployment: Deployment) =>
  until(() => state(bench, deployment)?.ready === true);
const call = async (bench: Bench, deployment: Deployment, event = {}, qualifier?: string) =>
  told(await bench.executor.invoke(deployment, invocation(event), qualifier)).value as Told;
const size = ({ executor }: Bench, id: string): number => {
  const found = executor.snapshot().deployments.find(({ deploymentId }) => deploymentId === id);
  return found ? found.busy + found.idle + found.starting : 0;
};
const alive = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe("provisioned concurrency", () => {
  it("is initialised before anybody calls, and used by who calls its qualifier alone", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(WORKER, { logFormat: "JSON" });
    bench.executor.limit(deployment.functionArn, provision(deployment, 2));
    assert.equal(state(bench, deployment)?.ready, false);
    await ready(bench, deployment);
    assert.deepEqual(state(bench, deployment), {
      ...{ available: 2, inUse: 0, ready: true, failure: undefined },
    });
    assert.equal((await call(bench, deployment, {}, "live")).type, "provisioned-concurrency");
    assert.equal((await call(bench, deployment)).type, "on-demand");
    assert.equal((await call(bench, deployment, {}, "other")).type, "on-demand");
    const starts = bench.lines.filter(({ message }) => message.includes("platform.initStart"));
    const types = starts.map(({ message }) => JSON.parse(message).record.initializationType);
    assert.equal(types.filter((type) => type === "provisioned-concurrency").length, 2);
  });

  it("spills over when all of it is at work", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(WORKER, { timeoutSeconds: 60 });
    bench.executor.limit(deployment.functionArn, provision(deployment, 1));
    await ready(bench, deployment);
    const release = join(bench.directory, "release");
    const first = call(bench, deployment, { release }, "live");
    assert.equal(state(bench, deployment)?.inUse, 1);
    assert.equal((await call(bench, deployment, {}, "live")).type, "on-demand");
    writeFileSync(release, "");
    assert.equal((await first).type, "provisioned-concurrency");
    assert.equal(state(bench, deployment)?.inUse, 0);
  });

  it("says so where the machine has no places for so many, and has what fits", async () => {
    await using bench = await openBench({ limits: { instances: 2 } });
    const deployment = await bench.deploy(WORKER);
    bench.executor.limit(deployment.functionArn, provision(deployment, 3));
    assert.equal(state(bench, deployment)?.failure, "Places.Exhausted");
    await until(() => state(bench, deployment)?.available === 2);
    bench.executor.limit(deployment.functionArn, provision(deployment, 2));
    await ready(bench, deployment);
    assert.equal(state(bench, deployment)?.failure, undefined);
  });

  it("stays when nobody calls, and when others need places", async () => {
    await using bench = await openBench({ limits: { idleMs: 60, instances: 2 } });
    const deployment = await bench.deploy(WORKER);
    bench.executor.limit(deployment.functionArn, provision(deployment, 1));
    await ready(bench, deployment);
    const { pid } = await call(bench, deployment, {}, "live");
    // Instances of others come and go in the one place that is left.
    for (let i = 0; i < 3; i++) {
      const other = await bench.deploy(WORKER, { functionArn: `${deployment.functionArn}-${i}` });
      await call(bench, other);
      await until(() => size(bench, other.id) === 0);
    }
    assert.equal((await call(bench, deployment, {}, "live")).pid, pid);
  });

  it("is whole again after an instance has ended", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(WORKER);
    bench.executor.limit(deployment.functionArn, provision(deployment, 1));
    await ready(bench, deployment);
    const { pid } = await call(bench, deployment, {}, "live");
    await call(bench, deployment, { exit: true }, "live");
    await until(() => !alive(pid));
    await ready(bench, deployment);
    const next = await call(bench, deployment, {}, "live");
    assert.notEqual(next.pid, pid);
    assert.equal(next.type, "provisioned-concurrency");
  });

  it("of an alias that moves stays until that of the next version is initialised", async () => {
    await using bench = await openBench();
    const one = await bench.deploy(WORKER, { version: "1" });
    const gate = join(bench.directory, "gate");
    const two = await bench.deploy(
      `while (!require("node:fs").existsSync(${JSON.stringify(gate)}));
       ${WORKER}`,
      { version: "2" },
    );
    bench.executor.limit(one.functionArn, provision(one, 1));
    await ready(bench, one);
    const { pid } = await call(bench, one, {}, "live");
    bench.executor.limit(one.functionArn, provision(two, 1));
    // AWS, recorded: IN_PROGRESS with one allocated and one available, those of the old version.
    const moving = state(bench, one);
    assert.deepEqual([moving?.available, moving?.ready], [1, false]);
    assert.ok(alive(pid));
    writeFileSync(gate, "");
    await ready(bench, one);
    await until(() => !alive(pid));
    assert.equal((await call(bench, two, {}, "live")).type, "provisioned-concurrency");
  });

  it("is less, or none, as it is told", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(WORKER);
    bench.executor.limit(deployment.functionArn, provision(deployment, 3));
    await ready(bench, deployment);
    bench.executor.limit(deployment.functionArn, provision(deployment, 1));
    await until(() => size(bench, `${deployment.id}:live`) === 1);
    assert.equal(state(bench, deployment)?.available, 1);
    bench.executor.limit(deployment.functionArn, provision(deployment, 0));
    await until(() => bench.executor.snapshot().deployments.every((d) => d.idle + d.busy === 0));
    assert.equal(state(bench, deployment), undefined);
    assert.equal((await call(bench, deployment, {}, "live")).type, "on-demand");
  });

  it("says why it cannot be had, and is tried again", async () => {
    const clock = new HurriedClock();
    await using bench = await openBench({ clock });
    const CURE = join(bench.directory, "cure");
    const deployment = await bench.deploy(BROKEN, { environment: { CURE } });
    bench.executor.limit(deployment.functionArn, provision(deployment, 1));
    await until(() => state(bench, deployment)?.failure !== undefined);
    assert.equal(state(bench, deployment)?.available, 0);
    writeFileSync(CURE, "");
    clock.hurry();
    await ready(bench, deployment);
    assert.equal(state(bench, deployment)?.failure, undefined);
  });

  it("and reservations hold together", async () => {
    await using bench = await openBench();
    const deployment = await bench.deploy(WORKER, { timeoutSeconds: 60 });
    bench.executor.limit(deployment.functionArn, provision(deployment, 1, { reserved: 1 }));
    await ready(bench, deployment);
    const refusal = {
      fault: "throttled",
      reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
    };
    await assert.rejects(call(bench, deployment), refusal);
    const release = join(bench.directory, "release");
    const first = call(bench, deployment, { release }, "live");
    await assert.rejects(call(bench, deployment, {}, "live"), refusal);
    writeFileSync(release, "");
    await first;
  });
});

describe("kept instances", () => {
  it("are there before anybody calls, and outlive their idle time", async () => {
    await using bench = await openBench({ limits: { idleMs: 60 } });
    const deployment = await bench.deploy(WORKER);
    const kept = { kept: [{ deployment, instances: 2 }] };
    bench.executor.limit(deployment.functionArn, provision(deployment, 0, kept));
    const counts = () =>
      bench.executor.snapshot().deployments.find((d) => d.deploymentId === deployment.id);
    await until(() => counts()?.idle === 2);
    const release = join(bench.directory, "release");
    const calls = [1, 2, 3].map(() => call(bench, deployment, { release }));
    await until(() => counts()?.busy === 3);
    writeFileSync(release, "");
    const pids = new Set((await Promise.all(calls)).map(({ pid }) => pid));
    assert.equal(pids.size, 3);
    // What is more than is kept goes after its idle time.
    await until(() => size(bench, deployment.id) === 2);
    assert.ok(pids.has((await call(bench, deployment)).pid));
    bench.executor.limit(deployment.functionArn, provision(deployment, 0));
    await until(() => size(bench, deployment.id) === 0);
  });
});

/** The machine's clock; what was to come in a second or more can be called at once. */
class HurriedClock implements Clock {
  readonly #waiting = new Set<() => void>();
  now = systemClock.now;
  monotonic = systemClock.monotonic;

  after(ms: number, callback: () => void): () => void {
    if (ms !== 1_000) return systemClock.after(ms, callback);
    this.#waiting.add(callback);
    return () => void this.#waiting.delete(callback);
  }

  hurry(): void {
    for (const callback of [...this.#waiting]) {
      this.#waiting.delete(callback);
      callback();
    }
  }
}
