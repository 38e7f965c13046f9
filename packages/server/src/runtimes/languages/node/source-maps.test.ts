import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Bench, openBench } from "../../runtimes.fixture.ts";

/** As a bundler writes it: everything on the first line comes from line 42, column 3 of a TypeScript file. */
const MAP = JSON.stringify({
  version: 3,
  sources: ["../src/orders.ts"],
  names: [],
  mappings: "AAyCE",
  padding: "x".repeat(8192),
});
const CODE = 'exports.handler = async () => { throw new RangeError("no such order"); };\n';
const INLINE = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(MAP).toString("base64")}\n`;
const BESIDE = "//# sourceMappingURL=index.js.map\n";
const ORIGINAL = /\/src\/orders\.ts:42:3\)$/;
const GENERATED = /index\.\w+:1:\d+\)$/;

describe("errors of a handler that has a source map", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  /** The first frame that the caller is told, and whether the log has it too. */
  const frame = async (files: Record<string, string>, environment = {}) => {
    const { value, log } = await bench.invoke(await bench.deploy(files, { environment }));
    const [, first = ""] = (value as { trace: string[] }).trace;
    assert.ok(log.includes(JSON.stringify(first).slice(1, -1)), log);
    return first;
  };

  for (const [kind, files] of [
    ["beside it", { "index.js": CODE + BESIDE, "index.js.map": MAP }],
    ["in it", { "index.js": CODE + INLINE }],
    [
      "beside it, as an ES module",
      {
        "index.mjs": CODE.replace("exports.handler =", "export const handler =") + BESIDE,
        "index.js.map": MAP,
      },
    ],
  ] as const)
    it(`are told with the positions in the sources: a map ${kind}`, async () => {
      assert.match(await frame(files), ORIGINAL);
    });

  for (const [kind, files, environment] of [
    ["without a map", { "index.js": CODE }, {}],
    ["whose map is missing", { "index.js": CODE + BESIDE }, {}],
    ["whose map is broken", { "index.js": CODE + BESIDE, "index.js.map": "{" }, {}],
    [
      "that says no in NODE_OPTIONS",
      { "index.js": CODE + INLINE },
      { NODE_OPTIONS: "--no-enable-source-maps" },
    ],
  ] as const)
    it(`are told with the positions in the code that runs: a handler ${kind}`, async () => {
      assert.match(await frame(files, environment), GENERATED);
    });
});
