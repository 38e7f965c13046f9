import assert from "node:assert/strict";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { makeZip } from "../../packages/server/src/domain/zip-fixture.ts";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import type { Engine } from "../../packages/server/src/engines/engine.ts";
import { collect, withCode } from "../../packages/server/src/ports/port.contract.ts";
import { createPackages } from "../../packages/server/src/runtimes/packages/index.ts";
import { cannotMount, type SmallDisk, smallDisk } from "./small-disk.ts";

const SPACE = "000000000000/us-east-1/things";
const full = withCode("StorageFull");

it("a commit on a full disk changes nothing, and the next works once there is room", {
  skip: cannotMount(),
}, async (context) => {
  const { engine, fill, free } = await fullEngine(context);
  const { records } = engine;
  await records.commit([{ put: "before", space: SPACE, id: "a" }]);
  fill(0);
  const value = "x".repeat(1 << 20);
  const commits = Array.from({ length: 8 }, (_, n) =>
    records.commit([
      { put: value, space: SPACE, id: `${n}` },
      { put: "changed", space: SPACE, id: "a" },
    ]),
  );
  for (const outcome of await Promise.allSettled(commits))
    assert.ok(outcome.status === "rejected" && full(outcome.reason), JSON.stringify(outcome));
  assert.deepEqual(
    (await records.list(SPACE)).map((record) => [record.id, record.value]),
    [["a", "before"]],
  );
  free();
  await records.commit([{ put: "after", space: SPACE, id: "a" }]);
  assert.equal((await records.get(SPACE, "a"))?.value, "after");
});

it("queues on a full disk refuse and lose nothing, and work again once there is room", {
  skip: cannotMount(),
}, async (context) => {
  const { engine, fill, free } = await fullEngine(context);
  const { queues } = engine;
  const now = 1_700_000_000_000;
  const small = { body: Buffer.from("before"), attributes: "{}" };
  const large = { body: Buffer.alloc(1 << 20), attributes: "{}" };
  const [held] = await queues.enqueue(SPACE, [{ ...small, leaseMs: 1000 }, small], now);
  assert.ok(held);
  const done = { queue: SPACE, ...held, become: { kind: "done" } } as const;
  fill(0);
  const refused = await Promise.allSettled([
    ...Array.from({ length: 6 }, () => queues.enqueue(SPACE, [small, large], now)),
    queues.settle([{ ...done, enqueue: [{ queue: `${SPACE}/moved`, message: large }] }], now),
  ]);
  for (const outcome of refused)
    assert.ok(outcome.status === "rejected" && full(outcome.reason), JSON.stringify(outcome));
  const { visible, leased, bytes } = await queues.depth(SPACE, now);
  assert.deepEqual([visible, leased, bytes], [1, 1, 12]);
  assert.deepEqual(await queues.names(""), [SPACE]);
  free();
  assert.deepEqual(await queues.settle([done], now), [true]);
  const [added] = await queues.enqueue(SPACE, [large], now);
  const [first, second] = await queues.lease(SPACE, { now, leaseMs: 1000, limit: 10 });
  assert.equal(String(Buffer.from(first?.body ?? [])), "before");
  assert.deepEqual([second?.id, second?.body.length], [added?.id, 1 << 20]);
});

it("shards on a full disk refuse and lose nothing, and work again once there is room", {
  skip: cannotMount(),
}, async (context) => {
  const { engine, fill, free } = await fullEngine(context);
  const { shards } = engine;
  const now = 1_700_000_000_000;
  const record = (text: string, bytes = 0) => ({
    shard: SPACE,
    body: Buffer.concat([Buffer.from(text), Buffer.alloc(bytes)]),
    attributes: "",
  });
  const [first = 0] = await shards.append([record("before")], now);
  fill(0);
  const refused = await Promise.allSettled([
    ...Array.from({ length: 6 }, () => shards.append([record("no"), record("no", 1 << 20)], now)),
    shards.seal(SPACE),
  ]);
  for (const outcome of refused)
    assert.ok(outcome.status === "rejected" && full(outcome.reason), JSON.stringify(outcome));
  const { records, bytes, last, sealed } = (await shards.describe(SPACE)) ?? {};
  assert.deepEqual([records, bytes, last, sealed], [1, 6, first, false]);
  free();
  const [second = 0] = await shards.append([record("after", 1 << 20)], now);
  assert.ok(second > first);
  const found = await shards.read(SPACE, { after: 0, limit: 10 });
  assert.deepEqual(
    found.map(({ number, body }) => [number, String(Buffer.from(body.subarray(0, 5)))]),
    [
      [first, "befor"],
      [second, "after"],
    ],
  );
});

it("a blob that does not fit leaves nothing, and fits once there is room", {
  skip: cannotMount(),
}, async (context) => {
  const { engine, fill, free } = await fullEngine(context);
  const { id: kept } = await engine.blobs.put(zeros(100_000));
  fill(1 << 20);
  await assert.rejects(engine.blobs.put(zeros(4 << 20)), full);
  const small = await engine.blobs.put(zeros(500_000));
  assert.equal(Buffer.concat(await collect(await engine.blobs.read(kept))).length, 100_000);
  free();
  const { size } = await engine.blobs.put(zeros(4 << 20));
  assert.deepEqual([size, small.size], [4 << 20, 500_000]);
});

it("a package that does not fit unpacked is refused whole", {
  skip: cannotMount(),
}, async (context) => {
  const { directory, engine, fill, free } = await fullEngine(context);
  const { records, packageBlobs: blobs } = engine;
  const packages = createPackages({ records, blobs, directory: join(directory, "packages") });
  const zip = makeZip([{ name: "large", data: Buffer.alloc(4 << 20) }]);
  fill(1 << 20);
  await assert.rejects(packages.add(zip), full);
  assert.deepEqual(await records.spaces(""), []);
  free();
  const { id, unpackedSize } = await packages.add(zip);
  assert.equal(unpackedSize, 4 << 20);
  assert.ok(await packages.directory(id));
});

it("log lines on a full disk are dropped and counted, and nobody notices but the reader", {
  skip: cannotMount(),
}, async (context) => {
  const { engine, fill, free } = await fullEngine(context);
  const { logs } = engine;
  const line = (message: string) => ({ timestamp: 1, message });
  logs.append("group", "stream", [line("before")]);
  await logs.read("group");
  fill(0);
  logs.append(
    "group",
    "stream",
    Array.from({ length: 20 }, () => line("x".repeat(100_000))),
  );
  await logs.read("group");
  free();
  logs.append("group", "stream", [line("after")]);
  const read = await logs.read("group");
  assert.equal(read[0]?.message, "before");
  assert.match(read.at(-2)?.message ?? "", /^20 log lines were dropped here$/);
  assert.equal(read.at(-1)?.message, "after");
});

/** An engine on a file system of 16 MiB of its own. */
async function fullEngine(context: TestContext): Promise<SmallDisk & { readonly engine: Engine }> {
  const disk = smallDisk(context, 16);
  const engine = await openEmbeddedEngine({ directory: disk.directory });
  disk.beforeUnmount(() => engine.close());
  return { ...disk, engine };
}

async function* zeros(length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += 65_536) yield Buffer.alloc(Math.min(65_536, length - at));
}
