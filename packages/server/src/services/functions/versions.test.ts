import assert from "node:assert/strict";
import { test } from "node:test";
import { SCOPE, testFunctions } from "./fixture.ts";

test("publishing freezes code and settings, and gives $LATEST a new revision", async () => {
  const { functions, deploy, settle } = testFunctions();
  await deploy("f", { environment: { STAGE: "one" } });
  const before = await functions.get(SCOPE, "f");
  const published = await functions.versions.publish(SCOPE, "f", { description: "first" });
  assert.equal(published.arn, "arn:aws:lambda:us-east-1:000000000000:function:f:1");
  assert.equal(published.version.settings.description, "first");
  assert.notEqual((await functions.get(SCOPE, "f")).version.revisionId, before.version.revisionId);
  await functions.updateSettings(SCOPE, "f", { environment: { STAGE: "two" } });
  await settle("f");
  assert.deepEqual((await functions.get(SCOPE, "f", "1")).version.settings.environment, {
    STAGE: "one",
  });
});

test("publishing what was published answers the version that there is", async () => {
  const { functions, deploy } = testFunctions();
  await deploy("f");
  const first = await functions.versions.publish(SCOPE, "f", { description: "first" });
  assert.deepEqual(await functions.versions.publish(SCOPE, "f", { description: "second" }), first);
  await functions.updateSettings(SCOPE, "f", { description: "changed" });
  const second = await functions.versions.publish(SCOPE, "f", {});
  assert.deepEqual([second.version.version, second.version.settings.description], ["2", "changed"]);
});

test("a publication that expects other code or another revision is refused", async () => {
  const { functions, deploy } = testFunctions();
  await deploy("f");
  await assert.rejects(functions.versions.publish(SCOPE, "f", { codeSha256: "other" }), {
    message: /^CodeSHA256 \(other\) is different from current CodeSHA256 in \$LATEST/,
  });
  await assert.rejects(functions.versions.publish(SCOPE, "f", { revisionId: "other" }), {
    code: "RevisionMismatch",
  });
});

test("new code can be published in the same step", async () => {
  const { functions, deploy, settle } = testFunctions();
  await deploy("f");
  const updated = await functions.updateCode(SCOPE, "f", {
    code: { zip: Buffer.from("new") },
    publish: true,
  });
  assert.deepEqual(
    [updated.version.version, updated.version.state, updated.version.lastUpdate],
    ["1", "Pending", undefined],
  );
  await settle("f");
  const { version } = await functions.get(SCOPE, "f", "1");
  assert.deepEqual([version.state, version.revisionId], ["Active", updated.version.revisionId]);
});

test("an alias moves, and shares its calls with one other version", async () => {
  const { functions, deploy } = testFunctions();
  await deploy("f");
  await functions.versions.publish(SCOPE, "f", {});
  await functions.updateSettings(SCOPE, "f", { description: "two" });
  await functions.versions.publish(SCOPE, "f", {});
  const { aliases } = functions;
  const made = await aliases.create(SCOPE, "f", "live", { version: "1", weights: [["2", 0.2]] });
  assert.deepEqual(made.alias.routing, { version: "2", weight: 0.2 });
  const moved = await aliases.update(SCOPE, "f", "live", { version: "2", weights: [] });
  assert.equal(moved.alias.version, "2");
  assert.equal("routing" in moved.alias, false);
  assert.notEqual(moved.alias.revisionId, made.alias.revisionId);
  await assert.rejects(aliases.update(SCOPE, "f", "live", {}, made.alias.revisionId), {
    code: "RevisionMismatch",
  });
});

test("an alias routes to published versions that exist, and to two at most", async () => {
  const { functions, deploy } = testFunctions();
  await deploy("f");
  await functions.versions.publish(SCOPE, "f", {});
  const refused = async (version: string, weights: [string, number][], message: RegExp) =>
    assert.rejects(functions.aliases.create(SCOPE, "f", "a", { version, weights }), { message });
  await refused("9", [], /^Function not found: .*:f:9$/);
  await refused("01", [], /^Function not found/);
  await refused("1", [["9", 0.5]], /^Function not found: .*:f:9$/);
  await refused("1", [["1", 0.5]], /Function version 1 is already included/);
  await refused(
    "$LATEST",
    [["1", 0.5]],
    /^\$LATEST is not supported for an alias pointing to more/,
  );
  await refused(
    "1",
    [
      ["2", 0.5],
      ["3", 0.5],
    ],
    /cannot be greater than 1/,
  );
});

test("a version that an alias names stays; without it, its deletion can be repeated", async () => {
  const { functions, deploy } = testFunctions();
  await deploy("f");
  await functions.versions.publish(SCOPE, "f", {});
  await functions.aliases.create(SCOPE, "f", "live", { version: "1" });
  await assert.rejects(functions.delete(SCOPE, "f", "1"), { code: "FunctionConflict" });
  await functions.aliases.delete(SCOPE, "f", "live");
  await functions.delete(SCOPE, "f", "1");
  await functions.delete(SCOPE, "f", "1");
  await assert.rejects(functions.get(SCOPE, "f", "1"), { code: "FunctionNotFound" });
});

test("aliases with the names of every object's properties are ordinary", async () => {
  const { functions, deploy } = testFunctions();
  await deploy("f");
  for (const name of ["__proto__", "constructor"]) {
    await assert.rejects(functions.aliases.get(SCOPE, "f", name), { code: "FunctionNotFound" });
    await functions.aliases.create(SCOPE, "f", name, { version: "$LATEST" });
    assert.equal((await functions.get(SCOPE, "f", name)).version.version, "$LATEST");
  }
});
