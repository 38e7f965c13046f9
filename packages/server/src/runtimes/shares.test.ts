import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment } from "../domain/deployment.ts";
import { type Bench, openBench, until } from "./runtimes.fixture.ts";

const CODE = `exports.handler = async ({ ms = 0 }) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return process.pid;
};`;
const on = (name: string, vcpus = 1): Partial<Deployment> => ({
  functionName: name,
  functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
  sharing: { provider: "provider", most: 2, vcpus },
});
const limit = (bench: Bench, { functionArn }: Deployment, vcpus: number): void =>
  bench.executor.limit(functionArn, {
    ...{ reserved: undefined, provisioned: [], kept: [] },
    providers: [["provider", vcpus]],
  });
const sizeOf = (bench: Bench, name: string): number => {
  const found = bench.executor.snapshot().deployments.filter((one) => one.functionName === name);
  return found.reduce((sum, { busy, idle, starting }) => sum + busy + idle + starting, 0);
};
const several = (bench: Bench, deployment: Deployment, count: number, ms: number) =>
  Promise.all(Array.from({ length: count }, () => bench.invoke(deployment, { ms })));

test("instances of all functions on a provider have no more processors than it", async () => {
  await using bench = await openBench();
  const deployment = await bench.deploy(CODE, on("one"));
  limit(bench, deployment, 2);
  const told = await several(bench, deployment, 12, 50);
  assert.ok(new Set(told.map(({ value }) => value)).size <= 2);
});

test("where it has none left, as many idle instances of the others end as are needed", async () => {
  await using bench = await openBench();
  const [one, other] = [await bench.deploy(CODE, on("one")), await bench.deploy(CODE, on("other"))];
  limit(bench, one, 4);
  await several(bench, one, 8, 200);
  await until(() => sizeOf(bench, "one") === 4);
  await several(bench, other, 2, 0);
  assert.equal(sizeOf(bench, "other"), 1);
  assert.equal(sizeOf(bench, "one"), 3);
});

test("one that needs several processors waits until there are as many", async () => {
  await using bench = await openBench();
  const [small, large] = [
    await bench.deploy(CODE, on("small")),
    await bench.deploy(CODE, on("large", 3)),
  ];
  limit(bench, small, 4);
  await several(bench, small, 8, 200);
  assert.equal((await bench.invoke(large)).failed, false);
  assert.equal(sizeOf(bench, "small"), 1);
});

test("a provider that gets more has more at once", async () => {
  await using bench = await openBench();
  const deployment = await bench.deploy(CODE, on("one"));
  limit(bench, deployment, 1);
  const waiting = several(bench, deployment, 6, 300);
  await until(() => sizeOf(bench, "one") === 1);
  limit(bench, deployment, 3);
  await until(() => sizeOf(bench, "one") === 3);
  await waiting;
});
