import assert from "node:assert/strict";
import { test } from "node:test";
import { mostAtOnce } from "../../domain/capacity-provider.ts";
import { SCOPE, testFunctions } from "./fixture.ts";

const OPERATOR = "arn:aws:iam::000000000000:role/operator";
const request = {
  vpc: { subnetIds: ["subnet-1"], securityGroupIds: [] },
  operatorRoleArn: OPERATOR,
  tags: [],
};
const ARN = "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p";
const managed = { providerArn: ARN, memoryGiBPerVCpu: 2, maxConcurrency: 7 };
const role = "arn:aws:iam::000000000000:role/r";
const settings = { role, runtime: "nodejs22.x", handler: "index.handler", managed };
const code = { zip: Buffer.from("code") };

/** With a provider that is Active. */
async function withProvider(scaling = {}) {
  const all = testFunctions();
  await all.functions.capacityProviders.create(SCOPE, "p", { ...request, scaling });
  all.clock.advance(100);
  return all;
}

test("a provider is Pending, Active, Deleting and gone, by the clock alone", async () => {
  const { functions, clock, again } = testFunctions();
  const { capacityProviders } = functions;
  const stateOf = async (of = functions) => (await of.capacityProviders.get(SCOPE, "p")).state;
  await capacityProviders.create(SCOPE, "p", request);
  assert.equal(await stateOf(), "Pending");
  await assert.rejects(capacityProviders.update(SCOPE, "p", {}), /following state: Pending/);
  clock.advance(100);
  assert.equal(await stateOf(again()), "Active");
  assert.equal((await capacityProviders.delete(SCOPE, ARN)).state, "Deleting");
  assert.equal(await stateOf(), "Deleting");
  await assert.rejects(capacityProviders.create(SCOPE, "p", request), /already exists/);
  clock.advance(100);
  await assert.rejects(stateOf(), { code: "FunctionNotFound", message: /not found: arn:aws/ });
  assert.deepEqual((await capacityProviders.list(SCOPE, {})).items, []);
  assert.equal((await capacityProviders.create(SCOPE, "p", request)).state, "Pending");
});

test("two creations of one name at the same time leave one provider", async () => {
  const { capacityProviders } = testFunctions().functions;
  const outcomes = await Promise.allSettled([
    capacityProviders.create(SCOPE, "p", request),
    capacityProviders.create(SCOPE, "p", request),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("an account has a thousand of them", async () => {
  const { capacityProviders } = testFunctions().functions;
  for (let i = 0; i < 1_000; i += 1) await capacityProviders.create(SCOPE, `p${i}`, request);
  await assert.rejects(capacityProviders.create(SCOPE, "one-more", request), {
    code: "TooManyCapacityProviders",
  });
});

test("a name of another account or region is nobody's", async () => {
  const { functions } = await withProvider();
  const foreign = ARN.replace("us-east-1", "eu-west-1");
  await assert.rejects(functions.capacityProviders.get(SCOPE, foreign), {
    code: "FunctionNotFound",
  });
  await assert.rejects(functions.capacityProviders.create(SCOPE, foreign, request), {
    code: "ForeignAccount",
  });
});

test("a provider has a hundred versions, and published again $LATEST.PUBLISHED is one", async () => {
  const { functions, settle } = await withProvider();
  await functions.create(SCOPE, { functionName: "f", code, settings, publishLatest: true });
  await settle("f");
  for (let i = 1; i < 100; i += 1) {
    await functions.updateSettings(SCOPE, "f", { description: `v${i}` });
    await settle("f");
    await functions.versions.publish(SCOPE, "f", {});
  }
  await functions.updateSettings(SCOPE, "f", { description: "one more" });
  await settle("f");
  await assert.rejects(functions.versions.publish(SCOPE, "f", {}), {
    code: "TooManyVersionsOnProvider",
  });
  const { version } = await functions.versions.publish(SCOPE, "f", { asLatest: true });
  assert.equal(version.settings.description, "one more");
});

test("the executor is told how an instance is shared, and what its provider has", async () => {
  const { functions, executor, settle } = await withProvider({ maxVCpus: 6 });
  await functions.create(SCOPE, { functionName: "f", code, settings, publishLatest: true });
  await settle("f");
  const { deployment } = await functions.resolve(SCOPE, "f");
  assert.equal(deployment.version, "$LATEST.PUBLISHED");
  assert.equal(deployment.memoryMB, 2_048);
  assert.deepEqual(deployment.sharing, { provider: ARN, most: 7, vcpus: 1 });
  const arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
  assert.deepEqual(executor.limits.get(arn)?.providers, [[ARN, 6]]);
  await functions.capacityProviders.update(SCOPE, "p", { scaling: { maxVCpus: 9 } });
  await functions.resolve(SCOPE, "f");
  assert.deepEqual(executor.limits.get(arn)?.providers, [[ARN, 9]]);
});

test("what was published last is invoked until it is published again, also after a restart", async () => {
  const { functions, settle, again } = await withProvider();
  await functions.create(SCOPE, { functionName: "f", code, settings });
  await settle("f");
  await assert.rejects(functions.resolve(SCOPE, "f"), {
    code: "FunctionNotFound",
    message: /\$LATEST\.PUBLISHED$/,
  });
  await assert.rejects(functions.resolve(SCOPE, "f", "$LATEST"), { code: "FunctionConflict" });
  await functions.versions.publish(SCOPE, "f", { asLatest: true });
  const first = await functions.resolve(SCOPE, "f");
  assert.equal(first.invokedArn, "arn:aws:lambda:us-east-1:000000000000:function:f");
  await functions.versions.publish(SCOPE, "f", { asLatest: true });
  assert.equal((await functions.resolve(SCOPE, "f")).deployment.id, first.deployment.id);
  const other = { code: { zip: Buffer.from("other") }, publishLatest: true };
  await functions.updateCode(SCOPE, "f", other);
  await settle("f");
  const second = await again().resolve(SCOPE, "f");
  assert.notEqual(second.deployment.id, first.deployment.id);
  assert.equal(second.deployment.version, "$LATEST.PUBLISHED");
});

test("a function leaves its provider when it is deleted", async () => {
  const { functions, settle } = await withProvider();
  await functions.create(SCOPE, { functionName: "f", code, settings, publishLatest: true });
  await settle("f");
  const on = async () =>
    (await functions.capacityProviders.versions(SCOPE, "p", {})).items.map(({ arn }) => arn);
  const arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
  assert.deepEqual(await on(), [`${arn}:$LATEST`, `${arn}:$LATEST.PUBLISHED`]);
  await assert.rejects(functions.capacityProviders.delete(SCOPE, "p"), {
    code: "FunctionConflict",
  });
  await functions.delete(SCOPE, "f");
  assert.deepEqual(await on(), []);
  await functions.capacityProviders.delete(SCOPE, "p");
});

test("how many run at once follows runtime and processors, where the function does not say", () => {
  const most = (runtime: string, memoryMB: number, memoryGiBPerVCpu: number) =>
    mostAtOnce({ runtime, memoryMB }, { providerArn: ARN, memoryGiBPerVCpu });
  assert.equal(most("nodejs24.x", 2_048, 2), 64);
  assert.equal(most("python3.13", 4_096, 2), 32);
  assert.equal(most("java21", 8_192, 8), 32);
  assert.equal(most("dotnet8", 4_096, 4), 32);
  assert.equal(most("provided.al2023", 16_384, 8), 16);
  assert.equal(most("nodejs22.x", 32_768, 2), 1_024);
});
