import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import type { CopyRequest } from "./copy-object.ts";
import { BUCKET, caller, NOW, openFixture, plain, rejects } from "./fixture.ts";

async function opened() {
  const fixture = await openFixture(createMemoryEngine());
  const copy = async (from: string, to: string, more: Partial<CopyRequest> = {}) => {
    const { object } = await fixture.objects.copyObject(caller, {
      bucket: BUCKET,
      key: to,
      source: { bucket: BUCKET, key: from, conditions: {} },
      encrypted: false,
      conditions: {},
      ...more,
    });
    return object;
  };
  return { ...fixture, copy };
}

const rich = {
  headers: { type: "text/plain" },
  metadata: { a: "1" },
  tags: [{ key: "t", value: "v" }],
  storageClass: "STANDARD_IA",
  websiteRedirect: "/elsewhere",
} as const;

describe("copying an object", () => {
  it("copies bytes, headers, metadata and tags, but neither class nor redirect", async () => {
    const { put, get, copy } = await opened();
    const source = await put("a", "text", { attributes: rich });
    const { body, sequencer, ...made } = await copy("a", "b");
    const { body: _, sequencer: __, websiteRedirect: ___, ...rest } = source;
    assert.deepEqual(made, { ...rest, storageClass: "STANDARD" });
    assert.notDeepEqual(body, source.body);
    assert.ok(sequencer > source.sequencer);
    assert.equal(await get("b"), "text");
  });

  it("replaces what it is told to replace", async () => {
    const { put, copy } = await opened();
    await put("a", "text", { attributes: rich });
    const describe = { headers: { type: "image/png" }, metadata: {} };
    const made = await copy("a", "b", { describe, tags: [], algorithm: "SHA1" });
    assert.deepEqual([made.headers, made.metadata, made.tags], [describe.headers, {}, []]);
    assert.equal(made.checksum.algorithm, "SHA1");
  });

  it("onto itself must change something", async () => {
    const { put, get, copy } = await opened();
    await put("a", "text");
    await rejects(copy("a", "a"), "CopyToItself");
    await copy("a", "a", { storageClass: "STANDARD" });
    await copy("a", "a", { describe: { headers: {}, metadata: { b: "2" } } });
    assert.equal(await get("a"), "text");
  });

  it("under conditions on its source, all of them 412", async () => {
    const { put, copy } = await opened();
    const { etag } = await put("a", "text");
    const failing = [
      [{ ifMatch: "other" }, "x-amz-copy-source-If-Match"],
      [{ ifNoneMatch: etag }, "x-amz-copy-source-If-None-Match"],
      [{ ifModifiedSince: NOW }, "x-amz-copy-source-If-Modified-Since"],
      [{ ifUnmodifiedSince: NOW - 5000 }, "x-amz-copy-source-If-Unmodified-Since"],
    ] as const;
    for (const [conditions, condition] of failing) {
      const source = { bucket: BUCKET, key: "a", conditions };
      await rejects(copy("a", "b", { source }), "ObjectConditionFailed", { condition });
    }
  });

  it("under conditions on its target", async () => {
    const { put, copy } = await opened();
    await put("a", "text");
    await put("b", "there");
    await rejects(copy("a", "b", { conditions: { ifAbsent: true } }), "ObjectConditionFailed");
  });

  it("of a multipart object makes one piece with a plain entity tag", async () => {
    const { objects, put, copy } = await opened();
    const name = { bucket: BUCKET, key: "a" };
    const { id } = await objects.createUpload(caller, {
      ...name,
      attributes: plain,
      algorithm: "CRC32",
    });
    const bytes = (async function* () {
      yield Buffer.from("123456789");
    })();
    const upload = { ...name, upload: id };
    const { part } = await objects.uploadPart(caller, { ...upload, number: 1, body: { bytes } });
    const parts = [{ number: 1, etag: part.etag, checksums: { CRC32: part.checksum } }];
    await objects.completeUpload(caller, { ...upload, parts, conditions: {} });
    const made = await copy("a", "b");
    assert.equal(made.etag, (await put("c", "123456789")).etag);
    assert.deepEqual(made.checksum, { algorithm: "CRC32", type: "FULL_OBJECT", value: "y/Q5Jg==" });
  });

  it("of more than 5 GB is refused before it is read", async () => {
    const { put, copy, records } = await opened();
    const object = await put("a", "text");
    const space = `${caller.account}/us-east-1/objects/${BUCKET}`;
    const huge = { ...object, size: 5 * 1024 ** 3 + 1 };
    await records.commit([{ put: huge, space, id: "a" }]);
    await rejects(copy("a", "b"), "CopySourceTooLarge");
  });

  it("of what is not there says which of the two", async () => {
    const { copy, get } = await opened();
    await rejects(copy("a", "b"), "NoSuchObject", { key: "a" });
    await rejects(get("b"), "NoSuchObject");
  });
});
