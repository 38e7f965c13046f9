/** Under random failures, throttles, splits and restarts every record is processed, and keys stay in order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../../../../tests/random.ts";
import { STREAM, type TestEvent, testMappings } from "./fixture.ts";

interface Seen {
  readonly key: string;
  readonly number: number;
  readonly sequenceNumber: string;
}

const seenIn = ({ Records }: TestEvent): Seen[] =>
  Records.map(({ kinesis }) => {
    const { partitionKey, data, sequenceNumber } = kinesis as Record<string, string>;
    const number = Number(Buffer.from(data ?? "", "base64").toString());
    return { key: partitionKey ?? "", number, sequenceNumber: sequenceNumber ?? "" };
  });

for (const seed of [1, 2, 3, 4, 5, 6])
  test(`every record of a stream is processed, in order of its key (seed ${seed})`, async () => {
    const random = seeded(seed);
    const all = testMappings();
    const factor = 1 + Math.floor(random() * 4);
    const reports = random() < 0.5;
    const running = new Set<string>();
    const done = new Map<string, number[]>();
    all.streams.shard("s-0");
    all.functions.handler = async (event) => {
      const seen = seenIn(event);
      const keys = new Set(seen.map(({ key }) => key));
      for (const key of keys) assert.ok(!running.has(key), `${key} ran twice at once`);
      for (const key of keys) running.add(key);
      for (let turns = Math.floor(random() * 3); turns > 0; turns -= 1)
        await new Promise((resolve) => setImmediate(resolve));
      for (const key of keys) running.delete(key);
      const luck = random();
      if (luck < 0.1) return { kind: "refused", why: "Rate Exceeded." };
      if (luck < 0.25) throw new Error("no");
      const from = reports && luck < 0.5 ? Math.floor(random() * seen.length) : seen.length;
      for (const { key, number } of seen.slice(0, from))
        done.set(key, [...(done.get(key) ?? []), number]);
      const failed = seen[from];
      return {
        batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed.sequenceNumber }],
      };
    };
    await all.map({
      sourceArn: STREAM,
      position: "TRIM_HORIZON",
      batchSize: 1 + Math.floor(random() * 10),
      factor,
      bisect: random() < 0.5,
      windowSeconds: Math.floor(random() * 3),
      ...(reports ? { responseTypes: ["ReportBatchItemFailures"] } : {}),
    });
    let open = ["s-0"];
    let number = 0;
    for (let step = 0; step < 60; step += 1) {
      for (let n = Math.floor(random() * 6); n > 0; n -= 1) {
        // A key is always of the same open shard, as a hash would have it.
        const key = `k${number % 8}`;
        all.streams.put(open[(number % 8) % open.length] ?? "", key, String(number));
        number += 1;
      }
      await all.pass(Math.floor(random() * 2000), 250);
      if (random() < 0.05) await all.again();
      if (random() < 0.05 && open.length < 3) {
        for (const id of open) all.streams.close(id);
        const parents = open;
        open = [0, 1, 2].slice(0, open.length + 1).map((n) => `s-${step}-${n}`);
        for (const id of open) all.streams.shard(id, ...parents);
      }
    }
    await all.pass(600_000, 1000);
    const seen = [...done.values()].flatMap((numbers) => [...new Set(numbers)]);
    assert.equal(new Set(seen).size, number, `${new Set(seen).size} of ${number} were processed`);
    for (const [key, numbers] of done)
      assert.deepEqual(
        [...new Set(numbers)],
        [...new Set(numbers)].toSorted((a, b) => a - b),
        key,
      );
    assert.deepEqual(all.defects, []);
    await (await all.again()).close(0);
  });
