import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { BUCKET, caller, chunks, openFixture, plain, rejects } from "./fixture.ts";

const secret = () => {
  const key = randomBytes(32);
  return { key, md5: createHash("md5").update(key).digest("base64") };
};

async function opened() {
  const fixture = await openFixture(createMemoryEngine());
  const customer = secret();
  const text = "The quick brown fox jumps over the lazy dog.".repeat(30);
  const encryption = { algorithm: "customer", keyMd5: customer.md5 } as const;
  const body = { bytes: chunks(text.slice(0, 7), text.slice(7, 400), text.slice(400)), customer };
  const object = await fixture.put("k", "", { attributes: { ...plain, encryption }, body });
  return { ...fixture, customer, text, object };
}

describe("objects under a key of the client", () => {
  it("lie sealed, and are opened from any byte on", async () => {
    const { get, customer, text, object, blobs } = await opened();
    assert.equal(await get("k", { customer }), text);
    for (let start = 0; start < 50; start++)
      assert.equal(
        await get("k", { customer, range: `bytes=${start}-${start + 20}` }),
        text.slice(start, start + 21),
      );
    const stored: Uint8Array[] = [];
    for await (const chunk of await blobs.read(object.body.blob ?? "")) stored.push(chunk);
    const bytes = Buffer.concat(stored);
    assert.equal(bytes.length, text.length);
    assert.ok(!bytes.includes("quick"));
    assert.notEqual(object.etag, createHash("md5").update(text).digest("hex"));
  });

  it("are for nobody without the key", async () => {
    const { get, put, customer } = await opened();
    await rejects(get("k"), "CustomerKeyMissing");
    await rejects(get("k", { customer: secret() }), "CustomerKeyWrong");
    await put("plain", "x");
    await rejects(get("plain", { customer }), "CustomerKeyNeedless");
  });

  it("are copied from one key to another, and to none", async () => {
    const { get, objects, customer, text } = await opened();
    const other = secret();
    const copy = (key: string, more: object) =>
      objects.copyObject(caller, {
        bucket: BUCKET,
        key,
        source: { bucket: BUCKET, key: "k", conditions: {}, customer },
        encrypted: true,
        conditions: {},
        ...more,
      });
    const encryption = { algorithm: "customer", keyMd5: other.md5 } as const;
    await copy("other", { customer: other, settings: { encryption } });
    await copy("plain", {});
    assert.equal(await get("other", { customer: other }), text);
    assert.equal(await get("plain"), text);
  });
});
