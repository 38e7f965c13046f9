import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { BUCKET, caller, openFixture, plain, rejects } from "./fixture.ts";

const name = { bucket: BUCKET };

describe("buckets", () => {
  it("are found by name from every region, and listed by name", async () => {
    const { objects } = await openFixture(createMemoryEngine());
    await objects.createBucket({ ...caller, region: "eu-west-1" }, { name: "abc", location: "EU" });
    const bucket = await objects.headBucket(caller, { bucket: "abc" });
    assert.deepEqual([bucket.region, bucket.location], ["eu-west-1", "EU"]);
    const { buckets, next } = await objects.listBuckets(caller, { max: 10 });
    assert.deepEqual([buckets.map((b) => b.name), next], [["abc", BUCKET], undefined]);
  });

  it("are listed by page, prefix and region", async () => {
    const { objects } = await openFixture(createMemoryEngine());
    for (const each of ["a-1", "a-2", "a-3"]) await objects.createBucket(caller, { name: each });
    const list = async (request: Partial<Parameters<typeof objects.listBuckets>[1]>) => {
      const { buckets, next } = await objects.listBuckets(caller, { max: 2, ...request });
      return [buckets.map((b) => b.name), next];
    };
    assert.deepEqual(await list({ prefix: "a-" }), [["a-1", "a-2"], "a-2"]);
    assert.deepEqual(await list({ prefix: "a-", after: "a-2" }), [["a-3"], undefined]);
    assert.deepEqual(await list({ region: "us-west-2" }), [[], undefined]);
  });

  it("belong to an account: another one does not see them", async () => {
    const { objects } = await openFixture(createMemoryEngine());
    const stranger = { ...caller, account: "111111111111" };
    await rejects(objects.headBucket(stranger, name), "NoSuchBucket", name);
    await rejects(
      objects.headBucket(caller, { ...name, expectedOwner: "111111111111" }),
      "BucketOwnerMismatch",
    );
  });

  it("have one name each", async () => {
    const { objects } = await openFixture(createMemoryEngine());
    await rejects(objects.createBucket(caller, { name: BUCKET }), "BucketExists");
    await rejects(objects.createBucket(caller, { name: "Bad" }), "BucketNameInvalid");
  });

  it("are deleted only when they are empty", async () => {
    const { objects, put } = await openFixture(createMemoryEngine());
    await put("k", "x");
    await rejects(objects.deleteBucket(caller, name), "BucketNotEmpty", name);
    await put("k2", "still writable");
    await objects.deleteObjects(caller, name, [{ key: "k" }, { key: "k2" }]);
    await objects.deleteBucket(caller, name);
    await rejects(objects.headBucket(caller, name), "NoSuchBucket");
  });

  it("take their unfinished uploads with them", async () => {
    const { objects, records } = await openFixture(createMemoryEngine());
    const upload = await objects.createUpload(caller, { ...name, key: "k", attributes: plain });
    await objects.uploadPart(caller, {
      ...name,
      key: "k",
      upload: upload.id,
      number: 1,
      body: { bytes: (async function* () {})() },
    });
    await objects.deleteBucket(caller, name);
    assert.deepEqual(await records.spaces(""), []);
  });

  it("cannot be deleted under a put: one of the two fails", async () => {
    for (let round = 0; round < 20; round++) {
      const { objects, put, get } = await openFixture(createMemoryEngine());
      const [putting, deleting] = await Promise.allSettled([
        put("k", "x"),
        objects.deleteBucket(caller, name),
      ]);
      if (putting.status === "fulfilled") {
        assert.equal(deleting.status, "rejected");
        assert.equal(await get("k"), "x");
      } else assert.equal(deleting.status, "fulfilled");
    }
  });

  it("come back to life where a deletion crashed half way", async () => {
    const { objects, records, clock, put, get } = await openFixture(createMemoryEngine());
    const space = `${caller.account}/global/buckets`;
    const bucket = await objects.headBucket(caller, name);
    await records.commit([{ put: { ...bucket, deleting: clock.now() }, space, id: BUCKET }]);
    await rejects(put("k", "x"), "BucketBusy");
    clock.advance(60_000);
    await put("k", "x");
    assert.equal(await get("k"), "x");
  });

  it("carry tags", async () => {
    const { objects } = await openFixture(createMemoryEngine());
    await rejects(objects.getBucketTags(caller, name), "NoTags", name);
    const [a, b] = [
      { key: "a", value: "1" },
      { key: "b", value: "" },
    ] as const;
    await objects.putBucketTags(caller, name, [b, a]);
    assert.deepEqual(await objects.getBucketTags(caller, name), [a, b]);
    await rejects(objects.putBucketTags(caller, name, [a, a]), "TagInvalid", {
      fault: "duplicate",
    });
    await objects.putBucketTags(caller, name, []);
    await rejects(objects.getBucketTags(caller, name), "NoTags");
  });
});
