import assert from "node:assert/strict";
import { test } from "node:test";
import { SCOPE, testFunctions } from "./fixture.ts";

const role = "arn:aws:iam::000000000000:role/r";
const settings = { role, runtime: "nodejs22.x", handler: "index.handler" };
const code = { zip: Buffer.from("code") };

test("a created function is Pending, and Active with another revision a little later", async () => {
  const { functions, settle } = testFunctions();
  const created = await functions.create(SCOPE, { functionName: "f", code, settings });
  assert.equal(created.version.state, "Pending");
  assert.equal(created.version.lastUpdate, undefined);
  await settle("f");
  const found = await functions.get(SCOPE, "f");
  assert.equal(found.version.state, "Active");
  assert.notEqual(found.version.revisionId, created.version.revisionId);
});

test("a name can be had once", async () => {
  const { functions, deploy } = testFunctions();
  await deploy("f");
  await assert.rejects(functions.create(SCOPE, { functionName: "f", code, settings }), {
    code: "FunctionConflict",
    message: "Function already exist: f",
  });
});

test("two creations of one name at the same time leave one function", async () => {
  const { functions } = testFunctions();
  const outcomes = await Promise.allSettled([
    functions.create(SCOPE, { functionName: "f", code, settings }),
    functions.create(SCOPE, { functionName: "f", code, settings }),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("nothing stays behind of a function whose code is refused", async () => {
  const { functions, engine } = testFunctions();
  for (const [zip, message] of [
    ["broken", /Could not unzip uploaded file/],
    ["huge", /Unzipped size must be smaller than 262144000 bytes/],
    ["", /non-empty zip/],
    [`PK\x05\x06${"\0".repeat(18)}`, /non-empty zip/],
  ] as const)
    await assert.rejects(
      functions.create(SCOPE, { functionName: "f", code: { zip: Buffer.from(zip) }, settings }),
      { code: "InvalidFunction", message },
    );
  assert.deepEqual(await engine.records.spaces(""), []);
});

test("code comes from a bucket, and a missing bucket is told in S3's words", async () => {
  const { functions } = testFunctions();
  const object = { bucket: "bucket", key: "k" };
  const made = await functions.create(SCOPE, { functionName: "f", code: { object }, settings });
  assert.equal(made.version.code.size, "object k".length);
  await assert.rejects(
    functions.create(SCOPE, {
      functionName: "g",
      code: { object: { ...object, bucket: "other" } },
      settings,
    }),
    {
      message: /S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist/,
    },
  );
});

test("an update is refused while another one is under way, and with a revision that is not the latest", async () => {
  const { functions, deploy, settle } = testFunctions();
  await deploy("f");
  await assert.rejects(functions.updateSettings(SCOPE, "f", { description: "x" }, "wrong"), {
    code: "RevisionMismatch",
  });
  const { version } = await functions.get(SCOPE, "f");
  const updated = await functions.updateSettings(
    SCOPE,
    "f",
    { description: "x" },
    version.revisionId,
  );
  assert.equal(updated.version.lastUpdate, "InProgress");
  await assert.rejects(functions.updateCode(SCOPE, "f", { code }), {
    code: "FunctionConflict",
    message:
      /An update is in progress for resource: arn:aws:lambda:us-east-1:000000000000:function:f$/,
  });
  await settle("f");
  assert.equal((await functions.get(SCOPE, "f")).version.settings.description, "x");
});

test("what an update does not mention stays", async () => {
  const { functions, deploy, settle } = testFunctions();
  await deploy("f", {
    memoryMB: 256,
    environment: { A: "1" },
    deadLetterTarget: "arn:aws:sqs:::q",
  });
  await functions.updateSettings(SCOPE, "f", { timeoutSeconds: 9 });
  await settle("f");
  const before = (await functions.get(SCOPE, "f")).version.settings;
  assert.deepEqual(
    [before.memoryMB, before.timeoutSeconds, before.environment, before.deadLetterTarget],
    [256, 9, { A: "1" }, "arn:aws:sqs:::q"],
  );
  await functions.updateSettings(SCOPE, "f", { deadLetterTarget: "", environment: {} });
  const after = (await functions.get(SCOPE, "f")).version.settings;
  assert.deepEqual([after.environment, "deadLetterTarget" in after], [{}, false]);
});

test("a dry run checks the code and changes nothing", async () => {
  const { functions, deploy } = testFunctions();
  await deploy("f");
  const before = await functions.get(SCOPE, "f");
  const dry = await functions.updateCode(SCOPE, "f", {
    code: { zip: Buffer.from("new") },
    dryRun: true,
  });
  assert.notEqual(dry.version.code.sha256, before.version.code.sha256);
  assert.deepEqual(await functions.get(SCOPE, "f"), before);
});

test("a function goes with all that hangs on it, and its version numbers are never given again", async () => {
  const { functions, deploy, engine, settle } = testFunctions();
  await deploy("f");
  await functions.versions.publish(SCOPE, "f", {});
  await functions.aliases.create(SCOPE, "f", "live", { version: "1" });
  await functions.urls.create(SCOPE, "f", "live", { authType: "NONE" });
  await functions.policies.add(SCOPE, "f", "live", {
    statementId: "s",
    action: "lambda:InvokeFunction",
    principal: "*",
  });
  await functions.delete(SCOPE, "f");
  assert.deepEqual(await engine.records.spaces(""), [
    "000000000000/us-east-1/function-version-numbers",
  ]);
  await functions.create(SCOPE, { functionName: "f", code, settings });
  await settle("f");
  assert.equal((await functions.versions.publish(SCOPE, "f", {})).version.version, "2");
});

test("a stop in the middle of a deployment is made good at the next start", async () => {
  const { functions, again } = testFunctions();
  await functions.create(SCOPE, { functionName: "f", code, settings, publish: true });
  await functions.close(0);
  const next = again();
  await next.start();
  assert.equal((await next.get(SCOPE, "f")).version.state, "Active");
  assert.equal((await next.get(SCOPE, "f", "1")).version.state, "Active");
});

test("what is swept is what no function, version or layer needs", async () => {
  const { functions, deploy, settle } = testFunctions();
  const layer = await functions.layers.publish(SCOPE, "l", { code: { zip: Buffer.from("layer") } });
  await deploy("f", { code: "one", layers: [`arn:aws:lambda:us-east-1:000000000000:layer:l:1`] });
  const one = (await functions.versions.publish(SCOPE, "f", {})).version.code.package;
  await functions.layers.delete(SCOPE, "l", 1);
  await functions.updateCode(SCOPE, "f", { code: { zip: Buffer.from("two") } });
  await settle("f");
  const two = (await functions.get(SCOPE, "f")).version.code.package;
  assert.deepEqual(await functions.livePackages(), new Set([two, one, layer.version.package]));
});

test("lists are cut into pages that join without gaps", async () => {
  const { functions, deploy } = testFunctions();
  for (const name of ["a", "b", "c"]) await deploy(name);
  await functions.versions.publish(SCOPE, "b", {});
  await functions.updateSettings(SCOPE, "b", { description: "x" });
  await functions.versions.publish(SCOPE, "b", {});
  const arns: string[] = [];
  let marker: string | undefined;
  do {
    const page = await functions.list(SCOPE, { all: true, maxItems: 2, marker });
    assert.ok(page.items.length <= 2);
    arns.push(...page.items.map(({ arn }) => arn.split("function:")[1] ?? ""));
    marker = page.marker;
  } while (marker !== undefined);
  assert.deepEqual(arns, ["a:$LATEST", "b:$LATEST", "b:1", "b:2", "c:$LATEST"]);
  await assert.rejects(functions.list(SCOPE, { all: false, marker: "!" }), {
    code: "InvalidFunction",
  });
});

test("nothing is created in an account that is not the caller's", async () => {
  const { functions, engine } = testFunctions();
  const functionName = "arn:aws:lambda:us-east-1:999999999999:function:f";
  await assert.rejects(functions.create(SCOPE, { functionName, code, settings }), {
    code: "ForeignAccount",
  });
  const layer = "arn:aws:lambda:us-east-1:999999999999:layer:l";
  await assert.rejects(functions.layers.publish(SCOPE, layer, { code }), {
    code: "ForeignAccount",
  });
  assert.deepEqual(await engine.records.spaces(""), []);
});
