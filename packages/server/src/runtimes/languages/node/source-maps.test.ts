import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type Bench, openBench } from "../../runtimes.fixture.ts";

/** The third line of the bundle is the tenth of its source. */
const MAP = { version: 3, sources: ["src/app.ts"], names: [], mappings: ";;AASA" };
const THROWS = `
// the second line
exports.handler = async () => { throw new Error("as asked"); };`;

describe("traces of a bundled function", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench[Symbol.asyncDispose]());
  const trace = async (files: Record<string, string>, environment = {}): Promise<string[]> => {
    const deployment = await bench.deploy(files, { environment });
    return ((await bench.invoke(deployment)).value as { trace: string[] }).trace;
  };

  it("name the source and its line", async () => {
    const [head, first] = await trace({
      "index.js": THROWS,
      "index.js.map": JSON.stringify(MAP),
    });
    assert.equal(head, "Error: as asked");
    assert.match(first ?? "", /at .*\/src\/app\.ts:10:1\)?$/);
  });

  it("do so for ES modules", async () => {
    const [, first] = await trace({
      "index.mjs": THROWS.replace("exports.handler =", "export const handler ="),
      "index.mjs.map": JSON.stringify(MAP),
    });
    assert.match(first ?? "", /at .*\/src\/app\.ts:10:1\)?$/);
  });

  it("are Node.js's own where its option asks for that", async () => {
    const [, first] = await trace(
      {
        "index.js": `${THROWS}\n//# sourceMappingURL=index.js.map`,
        "index.js.map": JSON.stringify(MAP),
      },
      { NODE_OPTIONS: "--enable-source-maps" },
    );
    assert.match(first ?? "", /at .*\/src\/app\.ts:10:1\)?$/);
  });

  it("name the bundle where there is no map, or a damaged one", async () => {
    assert.match((await trace({ "index.js": THROWS }))[1] ?? "", /index\.js:3:39\)?$/);
    const damaged = { "index.js": THROWS, "index.js.map": "{" };
    assert.match((await trace(damaged))[1] ?? "", /index\.js:3:39\)?$/);
  });
});
