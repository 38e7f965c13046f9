import assert from "node:assert/strict";
import { test } from "node:test";
import { functionArn } from "../../domain/function-name.ts";
import { ExecutorError } from "../../ports/executor.ts";
import { SCOPE, type TestFunctions, testFunctions } from "./fixture.ts";

const event = (requestId: string, size = 2) => ({
  scope: SCOPE,
  functionName: "f",
  qualifier: undefined,
  invocation: {
    requestId,
    payload: new Uint8Array(size),
    invokedFunctionArn: functionArn(SCOPE, "f"),
    traceId: "Root=1-0-0",
  },
});

/** Lets everything that is not waiting for the clock happen. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const seen = ({ executor }: TestFunctions) =>
  executor.invocations.map(({ invocation }) => invocation.requestId);

test("an event is invoked, as an asynchronous one", async () => {
  const all = testFunctions();
  await all.deploy("f");
  all.functions.enqueue(event("e"));
  await idle();
  assert.equal(all.executor.invocations[0]?.invocation.kind, "async");
});

test("a function that fails is tried again after one minute, and after two more", async () => {
  const all = testFunctions();
  await all.deploy("f");
  all.executor.handler = async () => ({ functionError: "Unhandled" });
  all.functions.enqueue(event("e"));
  await idle();
  assert.equal(seen(all).length, 1);
  all.clock.advance(59_999);
  await idle();
  assert.equal(seen(all).length, 1);
  all.clock.advance(1);
  await idle();
  assert.equal(seen(all).length, 2);
  all.clock.advance(120_000);
  await idle();
  assert.equal(seen(all).length, 3);
  all.clock.advance(3_600_000);
  await idle();
  assert.deepEqual(seen(all), ["e", "e", "e"]);
});

test("a function says how often and for how long it is tried", async () => {
  const all = testFunctions();
  await all.deploy("f");
  all.executor.handler = async () => ({ functionError: "Unhandled" });
  const put = (maximumRetryAttempts: number, maximumEventAgeSeconds: number) =>
    all.functions.eventInvoke.put(SCOPE, "f", undefined, {
      maximumRetryAttempts,
      maximumEventAgeSeconds,
      destinations: false,
    });
  await put(0, 21_600);
  all.functions.enqueue(event("never again"));
  await put(2, 100);
  all.functions.enqueue(event("not after 100 seconds"));
  await idle();
  all.clock.advance(60_000);
  await idle();
  all.clock.advance(120_000);
  await idle();
  assert.deepEqual(seen(all), ["never again", "not after 100 seconds", "not after 100 seconds"]);
});

test("what the platform refuses is tried again after a second, then after longer", async () => {
  const all = testFunctions();
  await all.deploy("f");
  all.executor.handler = async () => {
    throw new ExecutorError("throttled", "full");
  };
  all.functions.enqueue(event("e"));
  await idle();
  all.clock.advance(1_000);
  await idle();
  all.clock.advance(1_000);
  await idle();
  assert.equal(seen(all).length, 2);
  all.executor.handler = async () => ({});
  all.clock.advance(1_000);
  await idle();
  assert.equal(seen(all).length, 3);
  assert.equal(all.clock.pending, 0);
});

test("events of one function run a few at a time, in their order", async () => {
  const all = testFunctions({ limits: { eventConcurrency: 2 } });
  await all.deploy("f");
  const finish: (() => void)[] = [];
  all.executor.handler = () => new Promise((resolve) => finish.push(() => resolve({})));
  for (const id of ["a", "b", "c"]) all.functions.enqueue(event(id));
  await idle();
  assert.deepEqual(seen(all), ["a", "b"]);
  finish[0]?.();
  await idle();
  assert.deepEqual(seen(all), ["a", "b", "c"]);
});

test("the queue takes so many events and bytes, and no more", async () => {
  const all = testFunctions({ limits: { queuedEvents: 2, queuedBytes: 10 } });
  await all.deploy("f");
  all.executor.handler = () => new Promise(() => {});
  all.functions.enqueue(event("a", 6));
  assert.throws(() => all.functions.enqueue(event("b", 6)), { code: "FunctionThrottled" });
  all.functions.enqueue(event("c", 1));
  assert.throws(() => all.functions.enqueue(event("d", 1)), { code: "FunctionThrottled" });
});

test("an event of a function that is gone is given up", async () => {
  const all = testFunctions({ limits: { queuedEvents: 1 } });
  all.functions.enqueue(event("a"));
  await idle();
  all.functions.enqueue(event("b"));
  await idle();
  assert.deepEqual(seen(all), []);
});

test("a stop lets what runs finish, gives up what waits for a retry, and takes nothing new", async () => {
  const all = testFunctions();
  await all.deploy("f");
  all.executor.handler = async () => ({ functionError: "Unhandled" });
  all.functions.enqueue(event("waits a minute"));
  await idle();
  let finish = () => {};
  all.executor.handler = () => new Promise((resolve) => (finish = () => resolve({})));
  all.functions.enqueue(event("runs"));
  await idle();
  const closed = all.functions.close(10_000);
  assert.throws(() => all.functions.enqueue(event("late")), { code: "FunctionsClosing" });
  finish();
  assert.equal(await closed, 0);
});

test("a stop does not wait for ever", async () => {
  const all = testFunctions();
  await all.deploy("f");
  all.executor.handler = () => new Promise(() => {});
  all.functions.enqueue(event("hangs"));
  await idle();
  const closed = all.functions.close(10_000);
  all.clock.advance(10_000);
  assert.equal(await closed, 1);
});
