import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seeded } from "../../../../../tests/random.ts";
import { pointOf } from "../../domain/metric-point.ts";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import type { Records } from "../../ports/records.ts";
import { ManualClock } from "../functions/fixture.ts";
import { METRIC, SCOPE } from "./fixture.ts";
import type { Sample } from "./model.ts";
import { MetricStore } from "./store.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function open(records: Records, clock: ManualClock) {
  return new MetricStore({ records, clock, onDefect: (error) => assert.fail(String(error)) });
}

const sample = (time: number, value: number, more: Partial<Sample> = {}): Sample => ({
  ...METRIC,
  unit: "None",
  time,
  point: pointOf(value),
  ...more,
});

async function sums(store: MetricStore, from: number, to: number, period: number) {
  const points = (await store.read(SCOPE, METRIC, { from, to, period })).get("None") ?? new Map();
  return [...points.values()].map(({ sum }) => sum);
}

describe("the store of time series", () => {
  it("has what was told, before and after a fold, and after a restart", async () => {
    const { records } = createMemoryEngine();
    const clock = new ManualClock();
    const start = Math.floor(clock.now() / HOUR) * HOUR;
    const store = open(records, clock);
    const random = seeded(7);
    const expected = new Map<number, number>();
    for (let round = 0; round < 40; round++) {
      const time = start - Math.floor(random() * 3 * HOUR);
      const minute = Math.floor(time / 60_000) * 60_000;
      expected.set(minute, (expected.get(minute) ?? 0) + round);
      await store.append(SCOPE, [sample(time, round)]);
      if (round === 20) {
        clock.advance(HOUR);
        await store.append(SCOPE, [sample(start, 0)]);
        await store.close();
      }
    }
    expected.set(start, (expected.get(start) ?? 0) + 0);
    const all = [...expected].sort(([a], [b]) => a - b).map(([, sum]) => sum);
    assert.deepEqual(await sums(store, start - 3 * HOUR, start + HOUR, 60_000), all);
    const again = open(records, clock);
    assert.deepEqual(await sums(again, start - 3 * HOUR, start + HOUR, 60_000), all);
    const [total = 0] = await sums(again, start - DAY, start + DAY, 10 * DAY);
    assert.ok(total <= all.reduce((sum, one) => sum + one, 0));
  });

  it("a fold that was cut short is done again, and counts nothing twice", async () => {
    const { records } = createMemoryEngine();
    const clock = new ManualClock();
    const time = Math.floor(clock.now() / HOUR) * HOUR;
    const store = open(records, clock);
    for (const value of [1, 2, 3]) await store.append(SCOPE, [sample(time, value)]);
    let commits = 0;
    const failing: Records = {
      get: (...of) => records.get(...of),
      list: (...of) => records.list(...of),
      spaces: (prefix) => records.spaces(prefix),
      watch: (...of) => records.watch(...of),
      close: () => records.close(),
      async commit(changes) {
        commits += 1;
        if (commits === 3) throw new Error("cut");
        await records.commit(changes);
      },
    };
    const errors: unknown[] = [];
    const cut = new MetricStore({
      records: failing,
      clock,
      onDefect: (error) => errors.push(error),
    });
    await cut.read(SCOPE, METRIC, { from: time, to: time + HOUR, period: 60_000 });
    clock.advance(2 * HOUR);
    await cut.append(SCOPE, [sample(time, 4)]);
    await cut.close();
    assert.equal(errors.length, 1);
    assert.deepEqual(await sums(cut, time, time + HOUR, 60_000), [10]);
    const again = open(records, clock);
    assert.deepEqual(await sums(again, time, time + HOUR, HOUR), [10]);
    clock.advance(2 * HOUR);
    await again.append(SCOPE, [sample(time, 5)]);
    await again.close();
    assert.deepEqual(await sums(again, time, time + HOUR, HOUR), [15]);
  });

  it("keeps minutes for 15 days, and hours longer", async () => {
    const { records } = createMemoryEngine();
    const clock = new ManualClock();
    const time = Math.floor(clock.now() / HOUR) * HOUR;
    const store = open(records, clock);
    await store.append(SCOPE, [sample(time, 1)]);
    clock.advance(HOUR + 1);
    await store.append(SCOPE, [sample(time, 2)]);
    await store.close();
    clock.advance(10 * DAY);
    await store.append(SCOPE, [sample(clock.now(), 9)]);
    await store.close();
    assert.deepEqual(await sums(store, time, time + HOUR, 60_000), [3]);
    clock.advance(10 * DAY);
    await store.append(SCOPE, [sample(clock.now(), 9)]);
    await store.close();
    assert.deepEqual(await sums(store, time, time + HOUR, 60_000), []);
    assert.deepEqual(await sums(store, time, time + HOUR, HOUR), [3]);
  });
});
