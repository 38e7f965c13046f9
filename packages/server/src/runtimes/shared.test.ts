/** Instances that run several invocations at once, in Node.js. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Deployment } from "../domain/deployment.ts";
import type { InvocationStream } from "../domain/invocation.ts";
import { type Bench, invocation, openBench, until } from "./runtimes.fixture.ts";

const sharing = (most: number): Partial<Deployment> => ({
  sharing: { provider: "provider", most, vcpus: 1 },
});
const many = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Answers once `gate` more events have come, or with what the event asks for. */
const GATED = `
  let waiting = [];
  let running = 0, most = 0;
  exports.handler = async (event, context) => {
    running++;
    most = Math.max(most, running);
    console.log("begin " + event.n);
    if (event.open) { for (const go of waiting) go(); waiting = []; }
    else if (event.wait) await new Promise((resolve) => waiting.push(resolve));
    await new Promise((resolve) => setTimeout(resolve, event.ms ?? 0));
    console.log("end " + event.n);
    running--;
    return { n: event.n, id: context.awsRequestId, most, pid: process.pid, trace: context.xRayTraceId };
  };
`;

interface Answer {
  readonly n: number;
  readonly id: string;
  readonly most: number;
  readonly pid: number;
  readonly trace?: string;
}

const answers = async (bench: Bench, deployment: Deployment, events: readonly object[]) =>
  Promise.all(events.map((event) => bench.invoke(deployment, event)));

test("ten run in one process, and fifty in five", async () => {
  await using bench = await openBench();
  const deployment = await bench.deploy(GATED, sharing(10));
  const told = await answers(
    bench,
    deployment,
    many(50).map((n) => ({ n, ms: 100 })),
  );
  const values = told.map(({ value }) => value as Answer);
  assert.deepEqual(
    values.map(({ n }) => n),
    many(50),
  );
  assert.ok(values.every(({ most }) => most <= 10));
  assert.ok(Math.max(...values.map(({ most }) => most)) > 1);
  assert.ok(new Set(values.map(({ pid }) => pid)).size <= 5);
});

test("each invocation has its own log, its own id and its own trace", async () => {
  await using bench = await openBench();
  const deployment = await bench.deploy(GATED, { ...sharing(8), logFormat: "JSON" });
  const events = [...many(7).map((n) => ({ n, wait: true })), { n: 7, open: true }];
  const told = await answers(bench, deployment, events);
  assert.equal(new Set(told.map(({ value }) => (value as Answer).pid)).size, 1);
  for (const [n, { value, log, result }] of told.entries()) {
    const { id, trace } = value as Answer;
    assert.match(trace ?? "", /^Root=/);
    const lines = bench.lines.filter(({ requestId }) => requestId === id);
    const messages = lines.map(({ message }) => JSON.parse(message));
    assert.deepEqual(
      messages.map(({ type, message }) => type ?? message),
      ["platform.start", `begin ${n}`, `end ${n}`, "platform.report"],
    );
    assert.ok(messages.slice(1, 3).every(({ requestId }) => requestId === id));
    assert.ok(log.includes(`begin ${n}`) && !log.includes(`begin ${(n + 1) % 8}`));
    assert.ok(result.report.durationMs >= 0);
  }
});

test("who takes too long is told so, and the others go on in the same process", async () => {
  await using bench = await openBench();
  const deployment = await bench.deploy(GATED, { ...sharing(4), timeoutSeconds: 1 });
  const first = (await bench.invoke(deployment, { n: 0 })).value as Answer;
  const late = bench.invoke(deployment, { n: 1, ms: 1_500 });
  const beside = bench.invoke(deployment, { n: 2, ms: 600 });
  const told = await late;
  assert.equal(told.failed, true);
  assert.match(JSON.stringify(told.value), /Sandbox.Timedout.*Task timed out after 1.00 seconds/);
  assert.match(told.log, /Status: timeout/);
  assert.equal(((await beside).value as Answer).pid, first.pid);
  // It goes on, as at Lambda, and holds its place until it is over.
  assert.equal(((await bench.invoke(deployment, { n: 3 })).value as Answer).pid, first.pid);
  await until(() => bench.lines.some(({ message }) => message.includes("end 1")));
  assert.equal(((await bench.invoke(deployment, { n: 4 })).value as Answer).pid, first.pid);
});

test("an instance in which everything is overdue ends, and another takes its place", async () => {
  await using bench = await openBench();
  const deployment = await bench.deploy(GATED, { ...sharing(2), timeoutSeconds: 1 });
  const hanging = [
    { n: 0, ms: 60_000 },
    { n: 1, ms: 60_000 },
  ];
  const told = await answers(bench, deployment, hanging);
  assert.ok(told.every(({ failed }) => failed));
  assert.equal((await bench.invoke(deployment, { n: 2 })).failed, false);
});

test("an uncaught error is told to whom it belongs; the others of its process end with it", async () => {
  await using bench = await openBench();
  const code = `
    const started = [];
    exports.handler = (event, context) => new Promise((resolve) => {
      started.push(resolve);
      if (event.bad) setTimeout(() => { throw new TypeError("astray"); }, 5);
    });
  `;
  const deployment = await bench.deploy(code, sharing(3));
  const [bad, ...others] = await answers(bench, deployment, [{ bad: true }, {}, {}]);
  assert.match(JSON.stringify(bad?.value), /"errorType":"TypeError","errorMessage":"astray"/);
  assert.match(bad?.log ?? "", /Uncaught Exception/);
  for (const { value, log } of others) {
    assert.match(JSON.stringify(value), /Runtime.ExitError.*exit status 129/);
    assert.ok(!log.includes("astray"));
  }
});

test("a crash fails all that run, and nothing else", async () => {
  await using bench = await openBench();
  const code = `
    exports.handler = async (event) => {
      if (event.crash) process.kill(process.pid, "SIGKILL");
      if (event.stay) await new Promise((resolve) => setTimeout(resolve, 60_000));
      return event.n;
    };
  `;
  const deployment = await bench.deploy(code, sharing(5));
  const stay = answers(bench, deployment, [
    { n: 1, stay: true },
    { n: 2, stay: true },
  ]);
  await until(() => bench.executor.snapshot().deployments[0]?.busy === 1);
  const crash = await bench.invoke(deployment, { crash: true });
  for (const { value } of [crash, ...(await stay)])
    assert.match(JSON.stringify(value), /Runtime.ExitError.*signal: killed/);
  assert.equal((await bench.invoke(deployment, { n: 3 })).value, 3);
});

test("what a handler of the old model answers by its callback does not wait for the others", async () => {
  await using bench = await openBench();
  const code = `
    exports.handler = (event, context, callback) => {
      if (event.stay) setTimeout(() => callback(null, "late"), 400);
      else callback(null, "soon");
    };
  `;
  const deployment = await bench.deploy(code, { ...sharing(5), runtime: "nodejs22.x" });
  const order: unknown[] = [];
  await Promise.all(
    [{ stay: true }, {}].map(async (event) => {
      order.push((await bench.invoke(deployment, event)).value);
    }),
  );
  assert.deepEqual(order, ["soon", "late"]);
});

test("a promise that nothing can settle any more fails what runs, as it does for one at a time", async () => {
  await using bench = await openBench();
  const deployment = await bench.deploy(
    "exports.handler = async (event) => (event.never ? new Promise(() => {}) : 1);",
    sharing(3),
  );
  const [never, well] = await answers(bench, deployment, [{ never: true }, {}]);
  assert.match(JSON.stringify(never?.value), /Runtime.NodeJsExit/);
  assert.equal(well?.value, 1);
});

test("libraries find the request and its trace in the store of the invocation", async () => {
  await using bench = await openBench();
  const code = `
    exports.handler = async (event, context) => {
      const { InvokeStore } = require("@aws/lambda-invoke-store");
      const store = await InvokeStore.getInstanceAsync();
      store.set("n", event.n);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return {
        same: store.getRequestId() === context.awsRequestId,
        n: store.get("n"),
        trace: store.getXRayTraceId(),
        global: process.env._X_AMZN_TRACE_ID ?? null,
        most: process.env.AWS_LAMBDA_MAX_CONCURRENCY,
        type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE,
      };
    };
  `;
  const deployment = await bench.deploy(code, sharing(4));
  const told = await answers(
    bench,
    deployment,
    many(4).map((n) => ({ n })),
  );
  for (const [n, { value }] of told.entries()) {
    const { trace, ...rest } = value as Record<string, unknown>;
    assert.match(String(trace), /^Root=/);
    assert.deepEqual(rest, {
      same: true,
      n,
      global: null,
      most: "4",
      type: "lambda-managed-instances",
    });
  }
});

test("streams run side by side, and one that nobody reads does not hold up the others", async () => {
  await using bench = await openBench();
  const code = `
    exports.handler = awslambda.streamifyResponse(async ({ size }, stream, context) => {
      const piece = Buffer.alloc(64 * 1024, context.awsRequestId[0]);
      for (let sent = 0; sent < size; sent += piece.length)
        if (!stream.write(piece)) await new Promise((resolve) => stream.once("drain", resolve));
      stream.end();
    });
  `;
  const deployment = await bench.deploy(code, sharing(4));
  const size = 4 * 1024 * 1024;
  const open = () => bench.executor.stream(deployment, invocation({ size }));
  const [unread, ...read] = await Promise.all([open(), open(), open(), open()]);
  const length = async (stream: InvocationStream): Promise<number> => {
    let bytes = 0;
    for await (const chunk of stream.body) bytes += chunk.length;
    return bytes;
  };
  assert.deepEqual(await Promise.all(read.map(length)), [size, size, size]);
  assert.equal(await length(unread as InvocationStream), size);
});

test("an instance that is idle is frozen, and one in which something late still runs is not", async () => {
  await using bench = await openBench({ limits: { freezeMs: 20 } });
  const deployment = await bench.deploy(GATED, { ...sharing(3), timeoutSeconds: 1 });
  const late = await bench.invoke(deployment, { n: 1, ms: 1_300 });
  assert.equal(late.failed, true);
  await until(() => bench.lines.some(({ message }) => message.includes("end 1")));
  const { pid } = (await bench.invoke(deployment, { n: 2 })).value as Answer;
  await until(() => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, "utf8")));
  assert.equal(((await bench.invoke(deployment, { n: 3 })).value as Answer).pid, pid);
});

test("a rejection that nobody handles is told to whom it belongs, and process.exit fails all", async () => {
  await using bench = await openBench();
  const code = `
    exports.handler = (event) => new Promise(() => {
      if (event.reject) setTimeout(() => void Promise.reject(new RangeError("adrift")), 5);
      if (event.exit) setTimeout(() => process.exit(5), 5);
      setTimeout(() => {}, 60_000);
    });
  `;
  const deployment = await bench.deploy(code, sharing(3));
  const [bad, other] = await answers(bench, deployment, [{ reject: true }, {}]);
  assert.match(JSON.stringify(bad?.value), /"errorType":"Runtime.UnhandledPromiseRejection"/);
  assert.match(bad?.log ?? "", /adrift/);
  assert.match(JSON.stringify(other?.value), /Runtime.ExitError.*exit status 128/);
  for (const { value } of await answers(bench, deployment, [{ exit: true }, {}, {}]))
    assert.match(JSON.stringify(value), /Runtime.ExitError.*exit status 5/);
});

test("an instance that hangs gets nothing more, and ends when nobody waits for it any more", async () => {
  await using bench = await openBench();
  const code = `
    exports.handler = async ({ hang }) => {
      while (hang);
      return process.pid;
    };
  `;
  const deployment = await bench.deploy(code, { ...sharing(10), timeoutSeconds: 1 });
  const first = (await bench.invoke(deployment)).value as number;
  const hanging = await bench.invoke(deployment, { hang: true });
  assert.match(JSON.stringify(hanging.value), /Task timed out after 1.00 seconds/);
  const told = await answers(
    bench,
    deployment,
    many(5).map((n) => ({ n })),
  );
  assert.ok(told.every(({ value }) => typeof value === "number" && value !== first));
  await until(() => bench.executor.snapshot().deployments[0]?.idle === 1);
});

test("who takes more memory than the function has ends all that run", async () => {
  await using bench = await openBench();
  const code = `
    const kept = [];
    exports.handler = async ({ eat }) => {
      while (eat) {
        kept.push(Buffer.alloc(8 * 1024 * 1024, 1));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    };
  `;
  const deployment = await bench.deploy(code, { ...sharing(3), memoryMB: 160 });
  for (const { value } of await answers(bench, deployment, [{}, { eat: true }]))
    assert.match(JSON.stringify(value), /Runtime.OutOfMemory/);
});
