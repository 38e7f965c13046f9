/** Scheduled actions when their time comes, and when it came while nobody was there. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NAME, SCOPE, started } from "./fixture.ts";

const DAY_MS = 24 * 3600_000;

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
