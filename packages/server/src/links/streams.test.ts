import assert from "node:assert/strict";
import { it } from "node:test";
import { SourceGone } from "../ports/event-sources.ts";
import { Undeliverable } from "../ports/targets.ts";
import { openStreams, SHARD } from "../services/streams/fixture.ts";
import { streamArn } from "../services/streams/index.ts";
import { streamSource, streamTargets } from "./streams.ts";

const sender = { service: "events.amazonaws.com", arn: "arn:aws:events:::rule/r" };

async function world() {
  const opened = openStreams();
  const ref = await opened.make("s", 2);
  const arn = streamArn(ref);
  const source = streamSource(opened.streams);
  const { signal } = new AbortController();
  const read = (shardId: string, after: string, more = {}) =>
    source.read(arn, { shardId, after, max: 100, maxBytes: 1 << 20, waitMs: 0, signal, ...more });
  return { ...opened, ref, arn, source, targets: streamTargets(opened.streams), read };
}

it("messages become records, with the key that they name", async () => {
  const { targets, arn, streams, begin, ref } = await world();
  for (const partitionKey of ["k", undefined])
    await targets.deliver({ target: arn, body: Buffer.from("x"), sender, partitionKey });
  const shards = ["shardId-000000000000", "shardId-000000000001"];
  const pages = await Promise.all(shards.map(async (id) => streams.records(await begin(ref, id))));
  const keys = pages.flatMap(({ records }) => records.map((record) => record.partitionKey));
  assert.equal(keys.length, 2);
  assert.ok(keys.includes("k") && keys.includes("9dd4e461268c8034f5c8564e155c67a6"));
});

it("what does not exist, or can never be taken, is not tried again", async () => {
  const { targets, arn } = await world();
  const none = `${arn}-none`;
  const message = { body: Buffer.from("x"), sender };
  await assert.rejects(targets.deliver({ ...message, target: none }), Undeliverable);
  const large = { ...message, body: Buffer.alloc(2 << 20), target: arn };
  await assert.rejects(targets.deliver(large), Undeliverable);
  assert.deepEqual(await Promise.all([arn, none, "arn:x"].map(targets.exists)), [
    true,
    false,
    false,
  ]);
});

it("a stream is read shard by shard, from places that stay true", async () => {
  const { source, arn, ref, streams, put, read, clock, turns } = await world();
  assert.deepEqual(await source.describe(arn), { status: "active" });
  const shards = await source.shards(arn);
  assert.deepEqual(
    shards.map(({ parents }) => parents),
    [[], []],
  );
  const explicit = { partitionKey: "k", explicitHashKey: "0" };
  const { placed } = await streams.put(ref, { data: Buffer.from("a"), ...explicit });
  const start = await source.place(arn, SHARD, { at: "TRIM_HORIZON" });
  const latest = await source.place(arn, SHARD, { at: "LATEST" });
  const { records, ended } = await read(SHARD, start);
  assert.deepEqual([records.length, ended], [1, false]);
  assert.deepEqual(
    [records[0]?.sequenceNumber, records[0]?.key, records[0]?.arrivedAt],
    [placed.sequenceNumber, "k", clock.now()],
  );
  assert.equal(latest, placed.sequenceNumber);
  const waiting = read(SHARD, latest, { waitMs: 1000 });
  await turns();
  let changes = 0;
  const stop = source.watchShards(arn, () => changes++);
  await streams.split(ref, SHARD, "100");
  assert.deepEqual(await waiting, { records: [], ended: true });
  assert.ok(changes > 0);
  stop();
  const after = await source.shards(arn);
  assert.deepEqual(
    after.slice(2).map(({ parents }) => parents),
    [[SHARD], [SHARD]],
  );
  const aborted = new AbortController();
  const given = read("shardId-000000000002", start, { waitMs: 1000, signal: aborted.signal });
  await turns();
  aborted.abort();
  assert.deepEqual((await given).records, []);
  await put(ref, "b");
  await streams.delete(ref);
  await turns();
  assert.equal(await source.describe(arn), undefined);
  await assert.rejects(read(SHARD, start), SourceGone);
  await assert.rejects(source.shards(arn), SourceGone);
});
