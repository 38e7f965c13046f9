import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { NotificationRule } from "../../domain/notification.ts";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { type Targets, Undeliverable } from "../../ports/targets.ts";
import {
  BUCKET,
  caller,
  handClock,
  openFixture,
  plain,
  rejects,
  targetsOf,
  until,
} from "./fixture.ts";
import { createObjects } from "./index.ts";

const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f";
const name = { bucket: BUCKET };
const rule = (more: Partial<NotificationRule> = {}): NotificationRule => ({
  id: "rule",
  kind: "function",
  destination: FUNCTION,
  events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
  ...more,
});

interface Got {
  readonly arn: string;
  readonly event: string;
  readonly key: string;
}

/** A bucket with a rule, and a function that keeps what it gets. */
async function listening(deliver?: Targets["deliver"]) {
  const got: Got[] = [];
  const keep: Targets["deliver"] = async ({ target: arn, body }) => {
    const { Records } = JSON.parse(Buffer.from(body).toString());
    got.push({ arn, event: Records[0].eventName, key: Records[0].s3.object.key });
  };
  const fixture = await openFixture(createMemoryEngine(), async (message) => {
    await deliver?.(message);
    await keep(message);
  });
  await fixture.objects.putNotifications(caller, name, { rules: [rule()], eventBridge: false });
  const left = async () =>
    (await fixture.records.list(`${caller.account}/us-east-1/object-events/${BUCKET}`)).length;
  return { ...fixture, got, left };
}

describe("a function hears of its bucket", () => {
  it("each way in which objects come and go", async () => {
    const { objects, put, got, left } = await listening();
    await put("put", "x");
    await put("post", "x", { event: "Post" });
    const source = { ...name, key: "put", conditions: {} };
    await objects.copyObject(caller, {
      ...name,
      key: "copy",
      source,
      encrypted: false,
      conditions: {},
    });
    const { id } = await objects.createUpload(caller, { ...name, key: "multi", attributes: plain });
    const upload = { ...name, key: "multi", upload: id };
    const { part } = await objects.copyPart(caller, { ...upload, number: 1, source });
    await objects.completeUpload(caller, {
      ...upload,
      parts: [{ number: 1, etag: part.etag, checksums: {} }],
      conditions: {},
    });
    await objects.deleteObject(caller, { ...name, key: "put" });
    await objects.deleteObject(caller, { ...name, key: "never there" });
    await until(async () => got.length === 5 && (await left()) === 0);
    assert.deepEqual(got.map(({ event, key }) => `${event} ${key}`).sort(), [
      "ObjectCreated:CompleteMultipartUpload multi",
      "ObjectCreated:Copy copy",
      "ObjectCreated:Post post",
      "ObjectCreated:Put put",
      "ObjectRemoved:Delete put",
    ]);
  });

  it("only of the keys that its rule names", async () => {
    const { objects, put, got } = await listening();
    await objects.putNotifications(caller, name, {
      rules: [rule({ prefix: "in/", suffix: ".jpg" })],
      eventBridge: false,
    });
    await put("in/a.png", "x");
    await put("out/a.jpg", "x");
    await put("in/a.jpg", "x");
    await until(() => got.length > 0);
    assert.deepEqual(
      got.map(({ key }) => key),
      ["in/a.jpg"],
    );
  });

  it("not of a write that was refused", async () => {
    const { put, left, got } = await listening();
    await put("k", "x");
    await rejects(put("k", "y", { conditions: { ifAbsent: true } }), "ObjectConditionFailed");
    await until(async () => (await left()) === 0);
    assert.equal(got.length, 1);
  });
});

describe("an event on its way", () => {
  it("is tried again until it is accepted", async () => {
    let failures = 2;
    const { put, got, left, clock } = await listening(async () => {
      if (failures-- > 0) throw new Error("busy");
    });
    await put("k", "x");
    await until(() => failures === 1);
    assert.equal(await left(), 1, "kept while it is not accepted");
    await until(async () => {
      clock.advance(1000);
      return got.length === 1 && (await left()) === 0;
    });
  });

  it("is delivered once where the records fail for a while, and forgotten when they are back", async () => {
    const { put, got, left, clock, records } = await listening();
    const { commit } = records;
    let failures = 0;
    records.commit = (changes) => {
      if (!changes.some((change) => "delete" in change)) return commit.call(records, changes);
      failures++;
      return Promise.reject(new Error("the disk is full"));
    };
    await put("k", "x");
    await until(() => failures > 0);
    records.commit = commit;
    await until(async () => {
      clock.advance(1000);
      return (await left()) === 0;
    });
    assert.equal(got.length, 1);
  });

  it("for a function that is gone is dropped", async () => {
    const { put, got, left } = await listening(async () => {
      throw new Undeliverable("no such function");
    });
    await put("k", "x");
    await until(async () => (await left()) === 0);
    assert.deepEqual(got, []);
  });

  it("is dropped after a day", async () => {
    let tries = 0;
    const { put, left, clock } = await listening(async () => {
      tries++;
      throw new Error("busy");
    });
    await put("k", "x");
    await until(() => tries > 0);
    await until(async () => {
      clock.advance(25 * 3600 * 1000);
      return (await left()) === 0;
    });
  });

  it("survives the platform: its next life sends what this one could not", async () => {
    const never = new Promise<void>(() => undefined);
    const { objects, put, left, records, blobs } = await listening(() => never);
    for (let n = 0; n < 3; n++) await put(`k${n}`, "x");
    assert.equal(await left(), 3);
    const got: string[] = [];
    const next = createObjects({
      records,
      blobs,
      clock: handClock(),
      targets: targetsOf(async ({ target }) => void got.push(target)),
    });
    await next.recover();
    await until(async () => (await left()) === 0);
    assert.deepEqual(got, [FUNCTION, FUNCTION, FUNCTION]);
    await next.close();
    assert.ok(objects);
  });

  it("waits in the records where too many are under way, and comes through", async () => {
    let running = 0;
    let most = 0;
    const { objects, put, got, left } = await listening(async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    });
    const keys = Array.from({ length: 2500 }, (_, n) => `k${n}`);
    await Promise.all(keys.map((key) => put(key, "")));
    await until(async () => (await left()) === 0);
    assert.deepEqual(new Set(got.map(({ key }) => key)), new Set(keys));
    assert.ok(most <= 32, `${most} at once`);
    await objects.close();
  });
});

describe("rules of a bucket", () => {
  it("are kept as they were given", async () => {
    const { objects } = await openFixture(createMemoryEngine());
    assert.deepEqual((await objects.getNotifications(caller, name)).rules, []);
    await objects.putNotifications(caller, name, {
      rules: [rule({ suffix: "" })],
      eventBridge: false,
    });
    assert.deepEqual((await objects.getNotifications(caller, name)).rules, [rule({ suffix: "" })]);
  });

  it("for what does not exist are refused, unless the client knows better", async () => {
    const { records, blobs, clock } = await openFixture(createMemoryEngine());
    const targets = { deliver: async () => {}, exists: async () => false };
    const objects = createObjects({ records, blobs, clock, targets });
    const queue = rule({ kind: "queue", destination: "arn:aws:sqs:us-east-1:000000000000:q" });
    await rejects(
      objects.putNotifications(caller, name, { rules: [queue], eventBridge: false }),
      "DestinationMissing",
      {
        missing: [queue],
      },
    );
    await objects.putNotifications(caller, name, { rules: [queue], eventBridge: false }, false);
  });

  it("that make no sense are refused", async () => {
    const { objects } = await openFixture(createMemoryEngine());
    const put = objects.putNotifications(caller, name, {
      rules: [rule(), rule({ id: "other" })],
      eventBridge: false,
    });
    await rejects(put, "NotificationRuleInvalid", { fault: "overlap" });
  });
});
