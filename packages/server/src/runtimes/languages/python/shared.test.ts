/** Several invocations at once in one instance of a Python function: a process for each, as in Lambda. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment } from "../../../domain/deployment.ts";
import type { Bench, Told } from "../../runtimes.fixture.ts";
import { program } from "../custom/custom.fixture.ts";
import { lacksPython, openPythonBench } from "./python.fixture.ts";

const skip = lacksPython;
const sharing = (most: number): Partial<Deployment> => ({
  logFormat: "JSON",
  sharing: { provider: "provider", most, vcpus: 1 },
});
const many = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const invokeAll = (bench: Bench, deployment: Deployment, events: readonly object[]) =>
  Promise.all(events.map((event) => bench.invoke(deployment, event)));

const CODE = `
import json, logging, os, signal, sys, time
count = 0
def handler(event, context):
    global count
    count += 1
    logging.getLogger().info("begin %s" % event.get("n"))
    print("plain %s" % event.get("n"), "x" * event.get("more", 0))
    if event.get("exit") is not None:
        sys.exit(event["exit"])
    if event.get("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(event.get("s", 0))
    return {"n": event.get("n"), "pid": os.getpid(), "parent": os.getppid(), "count": count,
            "id": context.aws_request_id, "most": os.environ["AWS_LAMBDA_MAX_CONCURRENCY"]}
`;

interface Answer {
  readonly n: number;
  readonly pid: number;
  readonly parent: number;
  readonly count: number;
  readonly id: string;
  readonly most: string;
}

const answerOf = (told: Told | undefined): Answer => told?.value as Answer;

test("each runs in a process of its own, of one instance", { skip }, async () => {
  await using bench = await openPythonBench();
  const deployment = await bench.deploy(CODE, sharing(4));
  const events = many(4).map((n) => ({ n, s: 0.4, more: 20_000 }));
  const told = await invokeAll(bench, deployment, events);
  const values = told.map(({ value }) => value as Answer);
  assert.deepEqual(
    values.map(({ n }) => n),
    many(4),
  );
  assert.equal(new Set(values.map(({ pid }) => pid)).size, 4);
  assert.equal(new Set(values.map(({ parent }) => parent)).size, 1);
  assert.ok(values.every(({ count, most }) => count === 1 && most === "4"));
  for (const [n, { id }] of values.entries()) {
    const lines = bench.lines.filter(({ requestId }) => requestId === id);
    const texts = lines.map(({ message }) => message);
    assert.equal(texts.length, 4, texts.join("\n").slice(0, 2_000));
    assert.match(texts[0] ?? "", /platform.start/);
    assert.match(texts[1] ?? "", new RegExp(`begin ${n}`));
    assert.equal(texts[2], `plain ${n} ${"x".repeat(20_000)}`);
    assert.match(texts[3] ?? "", /platform.report/);
  }
});

test("twice as many as it has processes run in two instances, and none has more", {
  skip,
}, async () => {
  await using bench = await openPythonBench();
  const deployment = await bench.deploy(CODE, sharing(3));
  const told = await invokeAll(
    bench,
    deployment,
    many(6).map((n) => ({ n, s: 0.5 })),
  );
  const values = told.map(({ value }) => value as Answer);
  assert.ok(new Set(values.map(({ parent }) => parent)).size <= 2);
});

test("a process that ends fails its own invocation, and another takes its place", {
  skip,
}, async () => {
  await using bench = await openPythonBench();
  const deployment = await bench.deploy(CODE, sharing(3));
  const events = [{ n: 0, s: 0.5 }, { exit: 4 }, { kill: true }];
  const [well, exits, killed] = await invokeAll(bench, deployment, events);
  const { parent } = answerOf(well);
  assert.match(JSON.stringify(exits?.value), /Runtime.ExitError.*exit status 4/);
  assert.match(JSON.stringify(killed?.value), /Runtime.ExitError.*signal: killed/);
  assert.equal(exits?.failed, true);
  const again = await invokeAll(
    bench,
    deployment,
    many(3).map((n) => ({ n, s: 0.3 })),
  );
  assert.ok(again.every(({ value }) => (value as Answer).parent === parent));
});

test("who is late is told so; the others, and its own process, go on", { skip }, async () => {
  await using bench = await openPythonBench();
  const deployment = await bench.deploy(CODE, { ...sharing(2), timeoutSeconds: 1 });
  const first = (await bench.invoke(deployment, { n: 0 })).value as Answer;
  const [late, well] = await invokeAll(bench, deployment, [
    { n: 1, s: 1.5 },
    { n: 2, s: 0.3 },
  ]);
  assert.match(JSON.stringify(late?.value), /Task timed out after 1.00 seconds/);
  assert.equal(answerOf(well).parent, first.parent);
  assert.equal(((await bench.invoke(deployment, { n: 3 })).value as Answer).parent, first.parent);
});

test("an init that fails is told in its own words", { skip }, async () => {
  await using bench = await openPythonBench();
  const deployment = await bench.deploy("raise RuntimeError('no init')", sharing(3));
  const { value, failed } = await bench.invoke(deployment);
  assert.equal(failed, true);
  assert.match(JSON.stringify(value), /"errorMessage":"no init","errorType":"RuntimeError"/);
});

test("behind extensions it is the same", { skip }, async () => {
  await using bench = await openPythonBench();
  const extension = program(`
    await register("watcher", ["SHUTDOWN"]);
    console.log("told of " + (await event()).json.eventType);
  `);
  const layers = [await bench.store({ "extensions/watcher": extension })];
  const deployment = await bench.deploy(CODE, { ...sharing(3), layers });
  const told = await invokeAll(
    bench,
    deployment,
    many(3).map((n) => ({ n, s: 0.3 })),
  );
  const values = told.map(({ value }) => value as Answer);
  assert.equal(new Set(values.map(({ parent }) => parent)).size, 1);
  assert.equal(new Set(values.map(({ pid }) => pid)).size, 3);
  for (const [n, { log }] of told.entries()) {
    assert.ok(log.includes(`begin ${n}`));
    assert.ok(!log.includes(`begin ${(n + 1) % 3}`));
  }
});

test("what waits for a process to load the function does not lose its time", { skip }, async () => {
  await using bench = await openPythonBench();
  // Each process takes longer to load than the function may run.
  const slow = `import time\ntime.sleep(1.2)\n${CODE}`;
  const deployment = await bench.deploy(slow, { ...sharing(3), timeoutSeconds: 1 });
  const told = await invokeAll(
    bench,
    deployment,
    many(3).map((n) => ({ n, s: 0.2 })),
  );
  assert.deepEqual(
    told.map(({ value }) => (value as Answer).n),
    many(3),
  );
});
