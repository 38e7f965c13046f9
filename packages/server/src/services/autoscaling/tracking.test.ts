/** Target tracking, minute by minute. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NAME, RESOURCE, SCOPE, started } from "./fixture.ts";

const policy = (more: object = {}) => ({
  ...NAME,
  name: "p",
  type: "TargetTrackingScaling",
  tracking: {
    targetValue: 0.5,
    metric: "LambdaProvisionedConcurrencyUtilization",
    customized: false,
    ...more,
  },
});

describe("a target tracking policy", () => {
  it("scales out after three minutes and in after fifteen, and tells why", async () => {
    const { autoscaling, register, resources, minutes, settle, told, defects } = await started();
    await register({ min: 2, max: 20 });
    await settle();
    const { alarms } = await autoscaling.policies.put(SCOPE, policy());
    await settle();
    resources.load = 2;
    await minutes(3);
    assert.equal(resources.desired, 2); // the first minute began idle
    await minutes(1);
    assert.equal(resources.desired, 4);
    const [out] = await told();
    assert.deepEqual(
      [out?.description, out?.cause, out?.status],
      [
        "Setting desired concurrency to 4.",
        `monitor alarm ${alarms[0]?.name} in state ALARM triggered policy p`,
        "Successful",
      ],
    );
    resources.load = 0.4;
    await minutes(15);
    assert.equal(resources.desired, 4);
    await minutes(1);
    assert.equal(resources.desired, 2);
    const [into] = await told();
    assert.equal(into?.cause, `monitor alarm ${alarms[1]?.name} in state ALARM triggered policy p`);
    assert.deepEqual(defects, []);
  });

  it("goes on scaling out each minute while that is not enough, up to the maximum, and then tells so once", async () => {
    const { autoscaling, register, resources, minutes, settle, told } = await started();
    await register({ min: 1, max: 10 });
    await settle();
    resources.load = 1000;
    await autoscaling.policies.put(SCOPE, policy());
    await settle();
    await minutes(20);
    assert.deepEqual(resources.set, [1, 2, 4, 8, 10]);
    const all = await told(true);
    assert.equal(all.length - (await told()).length, 1);
    assert.equal(all[0]?.description, "Attempting to scale due to alarm triggered");
    assert.deepEqual(all[0]?.notScaled, { code: "AlreadyAtMaxCapacity", max: 10 });
  });

  it("waits while a change is in progress, and for its cooldown", async () => {
    const { autoscaling, register, resources, minutes, settle } = await started();
    await register({ min: 1, max: 100 });
    await settle();
    resources.load = 1000;
    resources.status = "changing";
    await autoscaling.policies.put(SCOPE, policy({ scaleOutCooldown: 300 }));
    await settle();
    await minutes(8);
    assert.deepEqual(resources.set, [1, 2]);
    resources.ids.set(RESOURCE, { desired: 2, status: "ready" });
    resources.status = "ready";
    await minutes(5);
    assert.deepEqual(resources.set, [1, 2]);
    await minutes(2);
    assert.deepEqual(resources.set, [1, 2, 4]);
  });

  it("does not scale in where that is disabled or suspended, nor out where that is suspended", async () => {
    const { autoscaling, register, resources, minutes, settle } = await started();
    resources.ids.set(RESOURCE, { desired: 8, status: "ready" });
    await register({ suspended: { scaleOut: true } });
    await autoscaling.policies.put(SCOPE, policy({ disableScaleIn: true }));
    await settle();
    await minutes(20);
    resources.load = 1000;
    await minutes(5);
    assert.deepEqual(resources.set, []);
    resources.load = 0;
    await register({ suspended: { scaleIn: true } });
    await autoscaling.policies.put(SCOPE, policy());
    await minutes(20);
    assert.deepEqual(resources.set, []);
    await register({ suspended: { scaleIn: false } });
    await minutes(1);
    assert.deepEqual(resources.set, [1]);
  });

  it("goes on after a restart, once its alarm has seen enough", async () => {
    const first = await started();
    await first.register({ min: 1, max: 10 });
    await first.autoscaling.policies.put(SCOPE, policy());
    await first.settle();
    first.resources.load = 1000;
    await first.minutes(2);
    await first.autoscaling.close();
    const { records, clock, resources } = first;
    assert.equal(clock.pending, 0);
    const second = await started({ records, clock, resources });
    await second.settle();
    await second.minutes(2);
    assert.equal(resources.desired, 1);
    await second.minutes(1);
    assert.equal(resources.desired, 2);
  });

  it("ends with its deletion, and leaves no timer", async () => {
    const { autoscaling, register, resources, minutes, settle, clock } = await started();
    await register();
    await autoscaling.policies.put(SCOPE, policy());
    await settle();
    await autoscaling.policies.delete(SCOPE, { ...NAME, name: "p" });
    resources.load = 1000;
    await minutes(5);
    assert.equal(resources.desired, 1);
    assert.equal(clock.pending, 0);
  });
});
