/** Several invocations at once behind Lambda's APIs: custom runtimes, and a language's own program with extensions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment } from "../../../domain/deployment.ts";
import { type Bench, openBench, until } from "../../runtimes.fixture.ts";
import { program } from "./custom.fixture.ts";

const sharing = (most: number): Partial<Deployment> => ({
  runtime: "provided.al2023",
  logFormat: "JSON",
  sharing: { provider: "provider", most, vcpus: 1 },
});

/** As many loops as the environment says; `handle(event, got)` is in `lines`. */
const workers = (lines: string): string =>
  program(`
    const handle = async (event, got) => {\n${lines}\n};
    const loop = async () => {
      for (;;) {
        const got = await next();
        await respond(got.id, await handle(got.json, got));
      }
    };
    for (let i = 0; i < Number(process.env.AWS_LAMBDA_MAX_CONCURRENCY); i++) loop();
  `);

const many = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const invokeAll = (bench: Bench, deployment: Deployment, events: readonly object[]) =>
  Promise.all(events.map((event) => bench.invoke(deployment, event)));

const GATED = `
  globalThis.waiting ??= [];
  console.log(JSON.stringify({ requestId: got.id, message: "begin " + event.n }));
  if (event.open) for (const go of globalThis.waiting.splice(0).reverse()) go();
  else if (event.wait) await new Promise((resolve) => globalThis.waiting.push(resolve));
  return { n: event.n, pid: process.pid };
`;

test("a custom runtime gets as many invocations at once as it asks for, and answers in any order", async () => {
  await using bench = await openBench();
  const deployment = await bench.deploy({ bootstrap: workers(GATED) }, sharing(6));
  const events = [...many(5).map((n) => ({ n, wait: true })), { n: 5, open: true }];
  const told = await invokeAll(bench, deployment, events);
  const values = told.map(({ value }) => value as { n: number; pid: number });
  assert.deepEqual(
    values.map(({ n }) => n),
    many(6),
  );
  assert.equal(new Set(values.map(({ pid }) => pid)).size, 1);
  for (const [n, { log }] of told.entries()) {
    assert.ok(log.includes(`begin ${n}`));
    assert.ok(!log.includes(`begin ${(n + 1) % 6}`));
    assert.match(log, /platform.report/);
  }
});

test("what no worker of the runtime has fetched goes elsewhere when it ends", async () => {
  await using bench = await openBench();
  // One loop, although there may be two.
  const lines = `
    const got = await next();
    if (got.json.end) { await new Promise((go) => setTimeout(go, 150)); process.exit(3); }
    await respond(got.id, got.json.n);
    for (;;) { const more = await next(); await respond(more.id, more.json.n); }
  `;
  const deployment = await bench.deploy({ bootstrap: program(lines) }, sharing(2));
  const [ends, goes] = await invokeAll(bench, deployment, [{ end: true }, { n: 1 }]);
  assert.match(JSON.stringify(ends?.value), /Runtime.ExitError.*exit status 3/);
  assert.equal(goes?.value, 1);
});

test("a custom runtime that ends fails all that run", async () => {
  await using bench = await openBench();
  const lines = `
    if (event.end) process.exit(7);
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  `;
  const deployment = await bench.deploy({ bootstrap: workers(lines) }, sharing(3));
  const told = await invokeAll(bench, deployment, [{}, {}, { end: true }]);
  for (const { value } of told)
    assert.match(JSON.stringify(value), /Runtime.ExitError.*exit status 7/);
});

test("a custom runtime's late invocation is told so, and the others go on", async () => {
  await using bench = await openBench();
  const lines = `
    await new Promise((resolve) => setTimeout(resolve, event.ms ?? 0));
    return process.pid;
  `;
  const changes = { ...sharing(3), timeoutSeconds: 1 };
  const deployment = await bench.deploy({ bootstrap: workers(lines) }, changes);
  const first = await bench.invoke(deployment);
  const [late, well] = await invokeAll(bench, deployment, [{ ms: 1_400 }, { ms: 500 }]);
  assert.match(JSON.stringify(late?.value), /Task timed out after 1.00 seconds/);
  assert.equal(well?.value, first.value);
  assert.equal((await bench.invoke(deployment, { ms: 600 })).value, first.value);
});

test("an answer for what does not run, or a second one, is refused", async () => {
  await using bench = await openBench();
  const lines = `
    const got = await next();
    const wrong = await respond("b5a0d5d6-0000-4000-8000-000000000000", 1);
    const [first, second] = await Promise.all([respond(got.id, 1), respond(got.id, 2)]);
    const again = await next();
    await respond(again.id, [wrong, first, second].map(({ status }) => status));
    await next();
  `;
  const deployment = await bench.deploy({ bootstrap: program(lines) }, sharing(2));
  await bench.invoke(deployment);
  const [wrong, first, second] = (await bench.invoke(deployment)).value as number[];
  assert.deepEqual([wrong, first], [400, 202]);
  assert.ok(second === 403 || second === 400);
});

const EXTENSION = program(`
  await register("watcher", ["INVOKE", "SHUTDOWN"]);
  const got = await event();
  console.log("told of " + got.json.eventType);
`);

test("Node.js with an extension runs several at once; the extension hears of the end alone", async () => {
  await using bench = await openBench();
  const layer = await bench.store({ "extensions/watcher": EXTENSION });
  const code = `
    let running = 0, most = 0;
    exports.handler = async (event, context) => {
      most = Math.max(most, ++running);
      console.log("mine " + event.n);
      await new Promise((resolve) => setTimeout(resolve, 100));
      running--;
      return { most, pid: process.pid };
    };
  `;
  const deployment = await bench.deploy(code, {
    ...sharing(4),
    runtime: "nodejs22.x",
    layers: [layer],
  });
  const told = await invokeAll(
    bench,
    deployment,
    many(4).map((n) => ({ n })),
  );
  const values = told.map(({ value }) => value as { most: number; pid: number });
  assert.equal(new Set(values.map(({ pid }) => pid)).size, 1);
  assert.equal(Math.max(...values.map(({ most }) => most)), 4);
  for (const [n, { log }] of told.entries()) {
    assert.ok(log.includes(`mine ${n}`));
    assert.ok(!log.includes(`mine ${(n + 1) % 4}`));
  }
  bench.executor.retire(deployment.id);
  await until(() => bench.lines.some(({ message }) => message.includes("told of")));
  assert.ok(bench.lines.some(({ message }) => message.includes("told of SHUTDOWN")));
});

test("an extension that crashes fails all that run", async () => {
  await using bench = await openBench();
  const crashing = program(`
    await register("watcher", ["SHUTDOWN"]);
    void event();
    setTimeout(() => process.exit(9), 1_000);
  `);
  const layer = await bench.store({ "extensions/watcher": crashing });
  const lines = "await new Promise((resolve) => setTimeout(resolve, 60_000));";
  const deployment = await bench.deploy(
    { bootstrap: workers(lines) },
    { ...sharing(3), layers: [layer] },
  );
  const told = await invokeAll(bench, deployment, [{}, {}]);
  for (const { value } of told) assert.match(JSON.stringify(value), /Extension.Crash/);
});

test("what a stuck runtime has not fetched goes elsewhere, and it gets no more than it can", async () => {
  await using bench = await openBench();
  // One loop, although there may be five at once.
  const lines = `
    for (;;) {
      const got = await next();
      while (got.json.hang);
      await respond(got.id, { n: got.json.n, log: process.env.AWS_LAMBDA_LOG_STREAM_NAME });
    }
  `;
  const changes = { ...sharing(5), timeoutSeconds: 1 };
  const deployment = await bench.deploy({ bootstrap: program(lines) }, changes);
  await bench.invoke(deployment, { n: 0 });
  const hanging = bench.invoke(deployment, { hang: true });
  await until(() => bench.executor.snapshot().deployments[0]?.busy === 1);
  await new Promise((resolve) => setTimeout(resolve, 600));
  const behind = await invokeAll(
    bench,
    deployment,
    many(2).map((n) => ({ n })),
  );
  assert.deepEqual(
    behind.map(({ value }) => (value as { n: number }).n),
    many(2),
  );
  assert.equal((await hanging).failed, true);
});

test("whoever subscribed to telemetry is told of each invocation", async () => {
  await using bench = await openBench();
  const teller = program(`
    await register("teller", ["SHUTDOWN"]);
    const seen = http.createServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => { text += chunk; });
      request.on("end", () => {
        response.end();
        for (const { type, record } of JSON.parse(text))
          if (record.requestId) console.log("told " + type + " of " + record.requestId.replaceAll("-", "+"));
      });
    });
    await new Promise((go) => seen.listen(0, "127.0.0.1", go));
    await subscribe({
      schemaVersion: "2022-12-13", types: ["platform"],
      buffering: { maxItems: 1000, maxBytes: 262144, timeoutMs: 25 },
      destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:" + seen.address().port },
    });
    await event();
    process.exit(0);
  `);
  const layers = [await bench.store({ "extensions/teller": teller })];
  const deployment = await bench.deploy({ bootstrap: workers(GATED) }, { ...sharing(4), layers });
  const events = [...many(3).map((n) => ({ n, wait: true })), { n: 3, open: true }];
  const told = await invokeAll(bench, deployment, events);
  const heard = () => bench.lines.map(({ message }) => message);
  for (const { result } of told) {
    const id = result.requestId.replaceAll("-", "+");
    for (const type of ["platform.start", "platform.runtimeDone", "platform.report"])
      await until(() => heard().includes(`told ${type} of ${id}`));
  }
});
