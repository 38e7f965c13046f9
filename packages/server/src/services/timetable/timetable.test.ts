/** Entries when their time comes, and when it came while nobody was there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { idle, ManualClock } from "../functions/fixture.ts";
import { DueFirst } from "./due.ts";
import { type DueEntry, putEntry, removeEntry, Timetable, type TimetableOptions } from "./index.ts";

const SPACE = "all/all/things";
const MINUTE_MS = 60_000;

interface Options extends Partial<TimetableOptions<string>> {
  readonly clock?: ManualClock;
}

function opened(options: Options = {}) {
  const { records = createMemoryEngine().records, clock = new ManualClock() } = options;
  const ran: string[] = [];
  const keys: string[] = [];
  const failures: unknown[] = [];
  const timetable = new Timetable<string>({
    records,
    clock,
    space: SPACE,
    concurrency: 4,
    onFailure: (error) => failures.push(error),
    ...options,
    async run(entry) {
      ran.push(entry.id);
      keys.push(entry.key);
      await (options.run ?? once)(entry);
    },
  });
  return {
    records,
    clock,
    ran,
    keys,
    failures,
    timetable,
    put: (id: string, inMs: number, item = id) =>
      records.commit([putEntry(SPACE, id, clock.now() + inMs, item)]),
    remove: (id: string) => records.commit([removeEntry(SPACE, id)]),
    async pass(ms: number) {
      clock.advance(ms);
      await idle();
    },
  };
}

const once = (entry: DueEntry<string>) => entry.move(undefined);
const everyMinute = (entry: DueEntry<string>) => entry.move(entry.time + MINUTE_MS);

async function started(options: Options = {}) {
  const world = opened(options);
  await world.timetable.start();
  return world;
}

test("an entry runs when its time comes, not before, and again where it was moved", async () => {
  const { put, pass, ran, clock, remove } = await started({ run: everyMinute });
  await put("a", MINUTE_MS);
  await idle();
  await pass(MINUTE_MS - 1);
  assert.deepEqual(ran, []);
  await pass(1);
  await pass(MINUTE_MS);
  assert.deepEqual(ran, ["a", "a"]);
  await remove("a");
  await idle();
  await pass(MINUTE_MS);
  assert.equal(ran.length, 2);
  assert.equal(clock.pending, 0);
});

test("what is put for earlier, later or never counts as it stands last", async () => {
  const { put, pass, ran, remove } = await started();
  await put("earlier", 9 * MINUTE_MS);
  await put("earlier", MINUTE_MS);
  await put("later", MINUTE_MS);
  await put("later", 2 * MINUTE_MS);
  await put("never", MINUTE_MS);
  await remove("never");
  await idle();
  await pass(MINUTE_MS);
  assert.deepEqual(ran, ["earlier"]);
  await pass(9 * MINUTE_MS);
  assert.deepEqual(ran, ["earlier", "later"]);
});

test("times missed while nobody was there make one run, in the order of time", async () => {
  const first = await started({ run: everyMinute });
  await first.put("b", 2 * MINUTE_MS);
  await first.put("a", MINUTE_MS);
  await idle();
  await first.timetable.close();
  const { records, clock } = first;
  assert.equal(clock.pending, 0);
  clock.advance(100 * MINUTE_MS);
  const second = opened({ records, clock, run: (entry) => entry.move(clock.now() + MINUTE_MS) });
  await second.timetable.start();
  await idle();
  assert.deepEqual(first.ran, []);
  assert.deepEqual(second.ran, ["a", "b"]);
});

test("a crash between the run and its commit runs it again, under the same key", async () => {
  const first = await started({ run: () => new Promise(() => {}) });
  await first.put("a", MINUTE_MS);
  await idle();
  await first.pass(MINUTE_MS);
  const { records, clock } = first;
  clock.forget();
  clock.advance(5 * MINUTE_MS);
  const second = await started({ records, clock });
  await idle();
  assert.deepEqual(second.keys, first.keys);
  assert.equal(second.keys.length, 1);
  const third = await started({ records, clock });
  await idle();
  assert.deepEqual(third.ran, []);
});

test("many that are due at once run so many at a time, and all of them", async () => {
  let now = 0;
  let most = 0;
  const run = async (entry: DueEntry<string>) => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setImmediate(resolve));
    await entry.move(undefined);
    now -= 1;
  };
  const { put, pass, ran, timetable } = await started({ run });
  for (let n = 0; n < 100; n += 1) await put(`${n}`, MINUTE_MS);
  await idle();
  await pass(MINUTE_MS);
  await timetable.caughtUp();
  assert.equal(most, 4);
  assert.equal(new Set(ran).size, 100);
  assert.equal(ran.length, 100);
});

test("one that fails is told and tried again, one that hangs keeps its place, and others go on", async () => {
  let faults = 1;
  const run = (entry: DueEntry<string>): Promise<void> => {
    if (entry.id === "hangs") return new Promise(() => {});
    if (entry.id === "fails" && faults-- > 0) throw new Error("a defect");
    return entry.move(undefined);
  };
  const { put, pass, ran, failures } = await started({ run });
  await put("hangs", 1);
  await put("fails", 2);
  await put("fine", 3);
  await idle();
  await pass(3);
  assert.deepEqual(ran, ["hangs", "fails", "fine"]);
  assert.equal(failures.length, 1);
  await pass(4999);
  assert.equal(ran.length, 3);
  await pass(1);
  assert.deepEqual(ran.slice(3), ["fails"]);
});

test("one that leaves its entry as it was is run again later, not at once", async () => {
  const { put, pass, ran } = await started({ run: async () => {} });
  await put("a", 1);
  await idle();
  await pass(1);
  assert.equal(ran.length, 1);
  await pass(5000);
  assert.equal(ran.length, 2);
});

test("what its owner changes while it runs is not overwritten by the run", async () => {
  let finish = () => {};
  const run = async (entry: DueEntry<string>) => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    await entry.move(undefined);
  };
  const { put, pass, ran, failures, remove } = await started({ run });
  await put("a", 1);
  await idle();
  await pass(1);
  await put("a", MINUTE_MS);
  finish();
  await idle();
  await pass(MINUTE_MS);
  assert.deepEqual(ran, ["a", "a"]);
  await remove("a");
  finish();
  await idle();
  await pass(MINUTE_MS);
  assert.equal(ran.length, 2);
  assert.deepEqual(failures, []);
});

test("no wait is longer than a second, however far the first entry is", async () => {
  const clock = new ManualClock();
  const waits: number[] = [];
  const { after } = clock;
  clock.after = (ms, callback) => {
    waits.push(ms);
    return after.call(clock, ms, callback);
  };
  const { put, pass, ran } = await started({ clock });
  await put("a", 2 ** 33);
  await idle();
  await pass(1000);
  await pass(1000);
  assert.deepEqual(new Set(waits), new Set([1000]));
  await pass(2 ** 33); // a machine that slept, or a clock that was set
  assert.deepEqual(ran, ["a"]);
});

test("a store that cannot be read is asked again", async () => {
  const { records, put, pass, ran, failures } = await started();
  const { get } = records;
  records.get = async () => {
    throw new Error("busy");
  };
  await put("a", 1);
  await idle();
  assert.equal(failures.length, 1);
  records.get = get;
  await pass(5000);
  assert.deepEqual(ran, ["a"]);
});

test("the first of a random heap is the first of the sorted list", () => {
  const heap = new DueFirst();
  const times = new Map<string, number>();
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  for (let step = 0; step < 20_000; step += 1) {
    const id = `${random(500)}`;
    if (random(3) === 0) {
      heap.delete(id);
      times.delete(id);
    } else {
      const time = random(10_000);
      heap.set(id, time);
      times.set(id, time);
    }
    if (step % 10 === 0) {
      const least = times.size === 0 ? undefined : Math.min(...times.values());
      assert.equal(heap.first()?.time, least);
      const taken = heap.shift();
      if (taken !== undefined) assert.equal(times.get(taken.id), taken.time);
      times.delete(taken?.id ?? "");
    }
    assert.equal(heap.size, times.size);
  }
});
