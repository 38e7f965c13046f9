import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pack } from "../code/pack.ts";
import { type Analysis, analyze } from "./analysis.ts";
import { subjectFromPath } from "./from-path.ts";
import { analysisJson } from "./json.ts";
import { report } from "./report.ts";
import type { SubjectOptions } from "./subject.ts";

type Files = Readonly<Record<string, string>>;

describe("an analysis", () => {
  let directory = "";
  let count = 0;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-analysis-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  async function write(files: Files): Promise<string> {
    const root = join(directory, `${++count}`);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
    return root;
  }

  async function look(path: string, options: SubjectOptions = {}): Promise<Analysis> {
    const own = await mkdtemp(join(directory, "own-"));
    const subject = await subjectFromPath(path, options, own);
    return analyze(subject, {
      runs: 1,
      endpoint: "http://127.0.0.1:1",
      region: "us-east-1",
      directory: own,
    });
  }

  const DEPENDENT: Files = {
    "index.js": `const { a } = require("a"); exports.handler = async () => a`,
    "data.bin": "x".repeat(1_000),
    "node_modules/a/package.json": `{"name":"a","version":"1.2.3"}`,
    "node_modules/a/index.js": `exports.a = require("@s/b")`,
    "node_modules/a/README.md": "x".repeat(500),
    "node_modules/a/node_modules/@s/b/package.json": `{"name":"@s/b","version":"2.0.0"}`,
    "node_modules/a/node_modules/@s/b/index.js": "module.exports = 'b'",
    "node_modules/@s/b/package.json": `{"name":"@s/b","version":"3.0.0"}`,
    "node_modules/@s/b/index.js": `module.exports = "${"x".repeat(2_000)}"`,
  };

  it("attributes every byte to a dependency in a version, or to the function's own code", async () => {
    const { sizes } = await look(await write(DEPENDENT));
    assert.deepEqual(
      sizes.parts.map(({ name, version, files }) => [name, version, files]),
      [
        ["@s/b", "3.0.0", 2],
        ["", undefined, 2],
        ["a", "1.2.3", 3],
        ["@s/b", "2.0.0", 2],
      ],
    );
    assert.equal(
      sizes.bytes,
      sizes.parts.reduce((all, { bytes }) => all + bytes, 0),
    );
    assert.equal(sizes.bytes, Object.values(DEPENDENT).join("").length);
    assert.deepEqual(sizes.unread, { files: 1, bytes: 500 });
  });

  it("attributes init to who is loaded, and names who is not", async () => {
    const { init } = await look(await write(DEPENDENT));
    assert.ok("parts" in init, JSON.stringify(init));
    const parts = init.parts.filter(({ origin }) => origin === "code");
    assert.deepEqual(parts.map(({ directory: where, modules }) => `${where} ${modules}`).sort(), [
      " 1",
      "node_modules/a 1",
      "node_modules/a/node_modules/@s/b 1",
    ]);
    const of = (name: string) => parts.find((part) => part.name === name);
    assert.ok((of("a")?.totalMs ?? 0) > (of("a")?.selfMs ?? 0));
    assert.ok((of("")?.totalMs ?? 0) > (of("a")?.totalMs ?? 0));
    assert.deepEqual(
      init.unloaded.map(({ name, version }) => [name, version]),
      [["@s/b", "3.0.0"]],
    );
  });

  it("really bundles, and measures what comes of it", async () => {
    const { savings } = await look(await write(DEPENDENT));
    assert.equal(savings?.failure, undefined);
    const [now, bundled, ...more] = savings?.steps ?? [];
    assert.deepEqual(
      more.map(({ name }) => name),
      ["+ unused code left out", "+ minified"],
    );
    assert.equal(bundled?.files, 1);
    assert.ok((bundled?.bytes ?? 0) < (now?.bytes ?? 0));
    for (const { ms } of savings?.steps ?? []) assert.ok((ms ?? 0) > 0);
  });

  it("shows the error of a handler that does not load, and the sizes all the same", async () => {
    const found = await look(await write({ "index.js": "throw new RangeError('at load')" }), {
      handler: "index.handler",
      runtime: "nodejs22.x",
    });
    assert.ok("failure" in found.init);
    assert.match(report(found), /SIZE.*does not load\.\n {2}RangeError: at load/s);
  });

  it("measures the size alone of other languages, and of what it cannot understand", async () => {
    const python = await look(
      await write({ "app.py": "def handler(e, c): pass", "numpy/core.py": "x" }),
    );
    assert.match(report(python), /numpy +1 B.*this one runs on python3\.13/s);
    const unknown = await look(await write({ "a.js": "", "b.js": "" }));
    assert.match(report(unknown), /init was not measured: which file holds the handler\?/);
  });

  it("says what keeps a package from being bundled", async () => {
    const found = await look(
      await write({
        "index.js": `if (process.env.NEVER) require("left-pad-of-mine"); exports.handler = () => 1`,
      }),
    );
    assert.match(
      report(found),
      /Bundling fails: it cannot be bundled\nindex\.js:1: Could not resolve/,
    );
  });

  it("names every value in JSON, and nothing of this machine's directories", async () => {
    const root = await write(DEPENDENT);
    const text = JSON.stringify(analysisJson(await look(root)));
    assert.ok(!text.replaceAll(root, "").includes(directory));
    assert.deepEqual(Object.keys(JSON.parse(text)), [
      "name",
      "runtime",
      "handler",
      "layers",
      "size",
      "init",
      "savings",
      "advice",
    ]);
  });

  it("refuses a damaged zip, and one that would write beside itself", async () => {
    const root = await write({ "code.zip": "no zip" });
    const refused = { name: "Failure", message: /^the zip of .* is refused: / };
    await assert.rejects(look(join(root, "code.zip")), refused);
    const { zip } = await pack(await write({ "aa/escaped.js": "" }));
    const hostile = Buffer.from(
      zip.toString("latin1").replaceAll("aa/escaped", "../escaped"),
      "latin1",
    );
    await writeFile(join(root, "hostile.zip"), hostile);
    await assert.rejects(look(join(root, "hostile.zip")), refused);
  });
});
