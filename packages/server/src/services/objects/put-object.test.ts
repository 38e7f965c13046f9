import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import type { Change, Records } from "../../ports/records.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { BUCKET, caller, chunks, openFixture, plain, rejects } from "./fixture.ts";

const md5 = (text: string) => createHash("md5").update(text).digest();
const blobOf = (object: { readonly body: { readonly blob?: string | undefined } }) =>
  object.body.blob ?? "";

describe("putting an object", () => {
  it("keeps the bytes, their size, entity tag and a CRC64NVME", async () => {
    const { put, get } = await openFixture(createMemoryEngine());
    const object = await put("k", "123456789");
    assert.equal(await get("k"), "123456789");
    assert.equal(object.size, 9);
    assert.equal(object.etag, md5("123456789").toString("hex"));
    assert.deepEqual(object.checksum, {
      algorithm: "CRC64NVME",
      type: "FULL_OBJECT",
      value: "rosUhgp5mIg=",
    });
  });

  it("replaces what was there, and lets go of its bytes", async () => {
    const { put, get, has } = await openFixture(createMemoryEngine());
    const first = await put("k", "one");
    assert.ok(await has(blobOf(first)));
    const second = await put("k", "two");
    assert.equal(await get("k"), "two");
    assert.ok(second.sequencer > first.sequencer);
    assert.equal(await has(blobOf(first)), false);
  });

  it("by many at once leaves one of them, whole", async () => {
    const { put, get, objects } = await openFixture(createMemoryEngine());
    const written = await Promise.all(Array.from({ length: 50 }, (_, n) => put("k", `text ${n}`)));
    const { object } = await objects.headObject(caller, {
      bucket: BUCKET,
      key: "k",
      conditions: {},
    });
    const last = written.find((each) => each.sequencer === object.sequencer);
    assert.ok(last);
    assert.equal(last.etag, md5(await get("k")).toString("hex"));
  });

  it("where nothing may be, or where a certain one must be", async () => {
    const { put, get } = await openFixture(createMemoryEngine());
    const conditions = { ifAbsent: true };
    await rejects(put("k", "x", { conditions: { ifMatch: '"tag"' } }), "NoSuchObject");
    const { etag } = await put("k", "first", { conditions });
    await rejects(put("k", "x", { conditions }), "ObjectConditionFailed", {
      condition: "If-None-Match",
    });
    await rejects(put("k", "x", { conditions: { ifMatch: '"other"' } }), "ObjectConditionFailed");
    await put("k", "second", { conditions: { ifMatch: `"${etag}"` } });
    assert.equal(await get("k"), "second");
  });

  it("only one of many that want to be the first is", async () => {
    const { put } = await openFixture(createMemoryEngine());
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => put("k", `${n}`, { conditions: { ifAbsent: true } })),
    );
    assert.equal(results.filter((result) => result.status === "fulfilled").length, 1);
  });
});

describe("a put that is not what was announced leaves nothing behind", () => {
  const crc = (value: string | undefined) =>
    ({ algorithm: "CRC32", value: () => value, ...(value && { early: value }) }) as const;
  const cases: [name: string, body: object, code: string][] = [
    ["shorter", { length: 4 }, "BodyIncomplete"],
    ["longer", { length: 2 }, "BodyIncomplete"],
    ["no MD5 at all", { md5: "nonsense" }, "DigestMalformed"],
    ["another MD5", { md5: md5("other").toString("base64") }, "DigestMismatch"],
    ["another signed hash", { sha256: "0".repeat(64) }, "PayloadHashMismatch"],
    ["no checksum at all", { checksum: crc("nonsense") }, "ChecksumMalformed"],
    ["another checksum", { checksum: crc("AAAAAA==") }, "ChecksumMismatch"],
    ["a trailer that does not come", { checksum: crc(undefined) }, "ChecksumMissing"],
    ["too large", { length: 5 * 1024 ** 3 + 1 }, "ObjectTooLarge"],
  ];
  for (const [name, body, code] of cases)
    it(`${name}: ${code}`, async () => {
      const { put, records } = await openFixture(createMemoryEngine());
      await put("k", "before");
      await rejects(put("k", "", { body: { bytes: chunks("abc"), ...body } }), code);
      await rejects(put("new", "", { body: { bytes: chunks("abc"), ...body } }), code);
      const space = `${caller.account}/us-east-1/objects/${BUCKET}`;
      const left = await records.list<{ etag: string }>(space);
      assert.deepEqual(
        left.map(({ id, value }) => [id, value.etag]),
        [["k", md5("before").toString("hex")]],
      );
    });

  it("a source that breaks is passed on", async () => {
    const { put, get } = await openFixture(createMemoryEngine());
    const bytes = (async function* () {
      yield Buffer.from("half");
      throw new Error("the client went away");
    })();
    await assert.rejects(put("k", "", { body: { bytes } }), /went away/);
    await rejects(get("k"), "NoSuchObject");
  });

  it("what is announced rightly is taken", async () => {
    const { put, get } = await openFixture(createMemoryEngine());
    const body = {
      bytes: chunks("12345", "6789"),
      length: 9,
      md5: md5("123456789").toString("base64"),
      sha256: createHash("sha256").update("123456789").digest("hex"),
      checksum: crc("y/Q5Jg=="),
    };
    const { checksum } = await put("k", "", { body });
    assert.equal(checksum.value, "y/Q5Jg==");
    assert.equal(await get("k"), "123456789");
  });
});

describe("limits of a put", () => {
  it("a key has at most 1,024 bytes, not characters", async () => {
    const { put, get } = await openFixture(createMemoryEngine());
    await put("é".repeat(512), "fits");
    assert.equal(await get("é".repeat(512)), "fits");
    await rejects(put("é".repeat(513), "x"), "ObjectKeyTooLong", { size: 1026 });
    await rejects(put("a\0b", "x"), "ObjectKeyTooLong");
  });

  it("metadata has at most 2 KB", async () => {
    const { put } = await openFixture(createMemoryEngine());
    const attributes = { ...plain, metadata: { name: "v".repeat(2044) } };
    await put("k", "x", { attributes });
    const more = { ...plain, metadata: { name: "v".repeat(2045) } };
    await rejects(put("k", "x", { attributes: more }), "MetadataTooLarge", { size: 2049 });
  });

  it("names from the prototype are only names", async () => {
    const { put, objects } = await openFixture(createMemoryEngine());
    const metadata = JSON.parse('{"__proto__": "a", "constructor": "b"}');
    await put("__proto__", "x", { attributes: { ...plain, metadata } });
    const { object } = await objects.headObject(caller, {
      bucket: BUCKET,
      key: "__proto__",
      conditions: {},
    });
    assert.deepEqual(Object.entries(object.metadata), [
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
  });
});

it("a write of which nobody knows whether it was kept does not take its bytes away", async () => {
  const engine = createMemoryEngine();
  let failing = false;
  const records: Records = Object.create(engine.records, {
    commit: {
      value: async (changes: readonly Change[]) => {
        await engine.records.commit(changes);
        if (failing) throw storageError("StorageFailed", "the thread ended after the commit");
      },
    },
    ...Object.fromEntries(
      (["get", "list", "spaces", "watch"] as const).map((name) => [
        name,
        { value: engine.records[name].bind(engine.records) },
      ]),
    ),
  });
  const { put, get } = await openFixture({ records, blobs: engine.blobs });
  failing = true;
  await rejects(put("k", "kept after all"), "StorageFailed");
  assert.equal(await get("k"), "kept after all");
});
