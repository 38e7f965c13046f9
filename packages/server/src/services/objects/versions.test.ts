import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { BUCKET, caller, openFixture, rejects } from "./fixture.ts";

async function opened(versioning: "Enabled" | "never" = "Enabled") {
  const fixture = await openFixture(createMemoryEngine());
  const { objects } = fixture;
  const keep = (status: "Enabled" | "Suspended") =>
    objects.putVersioning(caller, { bucket: BUCKET }, status);
  if (versioning === "Enabled") await keep(versioning);
  const list = (more: object = {}) =>
    objects.listVersions(caller, { bucket: BUCKET, prefix: "", afterKey: "", max: 1000, ...more });
  return {
    ...fixture,
    keep,
    list,
    remove: (key: string, version?: string) =>
      objects.deleteObject(caller, { bucket: BUCKET, key, version }),
    /** `key`, `*` where it is the latest, `-` where it is a delete marker; then its version. */
    async shown(more: object = {}) {
      const { versions, prefixes } = await list(more);
      return [
        ...versions.map(({ key, latest, value }) =>
          [key, latest ? "*" : "", "marker" in value ? "-" : ""].join(""),
        ),
        ...prefixes,
      ];
    },
  };
}

describe("a bucket that keeps versions", () => {
  it("gives each put a version, and reads any of them", async () => {
    const { put, get, shown } = await opened();
    const [one, two] = [await put("k", "one"), await put("k", "two")];
    assert.match(one.version ?? "", /^[\w-]{32}$/);
    assert.notEqual(one.version, two.version);
    assert.equal(await get("k"), "two");
    assert.equal(await get("k", { version: one.version }), "one");
    assert.equal(await get("k", { version: two.version }), "two");
    assert.deepEqual(await shown(), ["k*", "k"]);
  });

  it("hides deleted objects behind markers, and shows them again without", async () => {
    const { put, get, remove, shown, objects } = await opened();
    const one = await put("k", "one");
    const { marker } = await remove("k");
    await rejects(get("k"), "NoSuchObject", { marker });
    await rejects(get("k", { version: marker }), "VersionIsMarker");
    assert.equal(await get("k", { version: one.version }), "one");
    assert.deepEqual(await shown(), ["k*-", "k"]);
    const page = { bucket: BUCKET, prefix: "", after: "", max: 10 };
    assert.deepEqual((await objects.listObjects(caller, page)).objects, []);
    assert.deepEqual(await remove("k", marker), { marker });
    assert.equal(await get("k"), "one");
    assert.deepEqual(await shown(), ["k*"]);
  });

  it("makes the newest of the others current where the current one is deleted", async () => {
    const { put, get, remove, has, shown } = await opened();
    const versions = [await put("k", "1"), await put("k", "2"), await put("k", "3")];
    await remove("k", versions[2]?.version);
    assert.equal(await get("k"), "2");
    await remove("k", versions[0]?.version);
    assert.deepEqual(await shown(), ["k*"]);
    await remove("k", versions[1]?.version);
    await rejects(get("k"), "NoSuchObject");
    assert.deepEqual(await shown(), []);
    for (const { body } of versions) assert.equal(await has(body.blob ?? ""), false);
  });

  it("keeps what was there before as the null version", async () => {
    const { put, get, keep, remove, shown } = await opened("never");
    await put("k", "before");
    await keep("Enabled");
    assert.equal(await get("k", { version: "null" }), "before");
    await put("k", "after");
    assert.equal(await get("k", { version: "null" }), "before");
    assert.deepEqual(await shown(), ["k*", "k"]);
    await remove("k", "null");
    await rejects(get("k", { version: "null" }), "NoSuchObjectVersion");
    assert.equal(await get("k"), "after");
  });

  it("has one null version at most while it pauses", async () => {
    const { put, get, keep, remove, has, shown } = await opened();
    await put("k", "named");
    await keep("Suspended");
    const first = await put("k", "null 1");
    assert.equal(first.version, undefined);
    await put("k", "null 2");
    assert.equal(await has(first.body.blob ?? ""), false);
    assert.deepEqual(await shown(), ["k*", "k"]);
    assert.deepEqual(await remove("k"), { marker: "null" }); // the marker takes the null version's place
    assert.deepEqual(await shown(), ["k*-", "k"]);
    await keep("Enabled");
    await put("k", "named again");
    assert.deepEqual(await shown(), ["k*", "k-", "k"]);
    await keep("Suspended");
    await put("k", "null 3");
    assert.deepEqual(await shown(), ["k*", "k", "k"]);
    assert.equal(await get("k", { version: "null" }), "null 3");
  });

  it("is deleted only when its versions are gone", async () => {
    const { put, remove, objects } = await opened();
    const { version } = await put("k", "x");
    const { marker } = await remove("k");
    await rejects(objects.deleteBucket(caller, { bucket: BUCKET }), "BucketNotEmpty");
    await remove("k", version);
    await rejects(objects.deleteBucket(caller, { bucket: BUCKET }), "BucketNotEmpty");
    await remove("k", marker);
    await objects.deleteBucket(caller, { bucket: BUCKET });
  });

  it("loses nothing where many write and delete one key at once", async () => {
    const { put, list, objects } = await opened();
    const name = { bucket: BUCKET, key: "k" };
    const work = Array.from({ length: 20 }, (_, n) =>
      n % 4 === 3 ? objects.deleteObject(caller, name) : put("k", String(n)),
    );
    await Promise.all(work);
    const { versions } = await list();
    assert.equal(versions.length, 20);
    assert.deepEqual(
      versions.map(({ latest }) => latest),
      [true, ...Array<boolean>(19).fill(false)],
    );
    const order = versions.map(({ value }) => value.sequencer);
    assert.deepEqual(order, order.toSorted().toReversed());
  });

  it("keeps the blobs of all versions over a restart", async () => {
    const { put, get, open, remove, has } = await opened();
    const [one] = [await put("k", "one"), await put("k", "two")];
    const gone = await put("gone", "x");
    await remove("gone", gone.version);
    await open().recover();
    assert.equal(await get("k", { version: one.version }), "one");
    assert.equal(await has(gone.body.blob ?? ""), false);
  });
});

describe("listing versions", () => {
  it("goes on from any version", async () => {
    const { put, remove, list } = await opened();
    for (const key of ["a", "b", "a", "c\u0001d", "c"]) await put(key, key);
    await remove("b");
    const all = (await list()).versions.map(({ key, value }) => [key, value.version]);
    assert.deepEqual(
      all.map(([key]) => key),
      ["a", "a", "b", "b", "c", "c\u0001d"],
    );
    const found: unknown[] = [];
    let next: { readonly key: string; readonly version?: string } | undefined = { key: "" };
    while (next !== undefined) {
      const page = await list({ afterKey: next.key, afterVersion: next.version, max: 1 });
      found.push(...page.versions.map(({ key, value }) => [key, value.version]));
      next = page.next;
    }
    assert.deepEqual(found, all);
  });

  it("rolls up what shares a prefix, and reads past it", async () => {
    const { put, shown, list } = await opened();
    for (const key of ["a/1", "a/2", "b", "c/1", "c/1"]) await put(key, key);
    assert.deepEqual(await shown({ delimiter: "/" }), ["b*", "a/", "c/"]);
    assert.deepEqual(await shown({ prefix: "a/" }), ["a/1*", "a/2*"]);
    const first = await list({ delimiter: "/", max: 1 });
    assert.deepEqual(first.next, { key: "a/" });
    assert.deepEqual(await shown({ delimiter: "/", afterKey: "a/" }), ["b*", "c/"]);
  });
});
