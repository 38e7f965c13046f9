/** What really happens to the capacity: bounds, schedules, target tracking, and their history. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NAME, openAutoscaling, PlainResources, RESOURCE, SCOPE } from "./fixture.ts";

const DAY_MS = 24 * 3600_000;
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

async function started(options: Parameters<typeof openAutoscaling>[0] = {}) {
  const world = openAutoscaling(options);
  await world.autoscaling.start();
  return world;
}

describe("bounds", () => {
  it("bring the capacity up to the minimum and down to the maximum when they are set, and only then", async () => {
    const { register, resources, settle, told, minutes, defects } = await started();
    await register({ min: 2, max: 5 });
    await settle();
    assert.equal(resources.desired, 2);
    resources.ids.set(RESOURCE, { desired: 9, status: "ready" });
    await minutes(3);
    assert.equal(resources.desired, 9);
    await register({ max: 6 });
    await settle();
    assert.equal(resources.desired, 6);
    const texts = (await told()).map(({ description, cause, status, message, end }) => [
      description,
      cause,
      status,
      message,
      end !== undefined,
    ]);
    assert.deepEqual(texts, [
      [
        "Setting desired concurrency to 6.",
        "maximum capacity was set to 6",
        "Successful",
        "Successfully set desired concurrency to 6. Change successfully fulfilled by lambda.",
        true,
      ],
      [
        "Setting desired concurrency to 2.",
        "minimum capacity was set to 2",
        "Successful",
        "Successfully set desired concurrency to 2. Change successfully fulfilled by lambda.",
        true,
      ],
    ]);
    assert.deepEqual(defects, []);
  });

  it("leave a capacity between them alone", async () => {
    const { register, resources, settle, told } = await started();
    resources.ids.set(RESOURCE, { desired: 3, status: "ready" });
    await register({ min: 2, max: 5 });
    await settle();
    assert.deepEqual(resources.set, []);
    assert.deepEqual(await told(), []);
  });

  it("tell why a capacity cannot be had", async () => {
    const { register, resources, settle, told } = await started();
    resources.refusal = "Function not found: f";
    await register({ min: 2 });
    await settle();
    const [activity] = await told();
    assert.equal(activity?.status, "Failed");
    assert.equal(
      activity?.message,
      "Failed to set desired concurrency to 2. Reason: Function not found: f",
    );
  });
});

describe("a change of capacity", () => {
  it("is in progress until it is fulfilled", async () => {
    const { register, resources, settle, told, clock } = await started();
    resources.status = "changing";
    await register({ min: 2 });
    await settle();
    const [before] = await told();
    assert.deepEqual(
      [before?.status, before?.message, before?.end],
      [
        "InProgress",
        "Successfully set desired concurrency to 2. Waiting for change to be fulfilled by lambda.",
        undefined,
      ],
    );
    resources.ids.set(RESOURCE, { desired: 2, status: "ready" });
    clock.advance(1000);
    await settle();
    const [after] = await told();
    assert.deepEqual([after?.status, after?.end], ["Successful", clock.now()]);
    assert.equal(clock.pending, 0);
  });

  it("is overridden by a newer one, and by somebody else", async () => {
    const { register, resources, settle, told, clock } = await started();
    resources.status = "changing";
    await register({ min: 2 });
    await settle();
    await register({ min: 4 });
    await settle();
    resources.ids.set(RESOURCE, { desired: 7, status: "ready" });
    clock.advance(1000);
    await settle();
    assert.deepEqual(
      (await told()).map(({ status, message }) => [status, message]),
      [
        [
          "Overridden",
          "Successfully set desired concurrency to 4. Found it was later changed to 7.",
        ],
        [
          "Overridden",
          "Successfully set desired concurrency to 2. Found it was later changed to 4.",
        ],
      ],
    );
  });

  it("is given up where it fails, or takes too long", async () => {
    const { register, resources, settle, told, minutes } = await started();
    resources.status = "failed";
    await register({ min: 2 });
    await settle();
    resources.status = "changing";
    await register({ min: 4 });
    await minutes(14);
    assert.deepEqual(
      (await told()).map(({ status }) => status),
      ["InProgress", "Unfulfilled"],
    );
    await minutes(2);
    assert.equal((await told())[0]?.status, "Unfulfilled");
  });

  it("ends with its target", async () => {
    const { autoscaling, register, resources, settle, told, clock } = await started();
    resources.status = "changing";
    await register({ min: 2 });
    await settle();
    await autoscaling.targets.deregister(SCOPE, NAME);
    clock.advance(1000);
    await settle();
    assert.equal((await told())[0]?.status, "Overridden");
    assert.equal(clock.pending, 0);
  });

  it("that was written down but not asked for is asked for after a restart", async () => {
    const first = openAutoscaling(); // never started: what it is told stays in the agenda
    await first.register({ min: 3 });
    assert.deepEqual(first.resources.set, []);
    const { records, clock, resources } = first;
    const { settle, told } = await started({ records, clock, resources });
    await settle();
    assert.deepEqual(resources.set, [3]);
    assert.equal((await told())[0]?.status, "Successful");
  });
});

describe("a scheduled action", () => {
  const action = (more: object) => ({ ...NAME, name: "a", ...more });

  it("sets the bounds when its time comes, again and again", async () => {
    const { autoscaling, register, resources, minutes, told, clock } = await started();
    await register({ min: 1, max: 10 });
    const at = new Date(clock.now() + 120_000).toISOString().slice(0, 19);
    await autoscaling.actions.put(
      SCOPE,
      action({ name: "once", schedule: `at(${at})`, bounds: { min: 5, max: 8 } }),
    );
    await autoscaling.actions.put(
      SCOPE,
      action({ name: "often", schedule: "rate(3 minutes)", bounds: { max: 3, min: 0 } }),
    );
    await minutes(1);
    assert.equal(resources.desired, 1);
    await minutes(1);
    assert.equal(resources.desired, 5);
    await minutes(1);
    assert.equal(resources.desired, 3);
    const { items } = await autoscaling.targets.describe(SCOPE, { namespace: "lambda" });
    assert.deepEqual([items[0]?.target.min, items[0]?.target.max], [0, 3]);
    const texts = (await told()).map(({ description, cause, message }) => [
      description,
      cause,
      message,
    ]);
    assert.ok(
      texts.some(
        ([description, cause, message]) =>
          description === "Setting min capacity to 5 and max capacity to 8" &&
          cause === "scheduled action name once was triggered" &&
          message === "Successfully set min capacity to 5 and max capacity to 8",
      ),
      JSON.stringify(texts),
    );
    await minutes(3);
    assert.equal((await told()).filter(({ cause }) => /often/.test(cause)).length, 2);
    assert.equal((await told()).filter(({ cause }) => /once/.test(cause)).length, 1);
  });

  it("may set one of the bounds, but not past the other one", async () => {
    const { autoscaling, register, resources, minutes, told } = await started();
    await register({ min: 1, max: 4 });
    await autoscaling.actions.put(
      SCOPE,
      action({ schedule: "rate(1 minute)", bounds: { min: 5 } }),
    );
    await minutes(1);
    const [failed] = await told();
    assert.deepEqual(
      [failed?.status, failed?.message],
      [
        "Failed",
        "Failed to set min capacity to 5. Reason: Maximum capacity cannot be less than minimum capacity",
      ],
    );
    assert.equal(resources.desired, 1);
    await autoscaling.actions.put(SCOPE, action({ bounds: { min: 3 } }));
    await minutes(1);
    assert.equal(resources.desired, 3);
  });

  it("runs at its start, and not after its end", async () => {
    const { autoscaling, register, minutes, told, clock } = await started();
    await register();
    const start = clock.now() + 90_000;
    await autoscaling.actions.put(
      SCOPE,
      action({ schedule: "rate(2 minutes)", start, end: start + 240_000, bounds: { max: 9 } }),
    );
    await minutes(1);
    const runs = async () => (await told()).filter(({ cause }) => /scheduled/.test(cause)).length;
    assert.equal(await runs(), 0);
    await minutes(1);
    assert.equal(await runs(), 1);
    await minutes(20);
    assert.equal(await runs(), 3);
  });

  it("does nothing while scheduled scaling is suspended, and does not make up for it", async () => {
    const { autoscaling, register, minutes, resources } = await started();
    await register();
    await register({ suspended: { scheduled: true } });
    await autoscaling.actions.put(
      SCOPE,
      action({ schedule: "rate(2 minutes)", bounds: { min: 5 } }),
    );
    await minutes(3);
    await register({ suspended: { scheduled: false } });
    assert.equal(resources.desired, 1);
    await minutes(1);
    assert.equal(resources.desired, 5);
  });

  it("does nothing any more once it is changed or deleted", async () => {
    const { autoscaling, register, minutes, resources, clock } = await started();
    await register();
    await autoscaling.actions.put(
      SCOPE,
      action({ schedule: "rate(1 minute)", bounds: { min: 5 } }),
    );
    await autoscaling.actions.put(SCOPE, action({ schedule: "rate(5 minutes)" }));
    await minutes(4);
    assert.equal(resources.desired, 1);
    await autoscaling.actions.delete(SCOPE, { ...NAME, name: "a" });
    await minutes(4);
    assert.equal(resources.desired, 1);
    assert.equal(clock.pending, 0);
  });

  it("that was missed runs once, the last one last, when the platform is back", async () => {
    const first = await started();
    await first.register({ min: 1, max: 50 });
    // It is midnight. At 8:00 up, at 20:00 down; the platform is away until 9:00 two days later.
    for (const [name, hour, min] of [
      ["up", 8, 20],
      ["down", 20, 2],
    ] as const)
      await first.autoscaling.actions.put(
        SCOPE,
        action({ name, schedule: `cron(0 ${hour} * * ? *)`, bounds: { min, max: min } }),
      );
    await first.settle();
    await first.autoscaling.close();
    const { records, clock, resources } = first;
    clock.advance(2 * DAY_MS + 9 * 3600_000);
    const second = await started({ records, clock, resources });
    await second.settle();
    assert.equal(resources.desired, 20);
    const causes = (await second.told())
      .map(({ cause }) => cause)
      .filter((text) => /sched/.test(text));
    assert.deepEqual(causes.sort(), [
      "scheduled action name down was triggered",
      "scheduled action name up was triggered",
    ]);
    assert.deepEqual(second.defects, []);
    clock.advance(11 * 3600_000);
    await second.settle();
    assert.equal(resources.desired, 2);
  });
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

describe("the loop", () => {
  it("reports what fails, does the rest, and tries again", async () => {
    class Broken extends PlainResources {
      broken = true;
      override async capacity(scope: object, resourceId: string) {
        if (this.broken && resourceId === RESOURCE) throw new Error("out of order");
        return super.capacity(scope, resourceId);
      }
    }
    const resources = new Broken();
    resources.ids.set("function:g:live", { desired: 0, status: "ready" });
    const { register, settle, clock, defects } = await started({ resources });
    await register({ min: 2 });
    await settle();
    await register({ resourceId: "function:g:live", min: 3 });
    await settle();
    assert.deepEqual(resources.set, [3]);
    assert.ok(defects.length > 0);
    resources.broken = false;
    clock.advance(5000);
    await settle();
    assert.deepEqual(resources.set, [3, 2]);
  });

  it("starts nothing after it was closed", async () => {
    const { autoscaling, register, resources, minutes, clock } = await started();
    await autoscaling.close();
    await register({ min: 2 });
    await minutes(2);
    assert.deepEqual(resources.set, []);
    assert.equal(clock.pending, 0);
  });
});
