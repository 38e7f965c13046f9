import assert from "node:assert/strict";
import { it } from "node:test";
import { hashOfKey } from "../../domain/hash-range.ts";
import { seeded, withCode } from "../../ports/port.contract.ts";
import { openStreams, SCOPE, SHARD, textsOf } from "./fixture.ts";
import { shardId } from "./index.ts";
import { logOf, parseSequenceNumber, shardNumber } from "./names.ts";
import { openIterator } from "./positions.ts";

const HOUR_MS = 3_600_000;

it("an iterator is good for five minutes, and what is none is refused", async () => {
  const { streams, clock, make, put, begin } = openStreams();
  const ref = await make("s");
  await put(ref, "a");
  const iterator = await begin(ref);
  clock.advance(300_000);
  const page = await streams.records(iterator);
  assert.deepEqual(textsOf(page), ["a"]);
  clock.advance(1);
  await assert.rejects(streams.records(iterator), (error: Error) => {
    assert.match(
      error.message,
      /^Iterator expired\. The iterator was created at time \w{3} \w{3} /,
    );
    return withCode("StreamIteratorExpired")(error);
  });
  assert.deepEqual(textsOf(await streams.records(page.iterator ?? "")), []);
  const forged = (...fields: unknown[]) => Buffer.from(JSON.stringify(fields)).toString("base64");
  const now = clock.now();
  for (const wrong of [
    "",
    "x",
    forged(),
    forged(2, "000000000000", "us-east-1", "s", 1, 0, 0, now),
    forged(1, "000000000000", "us-east-1", "s", 1, 0, -1, now),
    forged(1, "000000000000", "us-east-1", "s", 1, 0, 0.5, now),
    forged(1, "000000000000", "us-east-1", "s/t", 1, 0, 0, now),
    forged(1, "0000", "us-east-1", "s", 1, 0, 0, now),
    forged(1, {}, "us-east-1", "s", 1, 0, 0, now),
    forged(1, "000000000000", "us-east-1", "s", 1, 0, 0, now + 10 * HOUR_MS),
  ])
    assert.throws(() => openIterator(wrong, now), withCode("StreamArgumentInvalid"), wrong);
});

it("what is older than the retention is not shown, and goes from the store", async () => {
  const { streams, engine, clock, make, put, texts, turns } = openStreams();
  const ref = await make("s");
  await put(ref, "old");
  clock.advance(10 * HOUR_MS);
  await put(ref, "new");
  clock.advance(14 * HOUR_MS);
  assert.deepEqual(await texts(ref), ["old", "new"]);
  await streams.changeRetention(ref, 48, "increase");
  clock.advance(1);
  assert.deepEqual(await texts(ref), ["old", "new"]);
  await streams.changeRetention(ref, 24, "decrease");
  assert.deepEqual(await texts(ref), ["new"]);
  clock.advance(60_000);
  await turns();
  const stream = await streams.get(ref);
  assert.equal((await engine.shards.describe(logOf(stream, 0)))?.records, 1);
});

it("the expiry of records goes on as long as there are streams, and idle costs no timer", async () => {
  const { streams, clock, make, turns } = openStreams();
  assert.equal(clock.pending, 0);
  const ref = await make("s");
  for (let minute = 0; minute < 3; minute++) {
    clock.advance(60_000);
    await turns();
    assert.equal(clock.pending, 1);
  }
  await streams.delete(ref);
  await turns();
  clock.advance(60_000);
  await turns();
  assert.equal(clock.pending, 0);
});

it("closed shards are forgotten once all they held has expired", async () => {
  const { streams, engine, clock, make, put, turns } = openStreams();
  const ref = await make("s");
  await put(ref, "a");
  await streams.split(ref, SHARD, "100");
  await turns();
  clock.advance(23 * HOUR_MS);
  await turns();
  assert.equal((await streams.get(ref)).shards.length, 3);
  clock.advance(HOUR_MS + 1);
  await turns();
  clock.advance(60_000);
  await turns();
  const stream = await streams.get(ref);
  assert.deepEqual(
    stream.shards.map(({ number }) => number),
    [1, 2],
  );
  assert.deepEqual(await engine.shards.names(""), []);
  await assert.rejects(
    streams.iterator(ref, SHARD, { type: "LATEST" }),
    withCode("StreamNotFound"),
  );
});

it("whatever is put while shards are split and merged is there once, in the order of its key", async () => {
  const world = openStreams();
  const { streams, make, turns } = world;
  const ref = await make("s", 2);
  const random = seeded(7);
  const below = (n: number) => Math.floor(random() * n);
  const puts: Promise<unknown>[] = [];
  for (let n = 0; n < 300; n++) {
    const key = `key ${below(6)}`;
    puts.push(streams.put(ref, { data: Buffer.from(`${key}:${n}`), partitionKey: key }));
    if (n % 20 === 10) {
      const open = (await streams.get(ref)).shards.filter(({ closed }) => !closed);
      const chosen = open[below(open.length)];
      const change =
        below(2) === 0 && open.length > 1
          ? streams.scale(ref, Math.ceil(open.length / 2))
          : streams.split(ref, shardId(chosen?.number ?? 0), middle(chosen));
      // Some come while another change is under way.
      await change.catch((error: unknown) =>
        assert.ok(
          withCode("StreamInUse")(error) || withCode("StreamArgumentInvalid")(error),
          String(error),
        ),
      );
    }
    if (below(5) === 0) await turns();
  }
  await Promise.all(puts);
  await turns();
  const found = new Map<string, number[]>();
  let records = 0;
  // As consumers read: parents to their ends before their children.
  const stream = await streams.get(ref);
  for (const { number, start, end } of stream.shards) {
    const page = await streams.records(await world.begin(ref, shardId(number)));
    for (const text of textsOf(page)) {
      const [key = "", n] = text.split(":");
      const hash = hashOfKey(key);
      assert.ok(start <= hash && hash <= end, "a record is in a shard that does not have its hash");
      found.set(key, [...(found.get(key) ?? []), Number(n)]);
      records++;
    }
  }
  assert.equal(records, 300);
  assert.ok(stream.shards.length > 8);
  for (const [key, numbers] of found)
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
      key,
    );
  assert.deepEqual(world.defects, []);
});

const middle = (shard: { readonly start: string; readonly end: string } | undefined): string =>
  shard ? String((BigInt(`0x${shard.start}`) + BigInt(`0x${shard.end}`)) / 2n) : "";

it("what a crash left half way comes to its end after the next start", async () => {
  const world = openStreams();
  const { streams, engine, clock, make, put, turns } = world;
  const ref = await make("reshaped");
  await put(ref, "a");
  await make("deleted");
  await put({ ...SCOPE, name: "deleted" }, "b");
  const deleted = await streams.get({ ...SCOPE, name: "deleted" });
  // It ends right after what was asked for is durable.
  await streams.close();
  await streams.split(ref, SHARD, "100");
  await streams.delete(deleted);
  await streams.create(SCOPE, { name: "created", shardCount: 1 });
  await turns();
  assert.equal((await streams.get(ref)).status, "UPDATING");
  // And a log whose stream's record is gone.
  const orphan = logOf({ ...deleted, name: "gone" }, 0);
  await engine.shards.append([{ shard: orphan, body: Buffer.from("x"), attributes: "" }], 1);
  const again = openStreams({ engine, clock });
  await again.streams.start();
  await again.turns();
  const stream = await again.streams.get(ref);
  assert.deepEqual([stream.status, stream.shards.length], ["ACTIVE", 3]);
  assert.equal((await again.streams.get({ ...SCOPE, name: "created" })).status, "ACTIVE");
  assert.equal(await again.streams.find(deleted), undefined);
  assert.deepEqual(await engine.shards.names(""), [logOf(stream, 0)]);
  assert.deepEqual(again.defects, []);
});

it("a stream of the same name is another one", async () => {
  const { streams, clock, make, put, begin, texts, turns } = openStreams();
  const ref = await make("s");
  const { sequenceNumber } = await put(ref, "a");
  const iterator = await begin(ref);
  await streams.delete(ref);
  await turns();
  clock.advance(1);
  await make("s");
  assert.deepEqual(await texts(ref), []);
  await assert.rejects(streams.records(iterator), withCode("StreamNotFound"));
  await assert.rejects(
    streams.iterator(ref, SHARD, { type: "AT_SEQUENCE_NUMBER", sequenceNumber }),
    /because it did not come from this stream/,
  );
});

it("a shard takes so much in a second, and then more", async () => {
  const { streams, clock, make } = openStreams({ throughput: true });
  const ref = await make("s");
  const many = (count: number, bytes: number) =>
    streams.putMany(
      ref,
      Array.from({ length: count }, () => ({ data: Buffer.alloc(bytes), partitionKey: "k" })),
    );
  const failed = async (count: number, bytes: number) =>
    (await many(count, bytes)).results.filter((result) => "throttled" in result).length;
  assert.equal(await failed(500, 1), 0);
  assert.equal(await failed(500, 1), 0);
  assert.equal(await failed(10, 1), 10);
  clock.advance(1000);
  assert.equal(await failed(1, (1 << 20) - 1), 0);
  assert.equal(await failed(2, 100), 2, "its bytes are used up");
  clock.advance(500);
  assert.equal(await failed(1, 1 << 19), 1, "half of them are back, but for the keys");
  assert.equal(await failed(1, 1 << 18), 0);
  await streams.changeMode(ref, "ON_DEMAND");
  assert.equal(await failed(3, 1 << 19), 0, "on demand as much as comes");
});

it("readers of a shard get two MiB in a second, in five calls", async () => {
  const { streams, clock, make, begin } = openStreams({ throughput: true });
  const ref = await make("s");
  for (let n = 0; n < 4; n++) {
    await streams.put(ref, { data: Buffer.alloc(1_000_000), partitionKey: "k" });
    clock.advance(1000);
  }
  const iterator = await begin(ref);
  assert.equal((await streams.records(iterator)).records.length, 4);
  const throttled = withCode("StreamThroughputExceeded");
  await assert.rejects(streams.records(iterator, { limit: 1 }), throttled);
  clock.advance(2000);
  for (let n = 0; n < 5; n++)
    await streams.records(await streams.iterator(ref, SHARD, { type: "LATEST" }));
  await assert.rejects(streams.records(iterator), throttled);
});

it("tokens are of one listing, for five minutes", async () => {
  const { streams, clock, make } = openStreams();
  for (const name of ["a", "b", "c"]) await make(name, 3);
  const { token = "" } = await streams.list(SCOPE, { limit: 1 });
  assert.deepEqual(
    (await streams.list(SCOPE, { token })).items.map(({ name }) => name),
    ["b", "c"],
  );
  const refused = withCode("StreamArgumentInvalid");
  await assert.rejects(streams.listMoreShards(SCOPE, token), refused);
  await assert.rejects(streams.list({ ...SCOPE, region: "eu-west-1" }, { token }), refused);
  const shards = await streams.listShards({ ...SCOPE, name: "a" }, { limit: 1 });
  await assert.rejects(streams.list(SCOPE, { token: shards.token }), refused);
  const more = await streams.listMoreShards(SCOPE, shards.token ?? "");
  assert.deepEqual(
    more.items.map(({ number }) => number),
    [1, 2],
  );
  clock.advance(300_001);
  await assert.rejects(streams.list(SCOPE, { token }), withCode("StreamTokenExpired"));
});

it("shards are found by time, as filters ask", async () => {
  const { streams, clock, make, turns } = openStreams();
  const ref = await make("s");
  const made = clock.now();
  clock.advance(1000);
  await streams.split(ref, SHARD, "100");
  await turns();
  const listed = async (filter: Parameters<typeof streams.listShards>[1]["filter"]) =>
    (await streams.listShards(ref, { filter })).items.map(({ number }) => number);
  assert.deepEqual(await listed({ type: "AT_TRIM_HORIZON" }), [0]);
  assert.deepEqual(await listed({ type: "FROM_TRIM_HORIZON" }), [0, 1, 2]);
  assert.deepEqual(await listed({ type: "AT_LATEST" }), [1, 2]);
  assert.deepEqual(await listed({ type: "AT_TIMESTAMP", timestamp: made + 500 }), [0]);
  assert.deepEqual(await listed({ type: "AT_TIMESTAMP", timestamp: made + 1000 }), [1, 2]);
  assert.deepEqual(await listed({ type: "FROM_TIMESTAMP", timestamp: made + 500 }), [0, 1, 2]);
  assert.deepEqual(await listed({ type: "FROM_TIMESTAMP", timestamp: made + 1000 }), [1, 2]);
});

it("limits of a day begin again after it", async () => {
  const { streams, clock, make, turns } = openStreams();
  const ref = await make("s");
  for (const mode of ["ON_DEMAND", "PROVISIONED"] as const) await streams.changeMode(ref, mode);
  const over = withCode("StreamLimitExceeded");
  await assert.rejects(streams.changeMode(ref, "ON_DEMAND"), over);
  for (let n = 0; n < 10; n++) {
    await streams.scale(ref, n % 2 === 0 ? 2 : 1);
    await turns();
  }
  await assert.rejects(streams.scale(ref, 2), over);
  clock.advance(24 * HOUR_MS);
  await streams.scale(ref, 2);
  await turns();
  await streams.changeMode(ref, "ON_DEMAND");
});

it("names and numbers are what AWS's look like, and nothing else is one", () => {
  assert.equal(shardNumber("shardId-000000000012"), 12);
  assert.equal(shardNumber("12"), 12);
  for (const wrong of ["shard", "shardId-", "shardId--1", "-", "9".repeat(13)])
    assert.equal(shardNumber(wrong), undefined, wrong);
  for (const wrong of ["", "0", "49", "9".repeat(56), `49${"9".repeat(54)}`])
    assert.equal(parseSequenceNumber(wrong), undefined, wrong);
});
