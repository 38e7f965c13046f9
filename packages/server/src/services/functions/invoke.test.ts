import assert from "node:assert/strict";
import { test } from "node:test";
import { functionArn } from "../../domain/function-name.ts";
import { ExecutorError } from "../../ports/executor.ts";
import { invocationOf, SCOPE, testFunctions } from "./fixture.ts";

const arn = functionArn(SCOPE, "f");

test("a warm invocation finds its function without reading a record", async () => {
  const { functions, deploy, engine, executor } = testFunctions();
  await deploy("f");
  await functions.resolve(SCOPE, "f");
  await engine.close();
  const runnable = functions.peek(SCOPE, "f", undefined);
  assert.ok(runnable);
  await functions.invoke(runnable, invocationOf(arn));
  assert.equal(executor.invocations[0]?.deployment.functionName, "f");
});

test("a function that was created or changed is expected to be invoked", async () => {
  const { functions, deploy, executor } = testFunctions();
  await deploy("f");
  await functions.resolve(SCOPE, "f");
  await functions.updateSettings(SCOPE, "f", { handler: "other.handler" });
  const { deployment } = await functions.resolve(SCOPE, "f");
  assert.deepEqual(
    new Set(executor.expected.map(({ handler }) => handler)),
    new Set(["index.handler", "other.handler"]),
  );
  assert.equal(executor.expected.at(-1)?.id, deployment.id);
});

test("whoever changed a function invokes what it is now, and the old instances end", async () => {
  const { functions, deploy, executor } = testFunctions();
  await deploy("f");
  const before = await functions.resolve(SCOPE, "f");
  await functions.updateSettings(SCOPE, "f", { handler: "other.handler" });
  const after = await functions.resolve(SCOPE, "f");
  assert.equal(after.deployment.handler, "other.handler");
  assert.deepEqual(executor.retired, [before.deployment.id]);
});

test("a function that is deleted is gone for those who know it, and its instances end", async () => {
  const { functions, deploy, executor } = testFunctions();
  await deploy("f");
  const { deployment } = await functions.resolve(SCOPE, "f");
  await functions.delete(SCOPE, "f");
  assert.equal(functions.peek(SCOPE, "f", undefined), undefined);
  await assert.rejects(functions.resolve(SCOPE, "f"), {
    code: "FunctionNotFound",
    message: `Function not found: ${arn}:$LATEST`,
  });
  assert.deepEqual(executor.retired, [deployment.id]);
});

test("a function that was just created is invoked without waiting for it to become Active", async () => {
  const { functions } = testFunctions();
  await functions.create(SCOPE, {
    functionName: "f",
    code: { zip: Buffer.from("code") },
    settings: { role: "arn:aws:iam::000000000000:role/r", runtime: "nodejs22.x", handler: "i.h" },
  });
  await functions.resolve(SCOPE, "f");
  assert.equal((await functions.get(SCOPE, "f")).version.state, "Active");
});

test("a runtime that this machine lacks is accepted, and said at the invocation", async () => {
  const { functions, deploy } = testFunctions();
  await deploy("f", { runtime: "python3.13" });
  await assert.rejects(functions.resolve(SCOPE, "f"), {
    code: "RuntimeUnavailable",
    message:
      "This machine cannot run python3.13. It runs: nodejs22.x, nodejs24.x. It lacks python3: apt-get install python3. See yunque doctor.",
  });
});

test("names, ARNs and qualifiers lead to their version under the ARN that the caller used", async () => {
  const { functions, deploy } = testFunctions({ random: () => 0.1 });
  await deploy("f");
  await functions.versions.publish(SCOPE, "f", {});
  await functions.updateSettings(SCOPE, "f", { description: "two" });
  await functions.versions.publish(SCOPE, "f", {});
  await functions.aliases.create(SCOPE, "f", "live", { version: "1" });
  await functions.aliases.create(SCOPE, "f", "share", { version: "1", weights: [["2", 0.2]] });
  const found = async (name: string, qualifier?: string) => {
    const { deployment, invokedArn } = await functions.resolve(SCOPE, name, qualifier);
    return [deployment.version, invokedArn];
  };
  assert.deepEqual(await found("f"), ["$LATEST", arn]);
  assert.deepEqual(await found(arn, "$LATEST"), ["$LATEST", `${arn}:$LATEST`]);
  assert.deepEqual(await found("000000000000:function:f:2"), ["2", `${arn}:2`]);
  assert.deepEqual(await found("f", "live"), ["1", `${arn}:live`]);
  assert.deepEqual(await found(`${arn}:share`), ["2", `${arn}:share`]);
  await assert.rejects(found("f:1", "2"), { message: /^The derived qualifier/ });
  await assert.rejects(found(arn.replace("us-east-1", "eu-west-1")), {
    message: "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
  });
  await assert.rejects(found("f", "nobody"), { message: `Function not found: ${arn}:nobody` });
});

test("a weighted alias shares by chance", async () => {
  let chance = 0;
  const { functions, deploy } = testFunctions({ random: () => chance });
  await deploy("f");
  await functions.versions.publish(SCOPE, "f", {});
  await functions.updateSettings(SCOPE, "f", { description: "two" });
  await functions.versions.publish(SCOPE, "f", {});
  await functions.aliases.create(SCOPE, "f", "share", { version: "1", weights: [["2", 0.25]] });
  await functions.resolve(SCOPE, "f", "share");
  for (const [random, version] of [
    [0, "2"],
    [0.249, "2"],
    [0.25, "1"],
    [0.99, "1"],
  ] as const) {
    chance = random;
    assert.equal(functions.peek(SCOPE, "f", "share")?.deployment.version, version);
  }
});

test("the executor knows of a reservation, and of its end, before the caller hears of it", async () => {
  const { functions, deploy, executor } = testFunctions();
  await deploy("f");
  await functions.options.reserve(SCOPE, "f", 7);
  assert.equal(executor.limits.get(arn)?.reserved, 7);
  assert.equal(executor.unreserved.get(SCOPE.region), 993);
  assert.equal((await functions.resolve(SCOPE, "f")).reservedConcurrency, 7);
  await functions.options.reserve(SCOPE, "f", undefined);
  assert.equal(executor.limits.get(arn)?.reserved, undefined);
  assert.equal(executor.unreserved.get(SCOPE.region), 1_000);
});

test("what a function had reserved is the account's again once it is deleted", async () => {
  const { functions, deploy, executor } = testFunctions();
  await deploy("f");
  await functions.options.reserve(SCOPE, "f", 7);
  await functions.delete(SCOPE, "f");
  while (executor.unreserved.get(SCOPE.region) !== 1_000)
    await new Promise((resolve) => setImmediate(resolve));
  assert.equal(executor.limits.get(arn)?.reserved, undefined);
});

test("what the executor cannot do is told in the words of the service", async () => {
  const { functions, deploy, executor } = testFunctions();
  await deploy("f");
  const runnable = await functions.resolve(SCOPE, "f");
  for (const [fault, code] of [
    ["throttled", "FunctionThrottled"],
    ["closing", "FunctionsClosing"],
    ["internal", "InvocationFailed"],
  ] as const) {
    executor.handler = async () => {
      throw new ExecutorError(fault, "no");
    };
    await assert.rejects(functions.invoke(runnable, invocationOf(arn)), { code });
    await assert.rejects(functions.stream(runnable, invocationOf(arn)), { code });
  }
});

test("asking for functions that do not exist leaves nothing behind", async () => {
  const { functions, deploy, engine } = testFunctions();
  const { watch } = engine.records;
  const watched = new Set<string>();
  engine.records.watch = (space, listener) => {
    watched.add(space);
    const end = watch.call(engine.records, space, listener);
    return () => {
      watched.delete(space);
      end();
    };
  };
  await deploy("f");
  for (let n = 0; n < 10; n++)
    await assert.rejects(functions.resolve({ ...SCOPE, region: `somewhere-${n}` }, "f"));
  await Promise.allSettled(["none", "f"].map((name) => functions.resolve(SCOPE, name)));
  assert.deepEqual([...watched], [`${SCOPE.account}/${SCOPE.region}/functions`]);
});
