import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import type { CompleteRequest } from "./complete-upload.ts";
import { BUCKET, caller, chunks, NOW, openFixture, plain, rejects } from "./fixture.ts";

const MB5 = 5 * 1024 ** 2;
const big = "a".repeat(MB5);
const md5 = (bytes: string | Buffer) => createHash("md5").update(bytes).digest();
const name = { bucket: BUCKET, key: "k" };

async function begun(more: object = {}) {
  const fixture = await openFixture(createMemoryEngine());
  const { objects } = fixture;
  const upload = await objects.createUpload(caller, { ...name, attributes: plain, ...more });
  const at = { ...name, upload: upload.id };
  return {
    ...fixture,
    upload,
    at,
    part: async (number: number, text: string) =>
      (await objects.uploadPart(caller, { ...at, number, body: { bytes: chunks(text) } })).part,
    complete: (
      parts: readonly {
        readonly number: number;
        readonly etag: string;
        readonly checksum?: string;
      }[],
      more: Partial<CompleteRequest> = {},
    ) =>
      objects.completeUpload(caller, {
        ...at,
        parts: parts.map(({ number, etag }) => ({ number, etag, checksums: {} })),
        conditions: {},
        ...more,
      }),
  };
}

describe("a multipart upload", () => {
  it("becomes an object of its parts", async () => {
    const { part, complete, get, objects, upload, clock } = await begun();
    const parts = [await part(1, big), await part(3, "tail")];
    clock.advance(60_000);
    const object = await complete(parts);
    assert.equal(object.size, MB5 + 4);
    assert.equal(object.etag, `${md5(Buffer.concat([md5(big), md5("tail")])).toString("hex")}-2`);
    assert.equal(object.lastModified, NOW, "dated back to its beginning");
    assert.equal(await get("k"), `${big}tail`);
    assert.equal(await get("k", { range: `bytes=${MB5 - 2}-${MB5 + 1}` }), "aata");
    assert.equal(await get("k", { part: 3 }), "tail");
    const found = await objects.headObject(caller, { ...name, conditions: {}, part: 3 });
    assert.deepEqual(found.range, { start: MB5, end: MB5 + 4 });
    assert.equal(found.part?.count, 2);
    await rejects(objects.abortUpload(caller, { ...name, upload: upload.id }), "NoSuchUpload");
  });

  it("keeps the checksum of the whole without reading it", async () => {
    const { part, complete, put } = await begun();
    const { checksum } = await complete([await part(1, big), await part(2, "tail")]);
    const whole = await put("same", `${big}tail`);
    assert.deepEqual(checksum, whole.checksum);
  });

  it("forgets the parts that were not chosen, and those that were replaced", async () => {
    const { part, complete, has, records } = await begun();
    const replaced = await part(1, "first try");
    const chosen = await part(1, "second try");
    const unused = await part(2, "unused");
    await complete([chosen]);
    assert.deepEqual(await Promise.all([replaced, chosen, unused].map(({ blob }) => has(blob))), [
      false,
      true,
      false,
    ]);
    const spaces = await records.spaces(`${caller.account}/us-east-1/`);
    assert.deepEqual(
      spaces.map((space) => space.split("/")[2]),
      ["object-parts", "objects"],
    );
  });

  it("of ten thousand parts is completed in one commit", async () => {
    const { records, objects, at, complete } = await begun();
    const { blob, etag, checksum, lastModified } = await (await begun()).part(1, "x");
    const space = `${caller.account}/us-east-1/upload-parts/${BUCKET}/${at.upload}`;
    // As if they had been uploaded: 50 GB would take a while.
    const parts = Array.from({ length: 10_000 }, (_, index) => {
      return {
        number: index + 1,
        blob: `${blob}-${index}`,
        size: MB5,
        etag,
        checksum,
        lastModified,
      };
    });
    const id = (number: number) => String(number).padStart(5, "0");
    await records.commit(parts.map((part) => ({ put: part, space, id: id(part.number) })));
    const object = await complete(parts);
    assert.equal(object.size, 10_000 * MB5);
    const { parts: kept } = await objects.describeObject(caller, name);
    assert.equal(kept.length, 10_000);
    assert.deepEqual(await records.list(space), []);
  });

  it("completed twice gives the same object", async () => {
    const { part, complete } = await begun();
    const parts = [await part(1, "x")];
    assert.deepEqual(await complete(parts), await complete(parts));
  });

  it("completed twice at once makes one object", async () => {
    const { part, complete, get } = await begun();
    const parts = [await part(1, "x")];
    const [a, b] = await Promise.all([complete(parts), complete(parts)]);
    assert.deepEqual(a, b);
    assert.equal(await get("k"), "x");
  });

  it("a part that is replaced under its completion is in it whole, or not at all", async () => {
    for (let round = 0; round < 20; round++) {
      const { part, complete, get } = await begun();
      const first = await part(1, "first");
      const [, completed] = await Promise.allSettled([part(1, "second"), complete([first])]);
      if (completed.status === "fulfilled") assert.equal(await get("k"), "first");
      else await rejects(Promise.reject(completed.reason), "PartMissing");
    }
  });

  it("given up leaves nothing", async () => {
    const { part, objects, at, has, records } = await begun();
    const { blob } = await part(1, "x");
    await objects.abortUpload(caller, at);
    assert.equal(await has(blob), false);
    assert.deepEqual(await records.spaces(`${caller.account}/us-east-1/`), []);
    await rejects(
      objects.uploadPart(caller, { ...at, number: 2, body: { bytes: chunks("x") } }),
      "NoSuchUpload",
    );
  });

  it("replaced by another object gives up all its parts", async () => {
    const { part, complete, put, has, records } = await begun();
    const parts = [await part(1, big), await part(2, "x")];
    await complete(parts);
    await put("k", "small");
    assert.deepEqual(await Promise.all(parts.map(({ blob }) => has(blob))), [false, false]);
    assert.deepEqual(await records.list(`${caller.account}/us-east-1/object-parts/${BUCKET}`), []);
  });

  it("that is read while it is replaced is read to its end", async () => {
    const { part, complete, put, objects, has } = await begun();
    const parts = [await part(1, big), await part(2, "tail")];
    await complete(parts);
    const { bytes } = await objects.getObject(caller, { ...name, conditions: {} });
    await put("k", "small");
    let size = 0;
    for await (const chunk of bytes) size += chunk.length;
    assert.equal(size, MB5 + 4);
    assert.deepEqual(await Promise.all(parts.map(({ blob }) => has(blob))), [false, false]);
  });

  it("whose reader goes away before the first byte lets go of its parts", async () => {
    const { part, complete, put, objects, has } = await begun();
    const parts = [await part(1, big), await part(2, "tail")];
    await complete(parts);
    const { bytes } = await objects.getObject(caller, { ...name, conditions: {} });
    await put("k", "small");
    await bytes[Symbol.asyncIterator]().return?.();
    assert.deepEqual(await Promise.all(parts.map(({ blob }) => has(blob))), [false, false]);
  });
});

describe("completing an upload is refused", () => {
  it("without parts, out of order, or with parts that are not there", async () => {
    const { part, complete, at } = await begun();
    const [one, two] = [await part(1, big), await part(2, "x")];
    await rejects(complete([]), "PartsMissing");
    await rejects(complete([two, one]), "PartsUnordered");
    await rejects(complete([one, one]), "PartsUnordered");
    const wrong = { ...two, etag: "nonsense" };
    await rejects(complete([one, wrong]), "PartMissing", { part: 2, upload: at.upload });
    await rejects(complete([{ ...two, number: 7 }]), "PartMissing", { part: 7 });
    await complete([one, two]);
  });

  it("with a part below 5 MB that is not the last", async () => {
    const { part, complete } = await begun();
    const parts = [await part(1, "small"), await part(2, "x")];
    await rejects(complete(parts), "PartTooSmall", { part: 1, size: 5 });
  });

  it("with another size or type of checksum", async () => {
    const { part, complete } = await begun();
    const parts = [await part(1, "x")];
    await rejects(complete(parts, { size: 2 }), "CompletionSizeMismatch");
    await rejects(complete(parts, { checksumType: "COMPOSITE" }), "CompletionTypeMismatch", {
      type: null,
    });
  });

  it("where somebody wrote the object since it began", async () => {
    const { part, complete, put } = await begun();
    const parts = [await part(1, "x")];
    const { etag } = await put("k", "between");
    await rejects(complete(parts, { conditions: { ifMatch: etag } }), "ObjectWriteConflict");
    await rejects(complete(parts, { conditions: { ifMatch: "other" } }), "ObjectConditionFailed");
    await rejects(complete(parts, { conditions: { ifAbsent: true } }), "ObjectConditionFailed");
  });

  it("without the checksums of a composite one, or with wrong or foreign ones", async () => {
    const { part, complete } = await begun({ algorithm: "CRC32" });
    const { number, etag, checksum } = await part(1, "x");
    const chosen = (checksums: object) => ({ parts: [{ number, etag, checksums }] });
    await rejects(complete([], chosen({})), "CompletionChecksumMissing", { part: 1 });
    await rejects(complete([], chosen({ CRC32: "AAAAAA==" })), "PartMissing", { part: 1 });
    await rejects(complete([], chosen({ SHA1: "x" })), "CompletionChecksumForeign");
    const object = await complete([], chosen({ CRC32: checksum }));
    assert.equal(object.checksum.type, "COMPOSITE");
  });

  it("with another checksum of the whole", async () => {
    const { part, complete } = await begun({ algorithm: "CRC32", checksumType: "FULL_OBJECT" });
    const parts = [await part(1, "123456789")];
    const claim = (value: string) => ({ checksum: { algorithm: "CRC32" as const, value } });
    await rejects(complete(parts, claim("AAAAAA==")), "CompletionChecksumMismatch");
    await complete(parts, claim("y/Q5Jg=="));
  });
});

describe("beginning an upload is refused", () => {
  const create = (more: object) => begun(more);
  it("with a type of checksum that the algorithm does not have", async () => {
    await rejects(create({ checksumType: "COMPOSITE" }), "ChecksumTypeWithoutAlgorithm");
    await rejects(
      create({ algorithm: "CRC64NVME", checksumType: "COMPOSITE" }),
      "ChecksumTypeUnsuitable",
    );
    await rejects(
      create({ algorithm: "SHA1", checksumType: "FULL_OBJECT" }),
      "ChecksumTypeUnsuitable",
    );
  });
});

describe("parts of an upload", () => {
  it("are listed by number, page by page", async () => {
    const { part, objects, at } = await begun();
    for (const number of [10, 2, 1]) await part(number, "x");
    const list = async (after: number, max: number) => {
      const { parts, truncated } = await objects.listParts(caller, { ...at, after, max });
      return [parts.map(({ number }) => number), truncated];
    };
    assert.deepEqual(await list(0, 2), [[1, 2], true]);
    assert.deepEqual(await list(2, 2), [[10], false]);
  });

  it("have numbers from 1 to 10,000, and the upload's checksum", async () => {
    const { objects, part, at } = await begun({ algorithm: "SHA256" });
    for (const number of [0, -1, 10_001, 1.5])
      await rejects(part(number, "x"), "PartNumberInvalid");
    const body = {
      bytes: chunks("x"),
      checksum: { algorithm: "CRC32", value: () => "AAAAAA==" } as const,
    };
    await rejects(
      objects.uploadPart(caller, { ...at, number: 1, body }),
      "UploadChecksumMismatch",
      {
        expected: "SHA256",
        actual: "CRC32",
      },
    );
  });

  it("can be copied from an object, or a range of it", async () => {
    const { objects, put, get, at, complete } = await begun();
    await put("source", "0123456789");
    const copy = (range?: string) =>
      objects.copyPart(caller, {
        ...at,
        number: 1,
        source: { bucket: BUCKET, key: "source", conditions: {}, ...(range && { range }) },
      });
    await rejects(copy("bytes=5-"), "CopyRangeInvalid");
    await rejects(copy("bytes=5-10"), "CopyRangeInvalid", { size: 10 });
    assert.equal((await copy()).part.size, 10);
    const { part } = await copy("bytes=2-4");
    await complete([part]);
    assert.equal(await get("k"), "234");
  });
});

it("uploads are listed by key and age", async () => {
  const { objects } = await openFixture(createMemoryEngine());
  const ids: string[] = [];
  for (const key of ["b", "a", "a", "c/1", "c/2"])
    ids.push((await objects.createUpload(caller, { bucket: BUCKET, key, attributes: plain })).id);
  const list = async (more: {
    afterKey?: string;
    afterUpload?: string;
    max?: number;
    delimiter?: string;
  }) => {
    const request = { bucket: BUCKET, prefix: "", afterKey: "", afterUpload: "", max: 10, ...more };
    const { uploads, prefixes, truncated } = await objects.listUploads(caller, request);
    return [...uploads.map(({ id }) => ids.indexOf(id)), ...prefixes, truncated];
  };
  assert.deepEqual(await list({}), [1, 2, 0, 3, 4, false]);
  assert.deepEqual(await list({ delimiter: "/" }), [1, 2, 0, "c/", false]);
  assert.deepEqual(await list({ max: 1 }), [1, true]);
  assert.deepEqual(await list({ max: 1, afterKey: "a" }), [0, true]);
  assert.deepEqual(await list({ max: 1, afterKey: "a", afterUpload: ids[1] ?? "" }), [2, true]);
  await rejects(list({ afterKey: "b", afterUpload: ids[1] ?? "" }), "UploadMarkerInvalid");
});

it("pages of uploads end with what the next one goes on behind, an upload or a prefix", async () => {
  const { objects } = await openFixture(createMemoryEngine());
  for (const key of ["a/1", "a/2", "b", "c/1", "c/2"])
    await objects.createUpload(caller, { bucket: BUCKET, key, attributes: plain });
  const seen: string[] = [];
  for (let afterKey = "", afterUpload = "", more = true; more; ) {
    const request = { bucket: BUCKET, prefix: "", delimiter: "/", max: 1, afterKey, afterUpload };
    const { uploads, prefixes, last, truncated } = await objects.listUploads(caller, request);
    seen.push(...uploads.map(({ key }) => key), ...prefixes);
    afterKey = last?.key ?? "";
    afterUpload = last?.upload ?? "";
    more = truncated && seen.length < 10;
  }
  assert.deepEqual(seen, ["a/", "b", "c/"]);
});
