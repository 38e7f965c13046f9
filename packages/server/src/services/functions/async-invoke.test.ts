import assert from "node:assert/strict";
import { test } from "node:test";
import { functionArn } from "../../domain/function-name.ts";
import { ExecutorError } from "../../ports/executor.ts";
import type { EventInvokeChange } from "./event-invoke.ts";
import { idle, SCOPE, type TestFunctions, testFunctions } from "./fixture.ts";

const QUEUE = `${SCOPE.account}/${SCOPE.region}/async-events/f`;
const RECORDS = "arn:aws:sqs:us-east-1:000000000000:records";
const MINUTE = 60_000;

const seen = ({ executor }: TestFunctions) =>
  executor.invocations.map(({ invocation }) => invocation.requestId);

const fails = async () => ({ functionError: "Unhandled" as const, payload: Buffer.from(ERROR) });
const ERROR = '{"errorType":"Error","errorMessage":"no"}';

async function configured(
  change: Partial<EventInvokeChange>,
  settings: Parameters<TestFunctions["deploy"]>[1] = {},
) {
  const all = testFunctions();
  await all.deploy("f", settings);
  await all.functions.eventInvoke.put(SCOPE, "f", undefined, {
    maximumRetryAttempts: 2,
    destinations: true,
    ...change,
  });
  return all;
}

/** Moves the clock, and lets what follows happen. */
async function pass(all: TestFunctions, ms: number): Promise<void> {
  all.clock.advance(ms);
  await idle();
}

const left = async ({ engine, clock }: TestFunctions, queue = QUEUE) => {
  const { visible, delayed, leased } = await engine.queues.depth(queue, clock.now());
  return visible + delayed + leased;
};

const records = ({ deliveries }: TestFunctions) =>
  deliveries.map(({ body }) => JSON.parse(Buffer.from(body).toString()));

test("an event is accepted once it is durable, and runs as an asynchronous invocation", async () => {
  const all = testFunctions();
  await all.deploy("f");
  const { enqueue } = all.engine.queues;
  let durable = () => {};
  all.engine.queues.enqueue = async (...added) => {
    await new Promise<void>((resolve) => (durable = resolve));
    return enqueue.apply(all.engine.queues, added);
  };
  let accepted = false;
  const accepting = all.invokeAsync("f").then(() => (accepted = true));
  await idle();
  assert.deepEqual([accepted, seen(all)], [false, []]);
  durable();
  await accepting;
  await idle();
  assert.equal(all.executor.invocations[0]?.invocation.kind, "async");
  assert.equal(await left(all), 0);
});

test("an event that the storage does not take is refused, and does not run", async () => {
  const all = testFunctions();
  await all.deploy("f");
  all.engine.queues.enqueue = async () => {
    throw new Error("full");
  };
  await assert.rejects(all.invokeAsync("f"), /full/);
  await idle();
  assert.deepEqual(seen(all), []);
});

test("a function that fails is tried again after one minute, and after two more, under one request id", async () => {
  const all = testFunctions();
  await all.deploy("f");
  all.executor.handler = fails;
  await all.invokeAsync("f", { requestId: "e" });
  await idle();
  assert.equal(seen(all).length, 1);
  await pass(all, MINUTE - 1);
  assert.equal(seen(all).length, 1);
  await pass(all, 1);
  assert.equal(seen(all).length, 2);
  await pass(all, 2 * MINUTE - 1);
  assert.equal(seen(all).length, 2);
  await pass(all, 1);
  assert.deepEqual(seen(all), ["e", "e", "e"]);
  assert.equal(await left(all), 0);
  assert.deepEqual(all.numbers.get("AsyncEventsDropped"), [1]);
  assert.deepEqual(all.numbers.get("AsyncEventsReceived"), [1]);
  assert.deepEqual(all.numbers.get("AsyncEventAge"), [0, MINUTE, 3 * MINUTE]);
});

test("what the platform refuses is tried again after a second, then after longer, and counts for no retry", async () => {
  const all = await configured({ maximumRetryAttempts: 0, onSuccess: RECORDS });
  all.executor.handler = async () => {
    throw new ExecutorError("throttled", "full", "ConcurrentInvocationLimitExceeded");
  };
  const begun = all.clock.now();
  const times: number[] = [];
  await all.invokeAsync("f");
  for (let at = 0; at < 200_000; at += 500) {
    const before = seen(all).length;
    await idle();
    if (seen(all).length > before || at === 0) times.push(all.clock.now() - begun);
    await pass(all, 500);
    if (seen(all).length > times.length) times.push(all.clock.now() - begun);
  }
  assert.deepEqual(times.slice(0, 7), [0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000]);
  all.executor.handler = async () => ({});
  await pass(all, 5 * MINUTE);
  assert.equal(records(all)[0]?.requestContext.approximateInvokeCount, 1);
});

test("back-off ends with the event's age: throttled for so long it is told of, without a response", async () => {
  const all = await configured(
    { maximumEventAgeSeconds: 60, onFailure: RECORDS },
    { deadLetterTarget: "arn:aws:sqs:us-east-1:000000000000:dead" },
  );
  all.executor.handler = async () => {
    throw new ExecutorError("throttled", "full", "ConcurrentInvocationLimitExceeded");
  };
  await all.invokeAsync("f");
  for (let second = 0; second < 120; second += 1) await pass(all, 1_000);
  const [record] = records(all);
  assert.deepEqual(
    [record.requestContext.condition, record.requestContext.approximateInvokeCount],
    ["EventAgeExceeded", 0],
  );
  assert.equal("responsePayload" in record, false);
  assert.deepEqual(all.deliveries[1]?.deadLetter, {
    RequestID: "r-1",
    ErrorCode: "429",
    ErrorMessage: "Rate Exceeded.",
  });
});

test("an event that would be too old at its next attempt ends at once", async () => {
  const all = await configured({ maximumEventAgeSeconds: 100, onFailure: RECORDS });
  all.executor.handler = fails;
  await all.invokeAsync("f");
  await idle();
  await pass(all, MINUTE);
  const [record] = records(all);
  assert.deepEqual(
    [
      seen(all).length,
      record.requestContext.condition,
      record.requestContext.approximateInvokeCount,
    ],
    [2, "EventAgeExceeded", 2],
  );
});

test("an event that became too old while it waited is not run", async () => {
  const all = await configured({ maximumEventAgeSeconds: 60, onFailure: RECORDS });
  const finish: (() => void)[] = [];
  all.executor.handler = () => new Promise((resolve) => finish.push(() => resolve({})));
  for (let n = 0; n < 101; n += 1) await all.invokeAsync("f", { requestId: `${n}` });
  for (let second = 0; second < 10; second += 1) await pass(all, 1_000);
  await pass(all, MINUTE);
  for (const end of finish) end();
  await idle();
  assert.equal(seen(all).length, 100);
  assert.deepEqual(
    records(all).map(({ requestContext }) => [requestContext.requestId, requestContext.condition]),
    [["100", "EventAgeExceeded"]],
  );
});

test("a destination gets Lambda's record, whatever the payloads are", async () => {
  const all = await configured({ maximumRetryAttempts: 0, onSuccess: RECORDS, onFailure: RECORDS });
  all.executor.handler = async () => ({ payload: Buffer.from("plain text") });
  await all.invokeAsync("f", { requestId: "good", payload: Buffer.from('{ "n": 1e2 }') });
  await idle();
  const arn = `${functionArn(SCOPE, "f")}:$LATEST`;
  const timestamp = new Date(all.clock.now()).toISOString();
  assert.equal(
    Buffer.from(all.deliveries[0]?.body ?? []).toString(),
    `{"version":"1.0","timestamp":"${timestamp}","requestContext":{"requestId":"good","functionArn":"${arn}","condition":"Success","approximateInvokeCount":1},"requestPayload":{ "n": 1e2 },"responseContext":{"statusCode":200,"executedVersion":"$LATEST"},"responsePayload":"plain text"}`,
  );
  all.executor.handler = fails;
  await all.invokeAsync("f", { requestId: "bad" });
  await idle();
  assert.equal(
    Buffer.from(all.deliveries[1]?.body ?? []).toString(),
    `{"version":"1.0","timestamp":"${timestamp}","requestContext":{"requestId":"bad","functionArn":"${arn}","condition":"RetriesExhausted","approximateInvokeCount":1},"requestPayload":{},"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"responsePayload":${ERROR}}`,
  );
  assert.equal(all.deliveries[1]?.destination, RECORDS);
});

test("an alias has destinations of its own", async () => {
  const all = await configured({ onSuccess: RECORDS });
  await all.functions.versions.publish(SCOPE, "f", {});
  await all.functions.aliases.create(SCOPE, "f", "live", { version: "1" });
  await all.invokeAsync("f", { qualifier: "live" });
  await idle();
  assert.deepEqual(all.deliveries, []);
  await all.functions.eventInvoke.put(SCOPE, "f", "live", {
    onSuccess: RECORDS,
    destinations: true,
  });
  await all.invokeAsync("f", { qualifier: "live" });
  await idle();
  const [{ requestContext, responseContext }] = records(all);
  assert.equal(requestContext.functionArn, functionArn(SCOPE, "f", "live"));
  assert.equal(responseContext.executedVersion, "1");
});

test("a dead-letter queue gets the event itself, with three attributes", async () => {
  const deadLetterTarget = "arn:aws:sqs:us-east-1:000000000000:dead";
  const all = await configured({ maximumRetryAttempts: 0 }, { deadLetterTarget });
  const errorMessage = `${"é".repeat(511)}ab€`;
  all.executor.handler = async () => ({
    functionError: "Unhandled",
    payload: Buffer.from(JSON.stringify({ errorMessage })),
  });
  await all.invokeAsync("f", { requestId: "e", payload: Buffer.from('{"a":1}') });
  await idle();
  const [{ destination, body, deadLetter } = assert.fail()] = all.deliveries;
  assert.deepEqual([destination, Buffer.from(body).toString()], [deadLetterTarget, '{"a":1}']);
  assert.deepEqual(deadLetter, {
    RequestID: "e",
    ErrorCode: "200",
    ErrorMessage: `${"é".repeat(511)}ab`,
  });
});

test("what is told of an event outlives a destination that fails, with longer and longer waits", async () => {
  const all = await configured({ onSuccess: RECORDS });
  let attempts = 0;
  all.destinations.deliver = async () => {
    attempts += 1;
    if (attempts < 4) throw new Error("not now");
  };
  await all.invokeAsync("f");
  await idle();
  for (const wait of [1_000, 2_000, 4_000]) {
    const before = attempts;
    await pass(all, wait - 1);
    assert.equal(attempts, before);
    await pass(all, 1);
    assert.equal(attempts, before + 1);
  }
  assert.equal(all.deliveries.length, 1);
  assert.deepEqual(all.numbers.get("DestinationDeliveryFailures"), [3]);
  assert.deepEqual(all.undelivered, []);
});

test("a destination that takes nothing for six hours is given up, and that is told", async () => {
  const all = await configured({ onSuccess: RECORDS });
  all.destinations.deliver = async () => {
    throw new Error("never");
  };
  await all.invokeAsync("f");
  for (let minutes = 0; minutes <= 6 * 60; minutes += 5) await pass(all, 5 * MINUTE);
  assert.deepEqual(all.undelivered, ["never"]);
  assert.equal(await left(all, QUEUE.replace("events", "deliveries")), 0);
});

test("without concurrency an event is not run, but told of", async () => {
  const all = await configured({ onFailure: RECORDS });
  await all.functions.options.reserve(SCOPE, "f", 0);
  await all.invokeAsync("f");
  await idle();
  assert.deepEqual(seen(all), []);
  const [record] = records(all);
  assert.deepEqual(Object.keys(record), [
    "version",
    "timestamp",
    "requestContext",
    "requestPayload",
  ]);
  assert.equal(record.requestContext.condition, "ZeroReservedConcurrency");
  assert.equal(record.requestContext.approximateInvokeCount, 0);
});

test("events of a function that is deleted go with it", async () => {
  const all = testFunctions();
  await all.deploy("f");
  all.executor.handler = fails;
  await all.invokeAsync("f");
  await idle();
  await all.functions.delete(SCOPE, "f");
  assert.equal(await left(all), 0);
  await pass(all, MINUTE);
  assert.equal(seen(all).length, 1);
  assert.deepEqual(all.numbers.get("AsyncEventsDropped"), [1]);
});

test("an event of an alias that is deleted goes, and the others stay", async () => {
  const all = testFunctions();
  await all.deploy("f");
  await all.functions.versions.publish(SCOPE, "f", {});
  await all.functions.aliases.create(SCOPE, "f", "live", { version: "1" });
  all.executor.handler = fails;
  await all.invokeAsync("f", { requestId: "alias", qualifier: "live" });
  await all.invokeAsync("f", { requestId: "latest" });
  await idle();
  await all.functions.aliases.delete(SCOPE, "f", "live");
  await pass(all, MINUTE);
  assert.deepEqual(seen(all), ["alias", "latest", "latest"]);
});

test("events of one function run a few at a time, and no more than its concurrency", async () => {
  const all = testFunctions({ limits: { eventConcurrency: 2 } });
  await all.deploy("f");
  const finish: (() => void)[] = [];
  all.executor.handler = () => new Promise((resolve) => finish.push(() => resolve({})));
  for (const requestId of ["a", "b", "c"]) await all.invokeAsync("f", { requestId });
  await idle();
  assert.deepEqual(seen(all), ["a", "b"]);
  finish[0]?.();
  await idle();
  assert.deepEqual(seen(all), ["a", "b", "c"]);
  await all.functions.options.reserve(SCOPE, "f", 1);
  for (const end of finish) end();
  await idle();
  for (const requestId of ["d", "e"]) await all.invokeAsync("f", { requestId });
  await idle();
  assert.deepEqual(seen(all), ["a", "b", "c", "d"]);
});

test("the backlog of one function does not hold up another", async () => {
  const all = testFunctions({ limits: { concurrency: 200 } });
  await all.deploy("f");
  await all.deploy("g");
  all.executor.handler = ({ functionName }) =>
    functionName === "f" ? new Promise(() => {}) : Promise.resolve({});
  for (let n = 0; n < 500; n += 1) await all.invokeAsync("f");
  for (let second = 0; second < 10; second += 1) await pass(all, 1_000);
  await all.invokeAsync("g", { requestId: "g" });
  await idle();
  assert.equal(seen(all).length, 101);
  assert.equal(seen(all).at(-1), "g");
});

test("a backlog starts with few at once: more as they end, and soon all where they run for long", async () => {
  const all = testFunctions();
  await all.deploy("f");
  const finish: (() => void)[] = [];
  all.executor.handler = () => new Promise((resolve) => finish.push(() => resolve({})));
  for (let n = 0; n < 300; n += 1) await all.invokeAsync("f");
  await idle();
  assert.equal(finish.length, 8);
  for (const end of finish.splice(0)) end();
  await idle();
  assert.equal(finish.length, 16);
  const running: number[] = [];
  for (let second = 0; second < 4; second += 1) {
    await pass(all, 1_000);
    running.push(finish.length);
  }
  assert.deepEqual(running, [32, 64, 100, 100]);
});

test("functions that wait for the same places have them in turn", async () => {
  const all = testFunctions({ limits: { concurrency: 64 } });
  await all.deploy("f");
  await all.deploy("g");
  const finish: (() => void)[] = [];
  all.executor.handler = () => new Promise((resolve) => finish.push(() => resolve({})));
  for (let n = 0; n < 300; n += 1) await all.invokeAsync("f", { requestId: "f" });
  for (let n = 0; n < 100; n += 1) await all.invokeAsync("g", { requestId: "g" });
  for (let round = 0; round < 4; round += 1) {
    for (const end of finish.splice(0)) end();
    await idle();
  }
  const ran = seen(all);
  const of = (name: string) => ran.filter((id) => id === name).length;
  assert.ok(of("g") >= 64, `${of("g")} of g ran beside ${of("f")} of f`);
});

test("events that are on their way are bounded in number and in bytes", async () => {
  const all = testFunctions({ limits: { acceptingEvents: 2, eventBytes: 100 } });
  await all.deploy("f");
  all.engine.queues.enqueue = () => new Promise(() => {});
  const throttled = { code: "FunctionThrottled" };
  void all.invokeAsync("f", { payload: Buffer.alloc(60) });
  await idle();
  await assert.rejects(all.invokeAsync("f", { payload: Buffer.alloc(60) }), throttled);
  void all.invokeAsync("f");
  await idle();
  await assert.rejects(all.invokeAsync("f"), throttled);
});

test("what a crash left is run again under its request id, and counts as an attempt", async () => {
  const all = await configured({ onSuccess: RECORDS, maximumRetryAttempts: 0 });
  all.executor.handler = () => new Promise(() => {});
  await all.invokeAsync("f", { requestId: "e", traceId: "Root=1-2-3;Parent=4;Sampled=1" });
  await idle();
  all.crash();
  all.executor.handler = async () => ({});
  await all.again().start();
  await pass(all, MINUTE - 1); // here the storage outlives the crash, and the lease with it
  assert.deepEqual(seen(all), ["e"]);
  await pass(all, 1);
  assert.deepEqual(seen(all), ["e", "e"]);
  const traces = all.executor.invocations.map(({ invocation }) => invocation.traceId);
  assert.match(traces[0] ?? "", /^Root=1-2-3;Parent=4;Sampled=1;Lineage=1:[0-9a-f]{8}:0$/);
  assert.equal(traces[0], traces[1]);
  assert.equal(records(all)[0]?.requestContext.approximateInvokeCount, 2);
});

test("an event that runs for long stays leased, and runs once", async () => {
  const all = testFunctions();
  await all.deploy("f");
  let finish = () => {};
  all.executor.handler = () => new Promise((resolve) => (finish = () => resolve({})));
  await all.invokeAsync("f");
  const other = all.again();
  await other.start();
  for (let seconds = 0; seconds < 900; seconds += 10) await pass(all, 10_000);
  assert.equal(seen(all).length, 1);
  finish();
  await idle();
  assert.equal(await left(all), 0);
});

test("an end that the storage does not take is kept, and the event does not run again", async () => {
  const all = testFunctions();
  await all.deploy("f");
  const { settle } = all.engine.queues;
  all.engine.queues.settle = async () => {
    throw new Error("full");
  };
  await all.invokeAsync("f");
  for (let seconds = 0; seconds < 120; seconds += 1) await pass(all, 1_000);
  assert.equal(await left(all), 1);
  all.engine.queues.settle = settle;
  await pass(all, 1_000);
  assert.equal(await left(all), 0);
  assert.equal(seen(all).length, 1);
  assert.ok(all.failures.length > 0);
});

test("a stop lets what runs finish, keeps what waits for a retry, and takes nothing new", async () => {
  const all = testFunctions();
  await all.deploy("f");
  all.executor.handler = fails;
  await all.invokeAsync("f", { requestId: "waits a minute" });
  await idle();
  let finish = () => {};
  all.executor.handler = () => new Promise((resolve) => (finish = () => resolve({})));
  await all.invokeAsync("f", { requestId: "runs" });
  await idle();
  const closed = all.functions.close(10_000);
  await assert.rejects(all.invokeAsync("f"), { code: "FunctionsClosing" });
  finish();
  assert.equal(await closed, 0);
  assert.equal(await left(all), 1);
  await all.again().start();
  await idle();
  await pass(all, MINUTE);
  assert.deepEqual(seen(all), ["waits a minute", "runs", "waits a minute"]);
});

test("a stop does not wait for ever, and what it left runs again", async () => {
  const all = testFunctions();
  await all.deploy("f");
  all.executor.handler = () => new Promise(() => {});
  await all.invokeAsync("f");
  await idle();
  const closed = all.functions.close(10_000);
  all.clock.advance(10_000);
  assert.equal(await closed, 1);
  await all.again().start();
  await idle();
  await pass(all, MINUTE);
  assert.equal(seen(all).length, 2);
});

test("the seventeenth invocation of a function in one chain is not run, but told of", async () => {
  const all = await configured({ onFailure: RECORDS });
  all.executor.handler = async (_, { traceId, requestId }) => {
    await all.invokeAsync("f", { requestId: `${Number(requestId) + 1}`, traceId });
    return {};
  };
  await all.invokeAsync("f", { requestId: "1" });
  for (let turn = 0; turn < 20; turn += 1) await idle();
  assert.equal(seen(all).length, 16);
  const [record] = records(all);
  assert.deepEqual(
    [record.requestContext.requestId, record.requestContext.condition],
    ["17", "RecursiveInvocation"],
  );
  assert.deepEqual(all.numbers.get("RecursiveInvocationsDropped"), [1]);
});

test("a function that may call itself is not stopped", async () => {
  const all = testFunctions();
  await all.deploy("f");
  await all.functions.options.setRecursiveLoop(SCOPE, "f", "Allow");
  all.executor.handler = async (_, { traceId, requestId }) => {
    const requestId1 = Number(requestId) + 1;
    if (requestId1 <= 100) await all.invokeAsync("f", { requestId: `${requestId1}`, traceId });
    return {};
  };
  await all.invokeAsync("f", { requestId: "1" });
  for (let turn = 0; turn < 100; turn += 1) await idle();
  assert.equal(seen(all).length, 100);
});

test("a synchronous caller in a loop is told so", async () => {
  const all = testFunctions();
  await all.deploy("f");
  const runnable = await all.functions.resolve(SCOPE, "f");
  let traceId = "Root=1-0-0";
  for (let n = 0; n < 16; n += 1) traceId = all.functions.follow(runnable, traceId);
  assert.throws(() => all.functions.follow(runnable, traceId), { code: "RecursiveInvocation" });
});
