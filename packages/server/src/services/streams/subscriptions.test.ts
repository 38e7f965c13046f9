import assert from "node:assert/strict";
import { it } from "node:test";
import { withCode } from "../../ports/port.contract.ts";
import { openStreams, SHARD, textsOf } from "./fixture.ts";
import { consumerArn, parseResourceArn, type ShardEvent, type StreamRef } from "./index.ts";

/** A world with a consumer, and what it was sent. */
async function subscribed({ throughput = false } = {}) {
  const world = openStreams({ throughput });
  const ref = await world.make("s");
  const { stream, consumer } = await world.streams.registerConsumer(ref, "c");
  const arn = consumerArn(stream, consumer);
  const events: ShardEvent[] = [];
  let ended = 0;
  const patience = new AbortController();
  const subscribe = async () => {
    const source = await world.streams.subscribe(
      parseResourceArn(arn),
      SHARD,
      { type: "TRIM_HORIZON" },
      { signal: patience.signal },
    );
    void (async () => {
      for await (const event of source) events.push(event);
      ended++;
    })();
    await world.turns();
  };
  return { ...world, ref, arn, events, ended: () => ended, patience, subscribe };
}

it("a subscription begins with an event, is sent what comes, and shows that it lives", async () => {
  const { events, subscribe, put, ref, clock, turns } = await subscribed();
  await subscribe();
  assert.deepEqual(events.map(textsOf), [[]]);
  await put(ref, "a");
  await turns();
  assert.deepEqual(events.map(textsOf), [[], ["a"]]);
  clock.advance(5000);
  await turns();
  assert.deepEqual(events.map(textsOf), [[], ["a"], []]);
  const [, second, third] = events;
  assert.equal(second?.continuation, third?.continuation);
  assert.ok((second?.continuation ?? "") > (events[0]?.continuation ?? ""));
});

it("it ends after five minutes, with its client, or with the platform", async () => {
  const first = await subscribed();
  await first.subscribe();
  first.clock.advance(300_000);
  await first.turns();
  assert.equal(first.ended(), 1);
  const second = await subscribed();
  await second.subscribe();
  second.patience.abort();
  await second.turns();
  assert.equal(second.ended(), 1);
  const third = await subscribed();
  await third.subscribe();
  await third.streams.close();
  await third.turns();
  assert.equal(third.ended(), 1);
  await third.subscribe();
  assert.equal(third.ended(), 2);
  // What expires records is the only one that waits for the clock.
  for (const { clock } of [second, first]) assert.ok(clock.pending <= 1);
});

it("it can be taken over after five seconds, and not before", async () => {
  const { subscribe, ended, clock, turns } = await subscribed();
  await subscribe();
  await assert.rejects(subscribe(), withCode("StreamInUse"));
  clock.advance(5000);
  await turns();
  await subscribe();
  assert.equal(ended(), 1);
});

it("at the end of a shard it names the children and ends, also where the shard never held anything", async () => {
  for (const held of [true, false]) {
    const { subscribe, ended, events, put, ref, streams, turns } = await subscribed();
    await subscribe();
    if (held) await put(ref, "a");
    await streams.split(ref, SHARD, "100");
    await turns();
    const last = events.at(-1);
    assert.equal(last?.continuation, undefined);
    assert.deepEqual(
      last?.children?.map(({ number }) => number),
      [1, 2],
    );
    assert.equal(ended(), 1);
  }
});

it("it ends with its consumer", async () => {
  const { subscribe, ended, streams, arn, put, ref, turns } = await subscribed();
  await subscribe();
  await streams.deregisterConsumer(parseResourceArn(arn));
  await put(ref, "a");
  await turns();
  assert.equal(ended(), 1);
});

it("a consumer is sent two MiB in a second", async () => {
  const { subscribe, events, ref, streams, clock, turns } = await subscribed({ throughput: true });
  await subscribe();
  await streams.changeMode(ref, "ON_DEMAND");
  for (let n = 0; n < 6; n++)
    await streams.put(ref, { data: Buffer.alloc(1_000_000), partitionKey: "k" });
  await turns();
  const sent = () => events.reduce((sum, { records }) => sum + records.length, 0);
  assert.equal(sent(), 3, "two MiB of allowance, and the record that went beyond them");
  clock.advance(1000);
  await turns();
  assert.ok(sent() >= 4 && sent() < 6);
  clock.advance(2000);
  await turns();
  assert.equal(sent(), 6);
});

it("readers inside of the platform are woken at once, and wait no longer than they said", async () => {
  const { streams, put, clock, turns, make } = openStreams({ throughput: true });
  const ref: StreamRef = await make("s");
  const { signal } = new AbortController();
  const options = { limit: 10, maxBytes: 1 << 20, waitMs: 1000, signal };
  const read = (after: number) => streams.inside.read(ref, SHARD, { ...options, after });
  const waiting = read(0);
  await turns();
  await put(ref, "a");
  const page = await waiting;
  assert.deepEqual(textsOf(page), ["a"]);
  const none = read(page.after);
  await turns();
  clock.advance(1000);
  assert.deepEqual((await none).records, []);
  const end = read(page.after);
  await turns();
  let changes = 0;
  const stop = streams.inside.watch(ref, () => changes++);
  await streams.split(ref, SHARD, "100");
  assert.equal((await end).children?.length, 2);
  stop();
  assert.ok(changes > 0);
});
