import assert from "node:assert/strict";
import { test } from "node:test";
import type { MeasuredModule } from "@yunque/server/package-tools";
import { initTimes } from "./init-times.ts";

const module = (path: string, selfMs: number, by?: string): MeasuredModule => ({
  origin: "code",
  path,
  selfMs,
  ...(by === undefined ? {} : { importer: { origin: "code", path: by } }),
});

const measured = (...runs: (readonly MeasuredModule[])[]) =>
  initTimes(
    [10],
    runs.map((modules) => ({ ms: 10, modules })),
  );

test("a dependency's total is its own time and that of what was loaded because of it, once", () => {
  const { parts } = measured([
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

test("of several runs the median of each module counts", () => {
  const { modules } = measured([module("a.js", 1)], [module("a.js", 100)], [module("a.js", 3)]);
  assert.deepEqual(
    modules.map(({ path, selfMs }) => [path, selfMs]),
    [["a.js", 3]],
  );
});

test("imports that go round, as strangers may tell them, end", () => {
  const { modules } = measured([
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
