/** What really happens to the capacity: bounds, changes and how they end, and the loop that makes them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NAME, openAutoscaling, PlainResources, RESOURCE, SCOPE, started } from "./fixture.ts";

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
