/** The chain with walls around functions: what a handler sees, and what it is held to. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { InvokeCommand, LambdaClient, PublishLayerVersionCommand } from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { zipOf } from "../zip.ts";

const LOOK = `
  import { readdirSync, readFileSync, writeFileSync } from "node:fs";
  import { execFileSync } from "node:child_process";
  import { S3Client } from "@aws-sdk/client-s3";
  const attempt = (action) => { try { return action(); } catch (error) { return error.code; } };
  export const handler = async ({ secret }) => ({
    uid: process.getuid(),
    task: readdirSync("/var/task"),
    layer: execFileSync("tool").toString().trim(),
    tmp: attempt(() => writeFileSync("/tmp/mine", "x")) ?? "written",
    code: attempt(() => writeFileSync("/var/task/index.mjs", "x")),
    secret: attempt(() => readFileSync(secret, "utf8")),
    processes: readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name)).length,
    root: process.env.LAMBDA_TASK_ROOT,
    sdk: typeof S3Client,
  });`;
const HUNGRY = `
  exports.handler = async () => {
    const all = [];
    for (;;) { all.push(Buffer.alloc(8 << 20, 1)); await new Promise(setImmediate); }
  };`;

for (const tier of ["bubblewrap", "unshare"]) {
  const started = await startPlatform({ flags: ["--isolation", tier] }).catch(
    (error: Error) => error,
  );
  const reason = /the sandbox \w+ does not work here: .*/.exec(String(started))?.[0];
  if (started instanceof Error && reason === undefined) throw started;

  describe(`isolation: ${tier}`, { skip: reason ?? false }, () => {
    const platform = started as TestPlatform;
    let client: LambdaClient;
    before(() => {
      client = new LambdaClient(clientSettings(platform.origin));
    });
    after(async () => {
      client.destroy();
      assert.equal(await platform.stop(), 0, platform.log());
    });

    test("a function sees its code, its layer and its own /tmp, and nothing of the host", async () => {
      const tool = await zipOf({ "bin/tool": "#!/bin/sh\necho from the layer\n" }, 0o100755);
      const layer = await client.send(
        new PublishLayerVersionCommand({ LayerName: "tools", Content: { ZipFile: tool } }),
      );
      await deploy(
        client,
        "look",
        { "index.mjs": LOOK },
        { Layers: [layer.LayerVersionArn ?? ""], MemorySize: 512, Timeout: 20 },
      );
      const event = JSON.stringify({ secret: `${platform.dataDir}/records.db` });
      const answer = await client.send(new InvokeCommand({ FunctionName: "look", Payload: event }));
      const seen = JSON.parse(answer.Payload?.transformToString() ?? "");
      assert.equal(answer.FunctionError, undefined, JSON.stringify(seen));
      assert.notEqual(seen.uid, 0);
      assert.ok(seen.processes < 10, `it sees ${seen.processes} processes`);
      const { uid: _, processes: __, ...rest } = seen;
      assert.deepEqual(rest, {
        task: ["index.mjs"],
        layer: "from the layer",
        tmp: "written",
        code: "EROFS",
        secret: "ENOENT",
        root: "/var/task",
        sdk: "function",
      });
    });

    test("a function that takes more memory than it has is ended in Lambda's words", async () => {
      await deploy(client, "hungry", { "index.js": HUNGRY }, { MemorySize: 256, Timeout: 20 });
      const answer = await client.send(new InvokeCommand({ FunctionName: "hungry" }));
      const payload = JSON.parse(answer.Payload?.transformToString() ?? "");
      assert.equal(payload.errorType, "Runtime.OutOfMemory");
      assert.match(payload.errorMessage, /Runtime exited with error: signal: killed$/);
    });
  });
}
