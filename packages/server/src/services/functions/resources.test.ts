import assert from "node:assert/strict";
import { test } from "node:test";
import { functionArn } from "../../domain/function-name.ts";
import { SCOPE, testFunctions } from "./fixture.ts";

const arn = functionArn(SCOPE, "f");
const grant = { statementId: "s3", action: "lambda:InvokeFunction", principal: "s3.amazonaws.com" };

test("a policy's revision is that of what it belongs to, and changes with it", async () => {
  const { functions, deploy } = testFunctions();
  const { policies } = functions;
  await deploy("f");
  await policies.add(SCOPE, "f", undefined, grant);
  const first = await policies.get(SCOPE, "f");
  assert.equal(first.revisionId, (await functions.get(SCOPE, "f")).version.revisionId);
  await functions.versions.publish(SCOPE, "f", {});
  const second = await policies.get(SCOPE, "f");
  assert.notEqual(second.revisionId, first.revisionId);
  await policies.add(SCOPE, "f", "1", grant);
  assert.equal((await policies.get(SCOPE, "f")).revisionId, second.revisionId);
  assert.equal(
    (await policies.get(SCOPE, "f:1")).revisionId,
    (await functions.get(SCOPE, "f", "1")).version.revisionId,
  );
  await assert.rejects(policies.add(SCOPE, "f", undefined, grant, first.revisionId), {
    code: "RevisionMismatch",
  });
});

test("a statement id is unique in its policy, and the last statement takes the policy with it", async () => {
  const { functions, deploy } = testFunctions();
  const { policies } = functions;
  await deploy("f");
  await assert.rejects(policies.remove(SCOPE, "f", undefined, "s3"), {
    message: "No policy is associated with the given resource.",
  });
  await policies.add(SCOPE, "f", undefined, grant);
  await assert.rejects(policies.add(SCOPE, "f", undefined, grant), { code: "FunctionConflict" });
  await assert.rejects(policies.remove(SCOPE, "f", undefined, "other"), {
    message: "Statement other is not found in resource policy.",
  });
  await policies.remove(SCOPE, "f", undefined, "s3");
  await assert.rejects(policies.get(SCOPE, "f"), {
    message: "The resource you requested does not exist.",
  });
});

test("a policy ends at 20 KB", async () => {
  const { functions, deploy } = testFunctions();
  await deploy("f");
  const add = (statementId: string) =>
    functions.policies.add(SCOPE, "f", undefined, {
      ...grant,
      statementId,
      sourceArn: `arn:aws:s3:::${"b".repeat(2_000)}`,
    });
  for (let n = 0; n < 9; n += 1) await add(`s${n}`);
  await assert.rejects(add("s9"), { code: "PolicyTooLong" });
  assert.equal((await functions.policies.get(SCOPE, "f")).statements.length, 9);
});

test("a function URL is found by its id until it, its alias or its function is deleted", async () => {
  const { functions, deploy } = testFunctions();
  const { urls } = functions;
  await deploy("f");
  const { url } = await urls.create(SCOPE, "f", undefined, { authType: "NONE" });
  assert.match(url.id, /^[a-z0-9]{32}$/);
  assert.deepEqual((await functions.urlTarget(url.id))?.url, url);
  await assert.rejects(urls.create(SCOPE, "f", undefined, { authType: "NONE" }), {
    code: "FunctionConflict",
    message: `Failed to create function url config for [functionArn = ${arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
  });
  await functions.aliases.create(SCOPE, "f", "live", { version: "$LATEST" });
  const live = await urls.create(SCOPE, "f", "live", { authType: "AWS_IAM" });
  assert.equal((await functions.urlTarget(live.url.id))?.url.authType, "AWS_IAM");
  await functions.aliases.delete(SCOPE, "f", "live");
  assert.equal(await functions.urlTarget(live.url.id), undefined);
  await urls.delete(SCOPE, "f");
  assert.equal(await functions.urlTarget(url.id), undefined);
  await assert.rejects(urls.get(SCOPE, "f"), { code: "FunctionNotFound" });
});

test("a changed URL is served as changed, and keeps what the change does not mention", async () => {
  const { functions, deploy } = testFunctions();
  await deploy("f");
  const cors = { allowOrigins: ["*"] };
  const { url } = await functions.urls.create(SCOPE, "f", undefined, { authType: "NONE", cors });
  assert.equal((await functions.urlTarget(url.id))?.policy, undefined);
  await functions.urls.update(SCOPE, "f", undefined, { authType: "AWS_IAM" });
  const target = await functions.urlTarget(url.id);
  assert.deepEqual([target?.url.authType, target?.url.cors], ["AWS_IAM", cors]);
});

test("settings of asynchronous events are put whole and updated in part", async () => {
  const { functions, deploy } = testFunctions();
  const { eventInvoke } = functions;
  await deploy("f");
  await deploy("g");
  const onSuccess = functionArn(SCOPE, "g");
  const both = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 60 };
  await eventInvoke.put(SCOPE, "f", undefined, { ...both, onSuccess, destinations: true });
  const updated = await eventInvoke.update(SCOPE, "f", undefined, {
    maximumRetryAttempts: 0,
    destinations: false,
  });
  assert.equal(updated.arn, `${arn}:$LATEST`);
  const { modifiedAt: _, ...settings } = updated.settings;
  assert.deepEqual(settings, { maximumRetryAttempts: 0, maximumEventAgeSeconds: 60, onSuccess });
  const put = await eventInvoke.put(SCOPE, "f", undefined, {
    maximumRetryAttempts: 1,
    destinations: false,
  });
  assert.deepEqual(Object.keys(put.settings), ["maximumRetryAttempts", "modifiedAt"]);
  for (const [destination, message] of [
    [arn, "You can't specify the function as a destination for itself."],
    [functionArn(SCOPE, "none"), /^The destination ARN .*:none is invalid.$/],
    [
      arn.replace(":lambda:", ":iam:"),
      /^The provided destination config DestinationConfig\(onSuccess=OnSuccess/,
    ],
  ] as const)
    await assert.rejects(
      eventInvoke.put(SCOPE, "f", undefined, { onSuccess: destination, destinations: true }),
      { message },
    );
});

test("a layer's versions count on after they were deleted, and a function keeps the one it uses", async () => {
  const { functions, deploy } = testFunctions();
  const { layers } = functions;
  const publish = (zip: string) =>
    layers.publish(SCOPE, "l", {
      code: { zip: Buffer.from(zip) },
      compatibleRuntimes: ["nodejs22.x"],
    });
  const first = await publish("one");
  await deploy("f", { layers: ["arn:aws:lambda:us-east-1:000000000000:layer:l:1"] });
  await publish("two");
  assert.equal((await layers.list(SCOPE, {}, {})).items[0]?.version.version, 2);
  const listed = await layers.versions(SCOPE, "l", { runtime: "nodejs22.x" }, {});
  assert.deepEqual(
    listed.items.map(({ version }) => version.version),
    [2, 1],
  );
  assert.deepEqual((await layers.list(SCOPE, { runtime: "java21" }, {})).items, []);
  await layers.delete(SCOPE, "l", 1);
  await layers.delete(SCOPE, "l", 2);
  await layers.delete(SCOPE, "l", 2);
  assert.deepEqual((await layers.list(SCOPE, {}, {})).items, []);
  assert.equal((await publish("three")).version.version, 3);
  const { settings } = (await functions.get(SCOPE, "f")).version;
  assert.equal(settings.layers[0]?.package, first.version.package);
});

test("a function takes five layers at most, each once, from its own region", async () => {
  const { functions, deploy } = testFunctions();
  const layer = (name: string) => `arn:aws:lambda:us-east-1:000000000000:layer:${name}`;
  for (const name of ["a", "b", "c", "d", "e", "f"])
    await functions.layers.publish(SCOPE, name, { code: { zip: Buffer.from(name) } });
  await functions.layers.publish(SCOPE, "a", { code: { zip: Buffer.from("a2") } });
  const all = ["a", "b", "c", "d", "e", "f"].map((name) => `${layer(name)}:1`);
  await deploy("fn", { layers: all.slice(0, 5) });
  const refused = (layers: readonly string[], message: RegExp) =>
    assert.rejects(functions.updateSettings(SCOPE, "fn", { layers }), { message });
  await refused(all, /^Cannot reference more than 5 layers.$/);
  await refused(
    [`${layer("a")}:1`, `${layer("a")}:2`],
    /^Two different versions of the same layer/,
  );
  await refused([`${layer("none")}:1`], /^Layer version .* does not exist.$/);
  await refused([`${layer("a").replace("us-east-1", "eu-west-1")}:1`], /not in the same region/);
});

test("tags are many, but not more than fifty, and belong to whole functions", async () => {
  const { functions, deploy } = testFunctions();
  const { tags } = functions;
  await deploy("f");
  const before = await functions.get(SCOPE, "f");
  await tags.add(SCOPE, arn, [
    ["__proto__", "p"],
    ["a", "1"],
  ]);
  assert.deepEqual(await tags.list(SCOPE, arn), [
    ["__proto__", "p"],
    ["a", "1"],
  ]);
  assert.notEqual((await functions.get(SCOPE, "f")).version.revisionId, before.version.revisionId);
  const many = Array.from({ length: 49 }, (_, n): [string, string] => [`k${n}`, "v"]);
  await assert.rejects(tags.add(SCOPE, arn, many), {
    message: "Number of tags exceeds resource tag limit.",
  });
  await tags.remove(SCOPE, arn, ["__proto__", "a", "none"]);
  await tags.add(SCOPE, arn, many);
  await assert.rejects(tags.add(SCOPE, `${arn}:1`, [["a", "1"]]), {
    message: /^Tags on function aliases and versions are not supported/,
  });
});

test("a hundred executions stay unreserved", async () => {
  const { functions, deploy } = testFunctions();
  const { options } = functions;
  await deploy("f");
  await deploy("g");
  await options.reserve(SCOPE, "f", 900);
  await assert.rejects(options.reserve(SCOPE, "g", 1), {
    message: /below its minimum value of \[100\]\.$/,
  });
  await options.reserve(SCOPE, "f", 899);
  await options.reserve(SCOPE, "g", 1);
  await options.reserve(SCOPE, "f", undefined);
  assert.equal(await options.concurrency(SCOPE, "f"), undefined);
  assert.equal((await functions.usage(SCOPE)).reservedConcurrency, 1);
  await assert.rejects(options.reserve(SCOPE, "f:1", 1), { code: "InvalidFunction" });
});

test("usage counts functions, versions and layers", async () => {
  const { functions, deploy } = testFunctions();
  await deploy("f", { code: "12345" });
  await functions.versions.publish(SCOPE, "f", {});
  await functions.layers.publish(SCOPE, "l", { code: { zip: Buffer.from("123") } });
  const { functionCount, codeBytes } = await functions.usage(SCOPE);
  assert.deepEqual([functionCount, codeBytes], [1, 13]);
});

test("a code signing configuration is not deleted while a function uses it", async () => {
  const { functions, deploy } = testFunctions();
  const { codeSigning } = functions;
  await deploy("f");
  const { arn: config } = await codeSigning.create(SCOPE, { signingProfileVersionArns: ["p"] });
  await codeSigning.assign(SCOPE, "f", config);
  assert.deepEqual(await codeSigning.ofFunction(SCOPE, "f"), { name: "f", arn: config });
  assert.deepEqual((await codeSigning.functions(SCOPE, config, {})).items, [arn]);
  await assert.rejects(codeSigning.delete(SCOPE, config), { code: "FunctionConflict" });
  await codeSigning.assign(SCOPE, "f", undefined);
  await codeSigning.delete(SCOPE, config);
  await assert.rejects(codeSigning.assign(SCOPE, "f", config), {
    code: "CodeSigningConfigUnknown",
  });
});

test("a layer version's policy has a revision of its own", async () => {
  const { functions } = testFunctions();
  const { layers, layerPolicies } = functions;
  const target = { layerName: "l", version: 1 };
  const use = { statementId: "s", action: "lambda:GetLayerVersion", principal: "*" };
  await assert.rejects(layerPolicies.add(SCOPE, target, use), {
    message: "Layer version arn:aws:lambda:us-east-1:000000000000:layer:l:1 does not exist.",
  });
  await layers.publish(SCOPE, "l", { code: { zip: Buffer.from("l") } });
  const added = await layerPolicies.add(SCOPE, target, use);
  assert.deepEqual(await layerPolicies.get(SCOPE, target), {
    statements: [added.statement],
    revisionId: added.revisionId,
  });
  await assert.rejects(layerPolicies.remove(SCOPE, target, "s", "wrong"), {
    code: "RevisionMismatch",
  });
  await layerPolicies.remove(SCOPE, target, "s", added.revisionId);
  await assert.rejects(layerPolicies.get(SCOPE, target), {
    message: "No policy is associated with the given resource.",
  });
});

test("how the runtime is updated is kept per version, and Manual names one", async () => {
  const { functions, deploy } = testFunctions();
  const { options } = functions;
  await deploy("f");
  await functions.versions.publish(SCOPE, "f", {});
  const manual = { updateRuntimeOn: "Manual", runtimeVersionArn: "arn" } as const;
  await options.setRuntimeManagement(SCOPE, "f", "1", manual);
  assert.deepEqual(await options.runtimeManagement(SCOPE, "f", "1"), {
    ...manual,
    arn: `${arn}:1`,
  });
  assert.equal((await options.runtimeManagement(SCOPE, "f")).updateRuntimeOn, "Auto");
  await assert.rejects(
    options.setRuntimeManagement(SCOPE, "f", undefined, { updateRuntimeOn: "Manual" }),
    { code: "InvalidFunction" },
  );
});
