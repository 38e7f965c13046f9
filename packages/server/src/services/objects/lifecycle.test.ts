import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LifecycleRule } from "../../domain/bucket-lifecycle.ts";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { BUCKET, caller, openFixture, plain, until } from "./fixture.ts";

const DAY = 24 * 3600 * 1000;

const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({
  ID: "rule",
  Status: "Enabled",
  Filter: {},
  ...more,
});

async function opened(...rules: LifecycleRule[]) {
  const engine = createMemoryEngine();
  const messages: string[] = [];
  const fixture = await openFixture(engine, async ({ body }) => {
    messages.push(JSON.parse(Buffer.from(body).toString()).Records[0].eventName);
  });
  const { objects, clock } = fixture;
  const name = { bucket: BUCKET };
  const document = { rules, minimumSize: "all_storage_classes_128K" };
  await objects.putLifecycle(caller, name, document);
  await objects.recover();
  const progress = { space: "000000000000/global/lifecycle", id: "progress" };
  const passed = async () => {
    const today = Math.floor(clock.now() / DAY);
    const found = await engine.records.get<{ day: number; done: boolean }>(
      progress.space,
      progress.id,
    );
    return found?.value.done === true && found.value.day === today;
  };
  return {
    ...fixture,
    messages,
    keep: (status: "Enabled" | "Suspended") => objects.putVersioning(caller, name, status),
    /** Turns the clock, and waits until that day's pass is through. */
    async days(count: number) {
      for (let day = 0; day < count; day++) {
        for (let hour = 0; hour < 24; hour++) {
          clock.advance(3600 * 1000);
          await new Promise((resolve) => setImmediate(resolve));
        }
        await until(async () => {
          clock.advance(0);
          return passed();
        });
      }
    },
    keys: async () =>
      (await objects.listObjects(caller, { ...name, prefix: "", after: "", max: 100 })).objects.map(
        ({ key }) => key,
      ),
    versions: async () =>
      (
        await objects.listVersions(caller, { ...name, prefix: "", afterKey: "", max: 100 })
      ).versions.map(({ key, value }) => `${key}${"marker" in value ? "-" : ""}`),
  };
}

describe("the daily pass", () => {
  it("deletes current objects when their days are over, by prefix, tag and size", async () => {
    const { put, days, keys, has } = await opened(
      rule({ ID: "1", Filter: { Prefix: "old/" }, Expiration: { Days: 2 } }),
      rule({
        ID: "2",
        Filter: { And: { Prefix: "t", Tags: [{ Key: "a", Value: "1" }] } },
        Expiration: { Days: 1 },
      }),
      rule({ ID: "3", Filter: { ObjectSizeGreaterThan: 5 }, Expiration: { Days: 1 } }),
      rule({ ID: "4", Status: "Disabled", Filter: { Prefix: "k" }, Expiration: { Days: 1 } }),
    );
    const { body } = await put("old/a", "x");
    await put("tagged", "x", { attributes: { ...plain, tags: [{ key: "a", value: "1" }] } });
    await put("tagless", "x");
    await put("large", "123456");
    await put("kept", "x");
    await days(1);
    assert.deepEqual(await keys(), ["kept", "large", "old/a", "tagged", "tagless"]);
    await days(1); // at the midnight after one day
    assert.deepEqual(await keys(), ["kept", "old/a", "tagless"]);
    await days(1);
    assert.deepEqual(await keys(), ["kept", "tagless"]);
    assert.equal(await has(body.blob ?? ""), false);
  });

  it("hides what expires where versions are kept, and deletes old ones and lonely markers", async () => {
    const { put, days, keep, versions } = await opened(
      rule({ Expiration: { Days: 1 }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }),
    );
    await keep("Enabled");
    await put("k", "1");
    await put("k", "2");
    assert.deepEqual(await versions(), ["k", "k"]);
    await days(2);
    assert.deepEqual(await versions(), ["k-", "k"]);
    await days(1); // it was hidden at midnight
    assert.deepEqual(await versions(), []);
  });

  it("keeps as many newer old versions as it is told to", async () => {
    const { put, days, keep, versions } = await opened(
      rule({ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 2 } }),
    );
    await keep("Enabled");
    for (let n = 0; n < 6; n++) await put("k", String(n));
    await days(3);
    assert.deepEqual(await versions(), ["k", "k", "k"]);
  });

  it("aborts uploads, and changes classes of what is large enough", async () => {
    const { put, days, objects } = await opened(
      rule({
        ID: "1",
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        Transitions: [{ Days: 1, StorageClass: "GLACIER" }],
      }),
    );
    const name = { bucket: BUCKET, key: "up" };
    const { id, abort } = await objects.createUpload(caller, { ...name, attributes: plain });
    assert.deepEqual(abort, { at: Date.UTC(2026, 10, 24), rule: "1" });
    const listed = await objects.listParts(caller, { ...name, upload: id, after: 0, max: 10 });
    assert.deepEqual(listed.abort, abort);
    await put("small", "x");
    await put("large", "x".repeat(128 * 1024));
    await days(2);
    const request = { bucket: BUCKET, prefix: "", afterKey: "", afterUpload: "", max: 10 };
    assert.deepEqual((await objects.listUploads(caller, request)).uploads, []);
    const classOf = async (key: string) =>
      (await objects.headObject(caller, { bucket: BUCKET, key, conditions: {} })).object
        .storageClass;
    assert.deepEqual([await classOf("small"), await classOf("large")], ["STANDARD", "GLACIER"]);
  });

  it("makes up for days on which the platform was down, once, and tells of what it deletes", async () => {
    const fixture = await opened(rule({ Expiration: { Days: 1 } }));
    const { put, objects, clock, open, keys, messages } = fixture;
    await objects.putNotifications(
      caller,
      { bucket: BUCKET },
      {
        rules: [
          {
            id: "r",
            kind: "function",
            destination: "arn:aws:lambda:us-east-1:000000000000:function:f",
            events: ["s3:LifecycleExpiration:*"],
          },
        ],
        eventBridge: false,
      },
    );
    await put("k", "x");
    await objects.close();
    clock.advance(10 * DAY);
    const next = open();
    await next.recover();
    clock.advance(0);
    await until(async () => (await keys()).length === 0);
    await until(() => messages.length > 0);
    assert.deepEqual(messages, ["LifecycleExpiration:Delete"]);
    await next.close();
  });

  it("goes on where a stop cut it", async () => {
    const { put, objects, clock, open, keys, records } = await opened(
      rule({ Expiration: { Days: 1 } }),
    );
    await Promise.all(Array.from({ length: 1200 }, (_, n) => put(`k${n}`, "x")));
    await objects.close();
    clock.advance(3 * DAY);
    const first = open();
    const seen: string[] = [];
    const space = "000000000000/global/lifecycle";
    const end = records.watch(space, () => {
      if (seen.push("a page") === 1) void first.close(); // in the middle of the pass
    });
    await first.recover();
    clock.advance(0);
    await until(() => seen.length > 0);
    end();
    await first.close();
    const [progress] = await records.list<{ done: boolean; phase: string }>(space);
    assert.deepEqual(
      [progress?.value.done, progress?.value.phase, (await keys()).length > 0],
      [false, "objects", true],
    );
    const next = open();
    await next.recover();
    clock.advance(0);
    await until(async () => (await keys()).length === 0);
    await next.close();
  });

  it("says beforehand when an object expires", async () => {
    const { put, objects } = await opened(rule({ ID: "soon", Expiration: { Days: 1 } }));
    const { expiry } = await put("k", "x");
    assert.deepEqual(expiry, { at: Date.UTC(2026, 10, 24), rule: "soon" });
    const name = { bucket: BUCKET, key: "k", conditions: {} };
    assert.deepEqual((await objects.headObject(caller, name)).expiry, expiry);
    const version = { ...name, version: "null" };
    assert.equal((await objects.headObject(caller, version)).expiry, undefined);
  });
});
