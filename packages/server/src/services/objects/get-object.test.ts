import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { BUCKET, caller, NOW, openFixture, plain, rejects, text } from "./fixture.ts";

describe("getting an object", () => {
  it("whole or in part", async () => {
    const { put, get } = await openFixture(createMemoryEngine());
    await put("k", "0123456789");
    assert.equal(await get("k"), "0123456789");
    assert.equal(await get("k", { range: "bytes=2-4" }), "234");
    assert.equal(await get("k", { range: "bytes=-3" }), "789");
    assert.equal(await get("k", { range: "nonsense" }), "0123456789");
    await rejects(get("k", { range: "bytes=10-" }), "RangeUnsatisfiable", { size: 10 });
  });

  it("under conditions", async () => {
    const { put, get } = await openFixture(createMemoryEngine());
    const { etag } = await put("k", "x");
    await rejects(get("k", { conditions: { ifNoneMatch: etag } }), "ObjectUnchanged", { etag });
    await rejects(get("k", { conditions: { ifMatch: "x" } }), "ObjectConditionFailed", {
      condition: "If-Match",
    });
    await rejects(
      get("k", { conditions: { ifUnmodifiedSince: NOW - 1000 } }),
      "ObjectConditionFailed",
      {
        condition: "If-Unmodified-Since",
      },
    );
  });

  it("that is empty", async () => {
    const { put, get } = await openFixture(createMemoryEngine());
    await put("k", "");
    assert.equal(await get("k"), "");
    assert.equal(await get("k", { part: 1 }), "");
  });

  it("that is not there, or in no such bucket", async () => {
    const { get } = await openFixture(createMemoryEngine());
    await rejects(get("k"), "NoSuchObject", { key: "k" });
    await rejects(get("k", { bucket: "other" }), "NoSuchBucket", { bucket: "other" });
  });

  it("that is archived tells only of itself", async () => {
    const { put, get, objects } = await openFixture(createMemoryEngine());
    await put("k", "x", { attributes: { ...plain, storageClass: "GLACIER" } });
    await rejects(get("k"), "ObjectArchived", { storageClass: "GLACIER" });
    const { object } = await objects.headObject(caller, {
      bucket: BUCKET,
      key: "k",
      conditions: {},
    });
    assert.equal(object.size, 1);
  });

  it("that was put in one piece has one part", async () => {
    const { put, objects } = await openFixture(createMemoryEngine());
    await put("k", "abc");
    const request = { bucket: BUCKET, key: "k", conditions: {} };
    const found = await objects.headObject(caller, { ...request, part: 1 });
    assert.deepEqual([found.range, found.part], [{ start: 0, end: 3 }, undefined]);
    await rejects(objects.headObject(caller, { ...request, part: 2 }), "PartNumberUnsatisfiable");
  });

  it("that is replaced while it is read gives what it was", async () => {
    const { put, objects } = await openFixture(createMemoryEngine());
    await put("k", "old");
    const request = { bucket: BUCKET, key: "k", conditions: {} };
    const { bytes } = await objects.getObject(caller, request);
    await put("k", "new");
    assert.equal(await text(bytes), "old");
  });
});

describe("deleting objects", () => {
  it("is done when they are gone, or were never there", async () => {
    const { put, get, objects, has } = await openFixture(createMemoryEngine());
    const { body } = await put("k", "x");
    const name = { bucket: BUCKET, key: "k" };
    await objects.deleteObject(caller, name);
    await rejects(get("k"), "NoSuchObject");
    assert.equal(await has(body.blob ?? ""), false);
    await objects.deleteObject(caller, name);
  });

  it("only of a certain content, or a certain version", async () => {
    const { put, get, objects } = await openFixture(createMemoryEngine());
    await put("k", "x");
    const name = { bucket: BUCKET, key: "k" };
    await rejects(
      objects.deleteObject(caller, { ...name, ifMatch: "other" }),
      "ObjectConditionFailed",
    );
    await rejects(objects.deleteObject(caller, { ...name, version: "v1" }), "VersionIdInvalid");
    await objects.deleteObject(caller, { ...name, version: "A".repeat(32) }); // there is none: no error
    assert.equal(await get("k"), "x");
    await objects.deleteObject(caller, { ...name, version: "null" });
  });

  it("many at once, each with its own result", async () => {
    const { put, objects } = await openFixture(createMemoryEngine());
    await put("a", "x");
    await put("b", "x");
    const results = await objects.deleteObjects(caller, { bucket: BUCKET }, [
      { key: "a" },
      { key: "a" },
      { key: "b", version: "A".repeat(32) },
      { key: "never" },
    ]);
    assert.deepEqual(
      results.map(({ failure }) => failure?.code),
      [undefined, undefined, "NoSuchObjectVersion", undefined],
    );
    const { objects: left } = await objects.listObjects(caller, {
      bucket: BUCKET,
      prefix: "",
      after: "",
      max: 10,
    });
    assert.deepEqual(
      left.map(({ key }) => key),
      ["b"],
    );
  });
});

describe("tags of an object", () => {
  it("are replaced without touching the object", async () => {
    const { put, objects, clock } = await openFixture(createMemoryEngine());
    const before = await put("k", "x");
    clock.advance(5000);
    const name = { bucket: BUCKET, key: "k" };
    const tags = [{ key: "a", value: "1" }];
    await objects.putObjectTags(caller, name, tags);
    assert.deepEqual(await objects.getObjectTags(caller, name), { tags, version: undefined });
    const { object } = await objects.headObject(caller, { ...name, conditions: {} });
    assert.deepEqual(object, { ...before, tags });
    await rejects(
      objects.putObjectTags(
        caller,
        name,
        Array.from({ length: 11 }, (_, n) => ({ key: `${n}`, value: "" })),
      ),
      "TagInvalid",
      { fault: "tooMany", limit: 10 },
    );
  });
});
