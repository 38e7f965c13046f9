import assert from "node:assert/strict";
import { it } from "node:test";
import { decimalOf, evenRanges, hashOfKey, hashOfNumber, isBefore, rangeOf } from "./hash-range.ts";
import { evenly, openShards, reshaped, type StreamShard } from "./resharding.ts";

const fresh = (count: number): StreamShard[] =>
  evenRanges(count).map((range, number) => ({ ...range, number, parents: [], openedAt: 0 }));

it("ranges are those that AWS gives", () => {
  assert.deepEqual(
    evenRanges(3).map(({ start, end }) => [decimalOf(start), decimalOf(end)]),
    [
      ["0", "113427455640312821154458202477256070484"],
      ["113427455640312821154458202477256070485", "226854911280625642308916404954512140969"],
      ["226854911280625642308916404954512140970", "340282366920938463463374607431768211455"],
    ],
  );
});

it("every hash is in the range that has it", () => {
  for (const count of [1, 2, 7, 100]) {
    const ranges = evenRanges(count);
    for (let n = 0; n < 200; n++) {
      const hash = hashOfKey(`${n}`);
      const { start = "", end = "" } = ranges[rangeOf(ranges, hash)] ?? {};
      assert.ok(start <= hash && hash <= end);
    }
  }
});

it("numbers of more than 128 bits are no hash keys", () => {
  assert.equal(hashOfNumber("340282366920938463463374607431768211455"), "f".repeat(32));
  assert.equal(hashOfNumber("340282366920938463463374607431768211456"), undefined);
  assert.equal(hashOfNumber("-1"), undefined);
  assert.equal(hashOfNumber("0"), "0".repeat(32));
});

it("whatever the counts, shards become even ones by splits and merges", () => {
  for (let from = 1; from <= 9; from++)
    for (let to = Math.ceil(from / 2); to <= from * 2; to++) {
      const steps = evenly(openShards(fresh(from)), to, from);
      for (const { close, open } of steps)
        assert.deepEqual([close.length + open.length], [3], "a split or a merge");
      const shards = reshaped(fresh(from), steps, 5, () => 0);
      const open = openShards(shards);
      assert.deepEqual(
        open.map(({ start, end }) => ({ start, end })),
        evenRanges(to),
        `${from} to ${to}`,
      );
      for (const [index, shard] of open.entries())
        if (index > 0) assert.ok(isBefore(open[index - 1] as StreamShard, shard));
      for (const { number, parents } of shards)
        assert.ok(parents.every((parent) => parent < number && shards[parent]?.closed));
    }
});
