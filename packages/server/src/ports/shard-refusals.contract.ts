import assert from "node:assert/strict";
import { type Case, withCode } from "./port.contract.ts";
import { NOW, record, SHARD } from "./shards.fixture.ts";
import type { NewShardRecord, Shards } from "./shards.ts";

const ALL = { after: 0, limit: 10_000 };

/** Registers what shards refuse. */
export function shardRefusals(test: Case<Shards>): void {
  test("what is no shard, record, place or time is refused, and nothing is done", async (shards) => {
    const big = new Uint8Array(10 << 20);
    const wrong: (Partial<NewShardRecord> | NewShardRecord[])[] = [
      { body: new Uint8Array((10 << 20) + 1) },
      { attributes: "x".repeat((64 << 10) + 1) },
      { attributes: "\0" },
      { attributes: "\ud800" },
      ...["", "a/b", "a//b/c", "/a/b/c", "a/b/\n", "é/b/c", `a/b/${"c".repeat(1024)}`].map(
        (shard) => ({ shard }),
      ),
      Array.from({ length: 1001 }, () => record("x")),
      Array.from({ length: 4 }, () => ({ shard: SHARD, body: big, attributes: "" })),
    ];
    for (const [index, bad] of wrong.entries()) {
      const batch = Array.isArray(bad) ? bad : [record("fine"), { ...record("x"), ...bad }];
      await assert.rejects(shards.append(batch, NOW), RangeError, `${index}`);
    }
    for (const options of [
      { limit: 10_001 },
      { limit: -1 },
      { after: -1 },
      { after: 0.5 },
      { maxBytes: -1 },
    ])
      await assert.rejects(shards.read(SHARD, { ...ALL, ...options }), RangeError);
    for (const time of [-1, 0.5, Number.NaN, Infinity]) {
      await assert.rejects(shards.append([record("x")], time), RangeError);
      await assert.rejects(shards.trim(SHARD, time), RangeError);
      await assert.rejects(shards.placeAt(SHARD, time), RangeError);
    }
    await assert.rejects(shards.seal("a/b"), RangeError);
    await assert.rejects(shards.names("\n"), RangeError);
    assert.deepEqual(await shards.append([], NOW), []);
    assert.deepEqual(await shards.names(""), []);
  });

  test("a closed port refuses, and closing again is fine", async (shards) => {
    await shards.append([record("a")], NOW);
    await Promise.all([shards.close(), shards.close()]);
    await assert.rejects(shards.append([record("b")], NOW), withCode("StorageClosed"));
    await assert.rejects(shards.read(SHARD, ALL), withCode("StorageClosed"));
    await shards.close();
  });

  test("closing finishes what is under way", async (shards) => {
    const appended = shards.append([record("a")], NOW);
    await shards.close();
    assert.equal((await appended).length, 1);
  });
}
