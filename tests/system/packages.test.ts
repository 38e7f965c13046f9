/** A function's way from its package to a bundle: deploy, analyze, build, deploy the bundle, get the same answers. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { LambdaClient, PublishLayerVersionCommand } from "@aws-sdk/client-lambda";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { type Run, runYunque } from "../yunque.ts";
import { zipOf } from "../zip.ts";

let platform: TestPlatform;
let work = "";
before(async () => {
  work = await mkdtemp(join(tmpdir(), "yunque-packages-"));
  platform = await startPlatform({ flags: ["--engine", "memory"] });
  await write("app", {
    "package.json": `{"type":"module"}`,
    "index.js": `
      import { SSMClient } from "@aws-sdk/client-ssm";
      import slow from "slow";
      export const handler = async ({ fail }) => {
        if (fail) throw new RangeError("as asked");
        return { ...slow, client: typeof SSMClient, stage: process.env.STAGE };
      };`,
    "node_modules/slow/package.json": `{"name":"slow","version":"1.0.0"}`,
    "node_modules/slow/index.js": `
      const until = performance.now() + 40;
      while (performance.now() < until);
      exports.part = require("./part.js");`,
    "node_modules/slow/part.js": `module.exports = "part of " + require("path").basename("/a/b")`,
    "node_modules/idle/package.json": `{"name":"idle","version":"2.0.0"}`,
    "node_modules/idle/index.js": "exports.never = 1",
  });
});
after(async () => {
  await platform.stop();
  await rm(work, { recursive: true });
});

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(work, folder, name)), { recursive: true });
    await writeFile(join(work, folder, name), text);
  }
}

async function yunque(...words: string[]): Promise<Run> {
  return runYunque(words, { cwd: work, env: { YUNQUE_ENDPOINT: platform.origin } });
}

async function done(...words: string[]): Promise<string> {
  const { code, out, err } = await yunque(...words);
  assert.equal(code, 0, err);
  return out;
}

describe("from a package to a bundle", { concurrency: false }, () => {
  test("analyze shows what a deployed function is made of, and what could be saved", async () => {
    await done("functions", "create", "app", "app", "--env", "STAGE=dev", "--memory", "512");
    const found = JSON.parse(await done("functions", "analyze", "app", "--runs", "2", "--json"));
    assert.deepEqual([found.runtime, found.handler], ["nodejs22.x", "index.handler"]);
    assert.ok(found.zippedBytes > 0 && found.size.bytes > 0);
    const slow = found.init.parts.find((part: { name: string }) => part.name === "slow");
    assert.ok(slow.selfMs >= 40, JSON.stringify(slow));
    assert.equal(slow.modules, 2);
    assert.deepEqual(found.init.unloaded, [{ name: "idle", version: "2.0.0" }]);
    assert.equal(found.savings.failure, undefined);
    assert.ok(found.savings.steps.every(({ ms }: { ms: number }) => ms >= 40));
    assert.ok(found.advice.some((line: string) => line.startsWith("slow and what only it brings")));
  });

  test("for people it is tables with bars", async () => {
    const out = await done("functions", "analyze", "./app", "--runs", "1");
    assert.match(out, /^\.\/app: nodejs22\.x, index\.handler: /);
    assert.match(out, /^slow@1\.0\.0 .*█.?$/m);
    assert.match(out, /^the runtime's AWS SDK +[\d.]+ ms/m);
    assert.match(out, /^\+ minified +[\d.]+ k?B/m);
  });

  test("what build wrote answers as before, from a directory and from a zip", async () => {
    const before = await done("functions", "invoke", "app");
    await done("build", "app", "--out", "dist");
    await done("functions", "create", "bundled", "dist", "--env", "STAGE=dev");
    assert.equal(await done("functions", "invoke", "bundled"), before);
    const said = await done("build", "app", "--out", "app.zip", "--no-minify");
    assert.match(said, /left to the runtime: @aws-sdk\/client-ssm/);
    assert.match(said, /wrote app\.zip \(handler index\.handler\)/);
    await done(
      "functions",
      "create",
      "bundled",
      "app.zip",
      "--update",
      "--handler",
      "index.handler",
    );
    assert.equal(await done("functions", "invoke", "bundled"), before);
  });

  test("create --build deploys TypeScript, and a handler that fails names its line in it", async () => {
    await write("typed", {
      "src/index.ts": `
        interface Event { readonly fail?: true }
        export const handler = async ({ fail }: Event): Promise<string> => {
          if (fail) throw new RangeError("as asked");
          return "typed";
        };`,
    });
    const said = await done("functions", "create", "typed", "typed", "--build");
    assert.match(said, /\(nodejs22\.x, src\/index\.handler\)/);
    assert.equal(await done("functions", "invoke", "typed"), '"typed"\n');
    const { code, out } = await yunque("functions", "invoke", "typed", "-p", '{"fail":true}');
    assert.equal(code, 1);
    const { errorType, errorMessage, trace } = JSON.parse(out);
    assert.deepEqual([errorType, errorMessage], ["RangeError", "as asked"]);
    assert.match(trace[1], /\/src\/index\.ts:4:27\)$/);
  });

  test("layers are counted for themselves, and stay out of what is bundled", async () => {
    const client = new LambdaClient(clientSettings(platform.origin));
    const ZipFile = await zipOf({
      "nodejs/node_modules/lay/package.json": `{"name":"lay","version":"3.0.0"}`,
      "nodejs/node_modules/lay/index.js": "module.exports = 'lay'",
    });
    const layer = new PublishLayerVersionCommand({ LayerName: "lay", Content: { ZipFile } });
    const { LayerVersionArn = "" } = await client.send(layer);
    client.destroy();
    await write("layered", {
      "index.js": `const lay = require("lay"); exports.handler = async () => lay`,
    });
    await done("functions", "create", "layered", "layered", "--layer", LayerVersionArn);
    const found = JSON.parse(
      await done("functions", "analyze", "layered", "--runs", "1", "--json"),
    );
    assert.deepEqual(found.layers, [LayerVersionArn]);
    const part = found.size.parts.find(({ name }: { name: string }) => name === "lay");
    assert.deepEqual([part.origin, part.version], [LayerVersionArn, "3.0.0"]);
    assert.deepEqual(found.init.unloaded, []);
    assert.equal(found.savings.failure, undefined);
    assert.ok(
      found.savings.steps.every(({ failure }: { failure?: string }) => failure === undefined),
    );
  });

  test("a function that does not load, or is not there, is told as such", async () => {
    await write("broken", { "index.js": "throw new RangeError('at load'); exports.handler = 1" });
    await done("functions", "create", "broken", "broken");
    const broken = await yunque("functions", "analyze", "broken");
    assert.equal(broken.code, 1);
    assert.match(
      broken.out,
      /your own code.*\n\nInit: the handler does not load\.\n {2}RangeError: at load/,
    );
    const gone = await yunque("functions", "analyze", "typed-not");
    assert.deepEqual([gone.code, gone.out], [1, ""]);
    assert.match(gone.err, /^yunque: ResourceNotFoundException/);
    const path = await yunque("functions", "analyze", "dist");
    assert.match(path.err, /yunque functions analyze \.\/dist/);
  });
});
