import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Bench, openBench } from "../../runtimes.fixture.ts";

const pkg = (name: string, value: string) => ({
  [`node_modules/${name}/package.json`]: `{"name":"${name}","main":"main.js"}`,
  [`node_modules/${name}/main.js`]: `exports.from = ${JSON.stringify(value)}`,
});
const layer = (name: string, value: string, folder = "nodejs") =>
  Object.fromEntries(
    Object.entries(pkg(name, value)).map(([path, text]) => [`${folder}/${path}`, text]),
  );

const USES = {
  CommonJS: { "index.js": "const { from } = require('dep'); exports.handler = async () => from" },
  "an ES module": {
    "index.mjs": "import dep from 'dep'; export const handler = async () => dep.from",
  },
  "a dynamic import": {
    "index.js": "exports.handler = async () => (await import('dep')).default.from",
  },
};

describe("where packages come from", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  for (const [kind, source] of Object.entries(USES)) {
    it(`finds the function's own copy first, from ${kind}`, async () => {
      const layers = [await bench.store(layer("dep", "layer"))];
      const deployment = await bench.deploy({ ...source, ...pkg("dep", "own") }, { layers });
      assert.equal((await bench.invoke(deployment)).value, "own");
    });

    it(`finds a layer's copy, from ${kind}`, async () => {
      const layers = [await bench.store(layer("dep", "layer"))];
      const deployment = await bench.deploy(source, { layers });
      assert.equal((await bench.invoke(deployment)).value, "layer");
    });
  }

  it("finds what a layer has for this version of Node.js before what it has for all", async () => {
    const all = await bench.store(layer("dep", "all"));
    const this22 = await bench.store(layer("dep", "22", "nodejs/node22"));
    const deployment = await bench.deploy(USES.CommonJS, {
      layers: [this22, all],
      runtime: "nodejs22.x",
    });
    assert.equal((await bench.invoke(deployment)).value, "22");
  });

  it("puts later layers over earlier ones", async () => {
    const first = await bench.store({
      ...layer("dep", "first"),
      "bin/tool": "#!/bin/sh\necho first",
    });
    const second = await bench.store(layer("dep", "second"));
    const deployment = await bench.deploy(
      {
        "index.js":
          "const { execFileSync } = require('child_process'); exports.handler = async () => [require('dep').from, String(execFileSync('tool')).trim()]",
      },
      { layers: [first, second] },
    );
    assert.deepEqual((await bench.invoke(deployment)).value, ["second", "first"]);
  });

  it("finds a layer's programs on PATH", async () => {
    const layers = [await bench.store({ "bin/ffmpeg": "#!/bin/sh\necho moving pictures" })];
    const deployment = await bench.deploy(
      "exports.handler = async () => String(require('child_process').execFileSync('ffmpeg'))",
      { layers },
    );
    assert.equal((await bench.invoke(deployment)).value, "moving pictures\n");
  });

  it("finds the AWS SDK that the runtime brings, from require", async () => {
    const deployment = await bench.deploy(
      "const { S3Client } = require('@aws-sdk/client-s3'); exports.handler = async () => S3Client.name",
    );
    assert.equal((await bench.invoke(deployment)).value, "S3Client");
  });

  it("finds the AWS SDK that the runtime brings, from import", async () => {
    const deployment = await bench.deploy({
      "index.mjs": `
        import { SQSClient } from "@aws-sdk/client-sqs";
        import { marshall } from "@aws-sdk/util-dynamodb";
        const { endpoint } = new SQSClient({}).config;
        export const handler = async () => [SQSClient.name, marshall({ a: 1 }), process.env.AWS_ENDPOINT_URL];`,
    });
    assert.deepEqual((await bench.invoke(deployment)).value, [
      "SQSClient",
      { a: { N: "1" } },
      "http://127.0.0.1:4566",
    ]);
  });

  it("prefers the function's own AWS SDK", async () => {
    const deployment = await bench.deploy({
      "index.mjs":
        "import sdk from '@aws-sdk/client-s3'; export const handler = async () => sdk.from",
      ...pkg("@aws-sdk/client-s3", "own"),
    });
    assert.equal((await bench.invoke(deployment)).value, "own");
  });

  it("prefers a layer's AWS SDK to the runtime's", async () => {
    const layers = [await bench.store(layer("@aws-sdk/client-s3", "layer"))];
    const deployment = await bench.deploy(
      "exports.handler = async () => require('@aws-sdk/client-s3').from",
      { layers },
    );
    assert.equal((await bench.invoke(deployment)).value, "layer");
  });

  for (const [kind, files, message] of [
    [
      "require",
      { "index.js": "require('zod'); exports.handler = 1" },
      /^Error: Cannot find module 'zod'\nRequire stack:\n- /,
    ],
    [
      "import",
      { "index.mjs": "import 'zod'; export const handler = 1" },
      /^Cannot find package 'zod' imported from /,
    ],
  ] as const) {
    it(`does not find the platform's own packages, by ${kind}`, async () => {
      const { failed, value } = await bench.invoke(await bench.deploy(files));
      assert.equal(failed, true);
      assert.match((value as { errorMessage: string }).errorMessage, message);
    });
  }

  it("gives one package the packages that it needs itself", async () => {
    const deployment = await bench.deploy({
      "index.js": "exports.handler = async () => require('a').from",
      "node_modules/a/package.json":
        '{"name":"a","exports":{".":{"import":"./m.mjs","require":"./m.cjs"}}}',
      "node_modules/a/m.cjs": "exports.from = 'cjs:' + require('b').from",
      ...pkg("b", "b"),
    });
    assert.equal((await bench.invoke(deployment)).value, "cjs:b");
  });
});
