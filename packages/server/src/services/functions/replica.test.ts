import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeExecutor, SCOPE, testFunctions } from "./fixture.ts";
import type { FunctionSnapshot, FunctionsReplica } from "./index.ts";
import { createReplica } from "./replica.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:hello";

/** A service that publishes to a replica, as JSON, as to another process. */
function replicated(options: { readonly random?: () => number } = {}) {
  let replica: FunctionsReplica;
  const published: string[] = [];
  const put = (snapshot: FunctionSnapshot) =>
    replica.put(JSON.parse(JSON.stringify(snapshot)) as FunctionSnapshot);
  const owner = testFunctions({
    publish: async (scope, name, snapshot) => {
      await new Promise(setImmediate);
      published.push(name);
      if (snapshot) put(snapshot);
      else replica.remove(scope, name);
    },
  });
  const { functions } = owner;
  const executor = new FakeExecutor();
  replica = createReplica({
    executor,
    metrics: { count() {}, observe() {} },
    network: { widest: "host", enforced: true },
    async load(scope, name) {
      await functions.load(scope, name);
      functions.snapshots(scope, name).forEach(put);
    },
    async loadUrl(id) {
      const target = await functions.urlTarget(id);
      if (target) functions.snapshots(target.scope, target.url.functionName).forEach(put);
    },
    ...options,
  });
  return { ...owner, replica, executor, published };
}

test("a function in the replica is as its owner has it", async () => {
  const { deploy, functions, replica } = replicated();
  await deploy("hello", { environment: { A: "☃" } });
  const { deployment, ...rest } = await replica.resolve(SCOPE, "hello");
  const owners = await functions.resolve(SCOPE, "hello");
  assert.deepEqual({ deployment, ...rest }, owners);
  assert.equal(deployment.environment["A"], "☃");
  assert.deepEqual(replica.peek(SCOPE, "hello", undefined)?.deployment, deployment);
});

test("a change holds in the replica once its caller hears of it, and a deletion, too", async () => {
  const { deploy, settle, functions, replica } = replicated();
  await deploy("hello");
  await replica.resolve(SCOPE, "hello");
  for (const zip of ["one", "two", "three"]) {
    await functions.updateCode(SCOPE, "hello", { code: { zip: Buffer.from(zip) } });
    const { deployment } = await functions.resolve(SCOPE, "hello");
    assert.deepEqual(replica.peek(SCOPE, "hello", undefined)?.deployment, deployment);
    await settle("hello");
  }
  await functions.delete(SCOPE, "hello");
  assert.equal(replica.peek(SCOPE, "hello", undefined), undefined);
  await assert.rejects(replica.resolve(SCOPE, "hello"), { code: "FunctionNotFound" });
});

test("what the replica was not told it asks for", async () => {
  const { deploy, functions, replica, published } = replicated();
  await deploy("hello");
  replica.remove(SCOPE, "hello");
  const { deployment } = await replica.resolve(SCOPE, "hello");
  assert.deepEqual(deployment, (await functions.resolve(SCOPE, "hello")).deployment);
  assert.ok(replica.peek(SCOPE, "hello", undefined));
  await assert.rejects(replica.resolve(SCOPE, "nobody"), { code: "FunctionNotFound" });
  assert.ok(!published.includes("nobody"));
});

test("aliases share their calls by weight in the replica, too", async () => {
  let drawn = 0.9;
  const { deploy, settle, functions, replica } = replicated({ random: () => drawn });
  await deploy("hello");
  await functions.versions.publish(SCOPE, "hello", {});
  await functions.updateCode(SCOPE, "hello", { code: { zip: Buffer.from("new") } });
  await settle("hello");
  await functions.versions.publish(SCOPE, "hello", {});
  await functions.aliases.create(SCOPE, "hello", "live", {
    version: "1",
    weights: [["2", 0.25]],
  });
  assert.equal(replica.peek(SCOPE, "hello", "live")?.deployment.version, "1");
  drawn = 0.1;
  assert.equal(replica.peek(SCOPE, "hello", "live")?.deployment.version, "2");
});

test("function URLs are found in the replica while they exist", async () => {
  const { deploy, functions, replica } = replicated();
  await deploy("hello");
  const { url } = await functions.urls.create(SCOPE, "hello", undefined, { authType: "NONE" });
  assert.deepEqual((await replica.urlTarget(url.id))?.url, url);
  replica.remove(SCOPE, "hello");
  assert.deepEqual((await replica.urlTarget(url.id))?.url, url);
  await functions.urls.delete(SCOPE, "hello");
  assert.equal(await replica.urlTarget(url.id), undefined);
});

test("the limits of a function are known where it runs once they are answered", async () => {
  const { deploy, functions, replica, executor } = replicated();
  await deploy("hello");
  await replica.resolve(SCOPE, "hello");
  await functions.options.reserve(SCOPE, "hello", 2);
  assert.equal(executor.limits.get(ARN)?.reserved, 2);
  await functions.options.reserve(SCOPE, "hello", undefined);
  assert.equal(executor.limits.get(ARN)?.reserved, undefined);
});
