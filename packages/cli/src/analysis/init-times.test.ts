import assert from "node:assert/strict";
import { test } from "node:test";
import type { InitMeter, InitSubject, MeasuredModule } from "@yunque/server/package-tools";
import { measureInit } from "./init-times.ts";

const module = (path: string, selfMs: number, by?: string): MeasuredModule => ({
  origin: "code",
  path,
  selfMs,
  ...(by === undefined ? {} : { importer: { origin: "code", path: by } }),
});

/** A meter whose runs answer these modules in turn. */
function meterOf(...runs: (readonly MeasuredModule[])[]): InitMeter {
  let run = 0;
  return {
    tier: "none",
    run: async (_subject, { trace }) => ({
      ms: 10,
      modules: trace ? (runs[run++ % runs.length] ?? []) : [],
    }),
    close: async () => {},
  };
}

async function measured(runs: number, ...modules: (readonly MeasuredModule[])[]) {
  const times = await measureInit(meterOf(...modules), {} as InitSubject, runs);
  assert.ok("parts" in times);
  return times;
}

test("a dependency's total is its own time and that of what was loaded because of it, once", async () => {
  const { parts } = await measured(1, [
    module("index.js", 1),
    module("node_modules/a/x.js", 2, "index.js"),
    module("node_modules/a/y.js", 4, "node_modules/a/x.js"),
    module("node_modules/b/z.js", 8, "node_modules/a/y.js"),
    module("node_modules/a/w.js", 16, "node_modules/b/z.js"),
  ]);
  const of = (name: string) => parts.find((part) => part.name === name);
  assert.deepEqual([of("")?.selfMs, of("")?.totalMs, of("")?.modules], [1, 31, 1]);
  assert.deepEqual([of("a")?.selfMs, of("a")?.totalMs, of("a")?.modules], [22, 30, 3]);
  assert.deepEqual([of("b")?.selfMs, of("b")?.totalMs, of("b")?.modules], [8, 24, 1]);
});

test("of several runs the median of each module counts", async () => {
  const { modules } = await measured(
    3,
    [module("a.js", 1)],
    [module("a.js", 100)],
    [module("a.js", 3)],
  );
  assert.deepEqual(
    modules.map(({ path, selfMs }) => [path, selfMs]),
    [["a.js", 3]],
  );
});

test("imports that go round, as strangers may tell them, end", async () => {
  const { modules } = await measured(1, [
    module("a.js", 1, "b.js"),
    module("b.js", 2, "a.js"),
    module("c.js", 4, "c.js"),
  ]);
  assert.deepEqual(
    modules.map(({ path, totalMs }) => [path, totalMs]),
    [
      ["c.js", 4],
      ["b.js", 3],
      ["a.js", 3],
    ],
  );
});
