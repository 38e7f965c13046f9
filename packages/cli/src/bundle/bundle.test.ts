import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bundleOptions } from "./build-options.ts";
import { type BundleOptions, bundle } from "./bundle.ts";
import { findProject } from "./project.ts";
import { packBundle, writeFiles } from "./write.ts";

type Files = Readonly<Record<string, string>>;

describe("a bundle", () => {
  let directory = "";
  let count = 0;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-bundle-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  async function write(files: Files, root = join(directory, `${++count}`)): Promise<string> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
    return root;
  }

  async function build(files: Files, changes: Partial<BundleOptions> = {}, entry = ".") {
    const root = await write(files);
    const made = await bundle(await findProject(join(root, entry)), {
      ...bundleOptions({}),
      ...changes,
    });
    const out = join(directory, `${++count}`);
    await writeFiles(made, out);
    return { ...made, out, names: made.files.map(({ name }) => name) };
  }

  /** What the handler answers, or the error's stack. */
  function call({ out, handler }: { out: string; handler: string }): string {
    const [, stem, name] = /^(.*)\.(\w+)$/.exec(handler) ?? [];
    const script = `
      const { existsSync } = require("node:fs");
      const file = [".mjs", ".cjs"].map((end) => ${JSON.stringify(join(out, stem ?? ""))} + end).find(existsSync);
      import(require("node:url").pathToFileURL(file).href)
        .then((loaded) => loaded.${name}({}))
        .then((value) => console.log(JSON.stringify(value)), (error) => console.log(error.stack));`;
    const run = spawnSync(process.execPath, ["--enable-source-maps", "-e", script], {
      encoding: "utf8",
      cwd: out,
    });
    return (run.stdout + run.stderr).trim();
  }

  it("is one file with the handler's name, of TypeScript and of what it imports", async () => {
    const made = await build({
      "src/index.ts": `import { twice } from "./twice.ts";
        interface Event { n?: number }
        export const handler = async ({ n = 21 }: Event): Promise<number> => twice(n);`,
      "src/twice.ts":
        "export const twice = (n: number): number => n * 2; export const unused = 'unused';",
    });
    assert.deepEqual(made.names, ["src/index.cjs", "src/index.cjs.map"]);
    assert.equal(made.handler, "src/index.handler");
    assert.equal(call(made), "42");
    assert.doesNotMatch(
      await readFile(join(made.out, "src/index.cjs"), "utf8"),
      /'unused'|"unused"/,
    );
  });

  it("is an ES module where its source is one, CommonJS dependencies included", async () => {
    const made = await build({
      "package.json": `{"type":"module"}`,
      "index.js": `import dep from "dep"; import { createRequire } from "node:module";
        const require = createRequire(import.meta.url); const __dirname = "mine";
        await 0; export const handler = async () => [dep, typeof require, __dirname]`,
      "node_modules/dep/package.json": `{"name":"dep","main":"main.js"}`,
      "node_modules/dep/main.js": `module.exports = [require("fs").existsSync(__filename), require("path").basename(__dirname)]`,
    });
    assert.deepEqual(made.names, ["index.mjs", "index.mjs.map"]);
    const folder = made.out.slice(made.out.lastIndexOf("/") + 1);
    assert.equal(call(made), JSON.stringify([[true, folder], "function", "mine"]));
    assert.match(made.warnings.join("\n"), /^index\.js, dep: asks for its own folder/);
  });

  for (const type of ["module", "commonjs"]) {
    for (const minify of [true, false]) {
      it(`leads a stack trace to the source's file and line (${type}, minify ${minify})`, async () => {
        const made = await build(
          {
            "package.json": JSON.stringify({ type }),
            "src/app.ts": `import { fail } from "./fail.ts";\n\nexport const handler = async () => fail();`,
            "src/fail.ts": `import { sep } from "dep";\ninterface Padding { x: 1 }\n\nclass SomeError extends Error { override name = "SomeError" }\nexport function fail(): never {\n  throw new SomeError(sep);\n}`,
            "node_modules/dep/package.json": `{"name":"dep"}`,
            "node_modules/dep/index.js": `exports.sep = require("path").sep + __dirname.length`,
          },
          { minify },
        );
        const stack = call(made);
        assert.match(stack, /^SomeError: /);
        assert.ok(stack.includes(`${join(made.out, "src/fail.ts")}:6:9`), stack);
        assert.ok(stack.includes(`${join(made.out, "src/app.ts")}:3:`), stack);
      });
    }
  }

  it("is the same bytes wherever it is made", async () => {
    const files = { "index.ts": "export const handler = async () => 1", "package.json": "{}" };
    const [one, two] = await Promise.all(
      [await write(files), await write(files)].map(async (root) =>
        packBundle(await bundle(await findProject(root), bundleOptions({}))),
      ),
    );
    assert.deepEqual(one?.zip, two?.zip);
    assert.deepEqual(one?.names, ["index.cjs", "index.cjs.map"]);
  });

  it("leaves the AWS SDK to the runtime, unless it shall not", async () => {
    const files = {
      "index.mjs": `import { S3Client } from "@aws-sdk/client-s3"; export const handler = () => S3Client`,
      "node_modules/@aws-sdk/client-s3/package.json": `{"name":"@aws-sdk/client-s3","main":"i.js"}`,
      "node_modules/@aws-sdk/client-s3/i.js": "exports.S3Client = 'own'",
    };
    const left = await build(files);
    assert.deepEqual(left.brought, ["@aws-sdk/client-s3"]);
    assert.match(
      await readFile(join(left.out, "index.mjs"), "utf8"),
      /from\s*"@aws-sdk\/client-s3"/,
    );
    assert.equal(call(await build(files, { bundleSdk: true })), '"own"');
    assert.equal(call(await build(files, { runtime: "nodejs16.x" })), '"own"');
  });

  it("keeps packages with machine code whole, with what they depend on", async () => {
    const made = await build({
      "index.js": `exports.handler = async () => require("native")`,
      "node_modules/native/package.json": `{"name":"native","main":"lib/main.js","dependencies":{"bindings":"1","plain":"1"}}`,
      "node_modules/native/lib/main.js": `module.exports = [require("plain"), require("fs").readFileSync(__dirname + "/../machine.node", "utf8")]`,
      "node_modules/native/machine.node": "code",
      "node_modules/native/node_modules/bindings/package.json": `{"name":"bindings"}`,
      "node_modules/plain/package.json": `{"name":"plain"}`,
      "node_modules/plain/index.js": "module.exports = 'plain'",
      "node_modules/other/package.json": `{"name":"other"}`,
    });
    assert.equal(call(made), '["plain","code"]');
    assert.deepEqual(
      made.kept.map(({ target }) => target),
      ["node_modules/native", "node_modules/bindings", "node_modules/plain"],
    );
    assert.deepEqual((await readdir(join(made.out, "node_modules"))).sort(), [
      "bindings",
      "native",
      "plain",
    ]);
  });

  it("takes files of further endings as it is told, and asks where it is not", async () => {
    const files = {
      "index.mjs": `import page from "./page.html"; export const handler = async () => page`,
      "page.html": "<p>",
    };
    await assert.rejects(build(files), {
      message: /^it cannot be bundled\nindex\.mjs:1: No loader/,
      hint: /--loader \.html=text/,
    });
    assert.equal(call(await build(files, { loaders: { ".html": "text" } })), '"<p>"');
  });

  it("says what is missing, and what it could not look into", async () => {
    await assert.rejects(build({ "index.js": `require("left-pad-of-mine")` }), {
      message: /index\.js:1: Could not resolve "left-pad-of-mine"/,
      hint: /--external left-pad-of-mine/,
    });
    const { warnings } = await build({ "index.js": "exports.handler = (e) => require(e.name)" });
    assert.match(
      warnings.join("\n"),
      /^index\.js:1: requires a module whose name is only known when it runs/,
    );
    await assert.rejects(build({ "index.ts": "await 0; export const handler = 1" }), {
      hint: /--format esm/,
    });
  });

  it("refuses to lose the handler's export", async () => {
    await assert.rejects(build({ "index.js": "exports.handler = () => 1" }, { format: "esm" }), {
      message: "as an ES module index.js would not export handler",
      hint: /--format cjs/,
    });
  });

  it("replaces an earlier bundle of another format, and nothing else", async () => {
    const made = await build({ "index.mjs": "export const handler = async () => 2" });
    await write(
      { "index.cjs": "old", "index.cjs.map": "old", "index.html": "kept", "other.js": "kept" },
      made.out,
    );
    await writeFiles(made, made.out);
    assert.deepEqual((await readdir(made.out)).sort(), [
      "index.html",
      "index.mjs",
      "index.mjs.map",
      "other.js",
    ]);
  });

  it("takes no file from outside of strangers' packages", async () => {
    const outside = await write({
      "secret.json": `{"secret":1}`,
      "secret.js": "exports.secret = 1",
    });
    const secret = join(outside, "secret.json");
    const root = await write({
      "index.js": `exports.handler = () => require(${JSON.stringify(secret)})`,
    });
    const linked = await write({ "index.js": `exports.handler = () => require("./link.js")` });
    await symlink(join(outside, "secret.js"), join(linked, "link.js"));
    for (const stranger of [root, linked])
      await assert.rejects(
        bundle(await findProject(stranger), { ...bundleOptions({}), confined: true }),
        { message: /this file is not of the package/ },
      );
  });
});

it("the handler's file is looked for where people put it, and else asked for", async () => {
  const root = await mkdtemp(join(tmpdir(), "yunque-project-"));
  try {
    await assert.rejects(findProject(root), { hint: /yunque build FILE/ });
    await assert.rejects(findProject(join(root, "none")), { message: /cannot read/ });
    await writeFile(join(root, "x.py"), "def handler(): pass");
    await assert.rejects(findProject(join(root, "x.py")), { message: /is no JavaScript/ });
    await writeFile(join(root, "index.js"), "exports.handler = 1");
    await writeFile(join(root, "index.ts"), "export const api = async () => 1");
    const { file, name } = await findProject(root);
    assert.deepEqual([file, name], ["index.ts", "api"]);
  } finally {
    await rm(root, { recursive: true });
  }
});
