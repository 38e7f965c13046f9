import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DEFAULT_RULE } from "../../domain/sampling-rule.ts";
import type { Segment } from "../../domain/segment.ts";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import type { Records } from "../../ports/records.ts";
import { idle, ManualClock, SCOPE } from "../functions/fixture.ts";
import type { TraceLimits } from "./context.ts";
import { createTraces } from "./index.ts";
import { segmentsSpace, TIMES } from "./spaces.ts";

function open({
  records = createMemoryEngine().records as Records,
  clock = new ManualClock(),
  limits = {} as Partial<TraceLimits>,
} = {}) {
  const counts = new Map<string, number>();
  const failures: unknown[] = [];
  const traces = createTraces({
    records,
    clock,
    metrics: { count: (name, _, value = 1) => counts.set(name, (counts.get(name) ?? 0) + value) },
    onFailure: (error) => failures.push(error),
    random: () => 0.5,
    limits,
  });
  const segment = (n: number, more: Partial<Segment> = {}): Segment => ({
    trace_id: `1-00000001-${n.toString(16).padStart(24, "0")}`,
    id: "00000000000000aa",
    name: "s",
    start_time: clock.now() / 1000,
    end_time: clock.now() / 1000 + 1,
    ...more,
  });
  const find = async (n: number) =>
    (await traces.queries.documents(SCOPE, [segment(n).trace_id]))[0]?.documents ?? [];
  return { traces, records, clock, counts, failures, segment, find };
}

describe("traces", () => {
  it("are written in batches, after a quarter of a second", async () => {
    const { traces, clock, segment, records } = open();
    for (let n = 0; n < 100; n++) traces.tell(SCOPE, segment(n));
    await idle();
    assert.equal((await records.list(segmentsSpace(SCOPE))).length, 0);
    clock.advance(250);
    await idle();
    assert.equal((await records.list(segmentsSpace(SCOPE))).length, 100);
  });

  it("are dropped and counted where too many wait, and nobody is held up", async () => {
    const { traces, counts, segment } = open({ limits: { waiting: 10 } });
    for (let n = 0; n < 25; n++) traces.tell(SCOPE, segment(n));
    assert.equal(counts.get("TraceSegmentsDropped"), 15);
    const refused = await traces.put(SCOPE, [JSON.stringify(segment(99))]);
    assert.deepEqual(refused, [{ id: "00000000000000aa", code: "Throttled" }]);
  });

  it("are dropped and counted where the storage fails; who waits for it hears why", async () => {
    const { records } = open();
    let full = true;
    const broken: Records = {
      get: (space, id) => records.get(space, id),
      list: (space, options) => records.list(space, options),
      spaces: (prefix) => records.spaces(prefix),
      watch: (space, listener) => records.watch(space, listener),
      close: () => records.close(),
      async commit(changes) {
        if (full) throw new Error("full");
        await records.commit(changes);
      },
    };
    const { traces, counts, segment, failures, clock } = open({ records: broken });
    await assert.rejects(traces.put(SCOPE, [JSON.stringify(segment(1))]), /full/);
    traces.tell(SCOPE, segment(2));
    clock.advance(250);
    await idle();
    assert.equal(failures.length, 1);
    assert.equal(counts.get("TraceSegmentsDropped"), 2);
    full = false;
    await traces.put(SCOPE, [JSON.stringify(segment(1))]);
    assert.equal((await records.list(TIMES)).length, 1);
  });

  it("replace what was in progress, and outlive a restart", async () => {
    const first = open();
    const { end_time: _, ...open_ } = first.segment(1, { in_progress: true });
    await first.traces.put(SCOPE, [JSON.stringify(open_)]);
    await first.traces.put(SCOPE, [JSON.stringify(first.segment(1))]);
    await first.traces.close();
    const { find } = open({ records: first.records, clock: first.clock });
    const documents = await find(1);
    assert.equal(documents.length, 1);
    assert.equal(JSON.parse(documents[0]?.text ?? "").in_progress, undefined);
  });

  it("go after 30 days", async () => {
    const { traces, clock, segment, find, records } = open();
    await traces.put(SCOPE, [JSON.stringify(segment(1))]);
    clock.advance(29 * 24 * 3600 * 1000);
    await traces.put(SCOPE, [JSON.stringify(segment(2))]);
    clock.advance(2 * 24 * 3600 * 1000);
    await traces.start();
    await idle();
    assert.equal((await find(1)).length, 0);
    assert.equal((await find(2)).length, 1);
    assert.equal((await records.list(TIMES)).length, 1);
  });

  it("go, oldest first, where they take too much room", async () => {
    const { traces, clock, segment, find } = open({ limits: { bytes: 20_000 } });
    for (let n = 0; n < 300; n++) {
      await traces.put(SCOPE, [JSON.stringify(segment(n))]);
      clock.advance(1);
    }
    assert.equal((await find(0)).length, 0);
    assert.equal((await find(299)).length, 1);
  });

  it("that say they begin in the future are no safer than the others", async () => {
    const { traces, clock, segment, find } = open();
    const start_time = clock.now() / 1000 + 1e9;
    await traces.put(SCOPE, [JSON.stringify(segment(1, { start_time, end_time: start_time }))]);
    clock.advance(31 * 24 * 3600 * 1000);
    await traces.start();
    await idle();
    assert.equal((await find(1)).length, 0);
  });

  it("of which there is too much are read in part", async () => {
    const { traces, segment, find } = open();
    const all = Array.from({ length: 2_100 }, (_, n) =>
      JSON.stringify(segment(1, { id: n.toString(16).padStart(16, "0") })),
    );
    await traces.put(SCOPE, all);
    assert.equal((await find(1)).length, 2_000);
  });

  it("of other accounts and regions are not seen", async () => {
    const { traces, segment } = open();
    await traces.put(SCOPE, [JSON.stringify(segment(1))]);
    const elsewhere = { ...SCOPE, region: "eu-west-1" };
    assert.deepEqual(await traces.queries.views(elsewhere, [segment(1).trace_id]), []);
  });
});

describe("sampling", () => {
  it("takes the first of each second, and a rate of the others", () => {
    const { traces, clock } = open(); // 0.5 is more than 5 %
    const ask = () => traces.decide(SCOPE, { serviceName: "f" });
    assert.deepEqual([ask(), ask(), ask()], [true, false, false]);
    clock.advance(1000);
    assert.deepEqual([ask(), ask()], [true, false]);
  });

  it("follows rules by their priority, as soon as they are there", async () => {
    const { traces } = open();
    const rule = { ...DEFAULT_RULE, name: "all", serviceName: "f*", fixedRate: 1, priority: 2 };
    await traces.rules.create(SCOPE, rule, {});
    await traces.rules.create(SCOPE, { ...rule, name: "no", fixedRate: 0, reservoir: 0 }, {});
    await traces.rules.update(SCOPE, "no", { priority: 1, serviceName: "f-no" });
    const ask = (serviceName: string) => traces.decide(SCOPE, { serviceName });
    assert.deepEqual([ask("f"), ask("f"), ask("f-no")], [true, true, false]);
    await traces.rules.delete(SCOPE, "no");
    assert.equal(ask("f-no"), true);
  });
});
