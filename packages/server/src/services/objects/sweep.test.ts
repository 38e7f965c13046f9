import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import type { Blobs } from "../../ports/blobs.ts";
import { BUCKET, caller, chunks, openFixture, plain, targetsOf } from "./fixture.ts";
import { createObjects } from "./index.ts";
import { sweepBlobs } from "./sweep.ts";

/** An engine that was closed and opened again: all blobs that are there now are inherited. */
async function reopened() {
  const engine = createMemoryEngine();
  const inherited = new Set<string>();
  const blobs: Blobs = {
    ...{
      put: async (source: AsyncIterable<Uint8Array>) => {
        const blob = await engine.blobs.put(source);
        inherited.add(blob.id);
        return blob;
      },
      read: (id: string, range?: { start: number; end: number }) => engine.blobs.read(id, range),
      delete: async (id: string) => {
        inherited.delete(id);
        await engine.blobs.delete(id);
      },
      async *inherited() {
        yield* [...inherited];
      },
      close: () => engine.close(),
    },
  };
  return openFixture({ records: engine.records, blobs });
}

describe("what a crash leaves", () => {
  it("a blob that nobody names goes, and every other one stays", async () => {
    const fixture = await reopened();
    const { objects, put, get, blobs } = fixture;
    const lost = await blobs.put(chunks("acknowledged to nobody"));
    await put("k", "kept");
    const name = { bucket: BUCKET, key: "m" };
    const { id } = await objects.createUpload(caller, { ...name, attributes: plain });
    const upload = { ...name, upload: id };
    const send = (number: number) =>
      objects.uploadPart(caller, { ...upload, number, body: { bytes: chunks("part") } });
    const { part } = await send(1);
    const parts = [{ number: 1, etag: part.etag, checksums: {} }];
    await objects.completeUpload(caller, { ...upload, parts, conditions: {} });
    const other = await objects.createUpload(caller, { ...name, attributes: plain });
    const open = { ...name, upload: other.id };
    const running = await objects.uploadPart(caller, {
      ...open,
      number: 1,
      body: { bytes: chunks("running") },
    });
    await fixture.open().recover();
    assert.equal(await fixture.has(lost.id), false);
    assert.ok(await fixture.has(running.part.blob));
    assert.deepEqual([await get("k"), await get("m")], ["kept", "part"]);
  });

  it("the parts of an upload that ended go with their bytes", async () => {
    const fixture = await reopened();
    const { objects, records } = fixture;
    const name = { bucket: BUCKET, key: "m" };
    const { id } = await objects.createUpload(caller, { ...name, attributes: plain });
    const upload = { ...name, upload: id };
    const body = { bytes: chunks("part") };
    const { part } = await objects.uploadPart(caller, { ...upload, number: 1, body });
    const space = `${caller.account}/us-east-1/uploads/${BUCKET}`;
    const [record] = await records.list(space);
    await records.commit([{ delete: true, space, id: record?.id ?? "" }]);
    await fixture.open().recover();
    assert.equal(await fixture.has(part.blob), false);
    assert.deepEqual(await records.spaces(`${caller.account}/us-east-1/`), []);
  });

  it("an upload that is completed while the sweep looks keeps its bytes", async () => {
    const fixture = await reopened();
    const { objects, records, blobs, get } = fixture;
    const name = { bucket: BUCKET, key: "m" };
    const { id } = await objects.createUpload(caller, { ...name, attributes: plain });
    const upload = { ...name, upload: id };
    const { part } = await objects.uploadPart(caller, {
      ...upload,
      number: 1,
      body: { bytes: chunks("part") },
    });
    const complete = () =>
      objects.completeUpload(caller, {
        ...upload,
        parts: [{ number: 1, etag: part.etag, checksums: {} }],
        conditions: {},
      });
    // Completed at each step of the sweep in turn.
    for (let step = 0; step < 40; step++) {
      let calls = 0;
      const watched = new Proxy(records, {
        get(target, method) {
          const value = Reflect.get(target, method);
          if (typeof value !== "function") return value;
          return async (...args: unknown[]) => {
            if (calls++ === step) await complete();
            return value.apply(target, args);
          };
        },
      });
      const sweeping = createObjects({
        ...fixture,
        blobs,
        records: watched,
        targets: targetsOf(async () => undefined),
      });
      await sweeping.recover();
    }
    await complete();
    assert.equal(await get("m"), "part");
  });
});

it("a sweep goes through any number of blobs in groups", async () => {
  const ids = Array.from({ length: 1000 }, (_, n) => `blob-${n}`);
  const deleted: string[] = [];
  const blobs = {
    async *inherited() {
      yield* ids;
    },
    delete: async (id: string) => void deleted.push(id),
  } as unknown as Blobs;
  const live = async function* () {
    yield* ids.filter((_, n) => n % 2 === 0);
  };
  assert.equal(await sweepBlobs(blobs, live, () => false, 64), 500);
  assert.deepEqual(deleted.sort(), ids.filter((_, n) => n % 2 === 1).sort());
});

it("a sweep ends where the platform stops", async () => {
  const deleted: string[] = [];
  const blobs = {
    async *inherited() {
      yield* ["a", "b", "c"];
    },
    delete: async (id: string) => void deleted.push(id),
  } as unknown as Blobs;
  const nobody = async function* (): AsyncGenerator<string> {};
  assert.equal(await sweepBlobs(blobs, nobody, () => deleted.length === 2), 2);
  assert.deepEqual(deleted, ["a", "b"]);
});
