import assert from "node:assert/strict";
import { type Case, seeded } from "./port.contract.ts";
import { NOW, OTHER_SHARD, record, SHARD, textOf } from "./shards.fixture.ts";
import type { Shards } from "./shards.ts";

/** Whatever happens, a shard is the list of what was added to it and not trimmed. */
export function shardRandom(test: Case<Shards>): void {
  for (const seed of [1, 2, 3])
    test(`whatever callers do, shards are what was added to them (seed ${seed})`, async (shards) => {
      const next = seeded(seed);
      const below = (n: number) => Math.floor(next() * n);
      const names = [SHARD, OTHER_SHARD, `${OTHER_SHARD}/more`];
      const known = new Map<string, { text: string; number: number; time: number }[]>();
      const greatest = new Map<string, number>();
      const pick = () => names[below(names.length)] ?? SHARD;
      let now = NOW;
      for (let step = 0, made = 0; step < 400; step++) {
        const dice = next();
        now += below(4);
        if (dice < 0.55) {
          const added = Array.from({ length: below(6) }, () =>
            record(`${made++}${"x".repeat(below(3) === 0 ? below(40_000) : below(20))}`, pick()),
          );
          const numbers = await shards.append(added, now);
          for (const [index, { shard, body }] of added.entries()) {
            const number = numbers[index] ?? 0;
            assert.ok(number > (greatest.get(shard) ?? 0));
            greatest.set(shard, number);
            const there = known.get(shard) ?? [];
            known.set(shard, [...there, { text: String(body), number, time: now }]);
          }
        } else if (dice < 0.85) {
          const shard = pick();
          const there = known.get(shard) ?? [];
          const after = there[below(there.length)]?.number ?? 0;
          const limit = below(10);
          const found = await shards.read(shard, { after, limit });
          const expected = there.filter(({ number }) => number > after).slice(0, limit);
          assert.deepEqual(
            found.map(textOf),
            expected.map(({ text }) => text),
          );
        } else if (dice < 0.95) {
          const shard = pick();
          const before = now - below(60);
          const there = known.get(shard) ?? [];
          const kept = there.filter(({ time }) => time >= before);
          assert.equal(await shards.trim(shard, before), there.length - kept.length);
          if (known.has(shard)) known.set(shard, kept);
        } else if (dice < 0.97) {
          const shard = pick();
          await shards.delete(shard);
          known.delete(shard);
        } else {
          assert.deepEqual(await shards.names(""), [...known.keys()].sort());
          for (const [shard, there] of known) {
            const state = await shards.describe(shard);
            const bytes = there.reduce((sum, { text }) => sum + text.length + 1, 0);
            assert.deepEqual([state?.records, state?.bytes], [there.length, bytes]);
          }
        }
      }
    });
}
