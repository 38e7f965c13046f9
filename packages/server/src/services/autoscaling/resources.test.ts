/** Targets, policies, actions and their history as records: limits, paging, bounds of what is kept. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { YunqueError } from "../../domain/errors.ts";
import { HISTORY_MS, MAX_ACTIVITIES, trimActivities } from "./activities.ts";
import { NAME, openAutoscaling, SCOPE } from "./fixture.ts";
import { AGENDA, activitiesSpace } from "./spaces.ts";

async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    assert.ok(error instanceof YunqueError, String(error));
    return error.code;
  }
}

describe("limits", () => {
  it("a region has at most 500 targets, whoever registers them at once", async () => {
    const { register, resources, autoscaling } = openAutoscaling();
    const ids = Array.from({ length: 502 }, (_, index) => `function:f${index}:live`);
    for (const id of ids) resources.ids.set(id, { desired: 0, status: "ready" });
    const [first, ...rest] = ids;
    for (const resourceId of rest.slice(0, 498)) await register({ resourceId });
    const last = [first, ...rest.slice(498)].map((resourceId) => codeOf(register({ resourceId })));
    const outcomes = await Promise.all(last);
    assert.deepEqual(outcomes.sort(), [
      "TooManyScalingObjects",
      "TooManyScalingObjects",
      undefined,
      undefined,
    ]);
    await autoscaling.targets.deregister(SCOPE, { ...NAME, resourceId: ids[1] ?? "" });
    assert.equal(await codeOf(register({ resourceId: ids[501] })), undefined);
  });

  it("a target has at most 200 scheduled actions, and changing one is always possible", async () => {
    const { register, autoscaling } = openAutoscaling();
    await register();
    const put = (name: string) =>
      autoscaling.actions.put(SCOPE, {
        ...NAME,
        name,
        schedule: "rate(1 day)",
        bounds: { min: 1 },
      });
    for (let index = 0; index < 200; index++) await put(`a${index}`);
    assert.equal(await codeOf(put("one more")), "TooManyScalingObjects");
    assert.equal(await codeOf(put("a7")), undefined);
  });

  it("names that no record can have are refused, or not found", async () => {
    const { register, autoscaling } = openAutoscaling();
    await register();
    for (const name of ["\ud800", "x".repeat(257)]) {
      const request = { ...NAME, name };
      const { actions, policies } = autoscaling;
      assert.equal(await codeOf(actions.put(SCOPE, request)), "InvalidScaling");
      assert.equal(await codeOf(policies.put(SCOPE, request)), "InvalidScaling");
      assert.equal(await codeOf(actions.delete(SCOPE, request)), "ScalingObjectNotFound");
      assert.equal(await codeOf(policies.delete(SCOPE, request)), "ScalingObjectNotFound");
    }
    const longest = "\u4e2d".repeat(256);
    const bounds = { min: 1 };
    const action = { ...NAME, name: longest, schedule: "rate(1 day)", bounds };
    assert.equal(await codeOf(autoscaling.actions.put(SCOPE, action)), undefined);
  });
});

describe("the agenda", () => {
  it("holds one entry for each action that will run, and none for what is gone", async () => {
    const { register, autoscaling, settle, records } = openAutoscaling();
    await autoscaling.start();
    await register();
    await settle();
    const put = (name: string, schedule: string) =>
      autoscaling.actions.put(SCOPE, { ...NAME, name, schedule, bounds: { min: 1 } });
    const entries = async () => (await records.list(AGENDA)).length;
    await put("daily", "rate(1 day)");
    await put("daily", "rate(2 days)");
    await put("past", "at(2020-01-01T00:00:00)");
    assert.equal(await entries(), 1);
    await put("past", "at(2030-01-01T00:00:00)");
    assert.equal(await entries(), 2);
    await autoscaling.targets.deregister(SCOPE, NAME);
    assert.equal(await entries(), 0);
    await autoscaling.close();
  });
});

describe("the history", () => {
  it("is of six weeks, newest first, and in pages", async () => {
    const { register, autoscaling, settle, clock, told } = openAutoscaling();
    await autoscaling.start();
    for (const min of [1, 2, 3]) {
      await register({ min });
      await settle();
      clock.advance(HISTORY_MS / 2);
      await settle();
    }
    const texts = (await told()).map(({ description }) => description);
    assert.deepEqual(texts, [
      "Setting desired concurrency to 3.",
      "Setting desired concurrency to 2.",
    ]);
    const filter = { namespace: "lambda", maxResults: 1 };
    const first = await autoscaling.activities(SCOPE, filter);
    const second = await autoscaling.activities(SCOPE, { ...filter, token: first.token });
    assert.deepEqual(
      [...first.items, ...second.items].map(({ description }) => description),
      texts,
    );
    assert.equal(second.token, undefined);
    await autoscaling.close();
  });

  it("is cut back to what is young, and to so many", async () => {
    const { register, autoscaling, settle, clock, records } = openAutoscaling();
    await autoscaling.start();
    await register();
    await settle();
    const space = activitiesSpace(SCOPE);
    const [old] = await records.list(space);
    clock.advance(HISTORY_MS + 1);
    const newer = Array.from({ length: MAX_ACTIVITIES + 5 }, (_, index) => ({
      put: {},
      space,
      id: `0000${String(index).padStart(12, "0")} newer`,
    }));
    await records.commit(newer);
    assert.ok(old !== undefined);
    await trimActivities(records, SCOPE, clock.now());
    const left = await records.list(space, { limit: 10_000 });
    assert.equal(left.length, MAX_ACTIVITIES);
    assert.deepEqual(await records.list(space, { after: left.at(-1)?.id ?? "" }), []);
    await autoscaling.close();
  });
});
