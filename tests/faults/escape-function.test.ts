/** The same attempts, made by a function of a real platform: nothing beyond its instance is reached. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { zipOf } from "../zip.ts";
import type { Findings, Targets } from "./escape-attempts.ts";
import { callNumbers, identified, reachedIn } from "./escape-targets.ts";

const SECRET = "the secret of another function";
const TIMES = { maxWaitTime: 30, minDelay: 0.1, maxDelay: 0.2 };

for (const tier of ["bubblewrap", "unshare"]) {
  describe(`from a function inside of ${tier}`, () => {
    test("nothing beyond its instance is reached", { timeout: 120_000 }, async (t) => {
      const platform = await started(tier);
      if (typeof platform === "string") return t.skip(platform);
      try {
        const { walls, calls } = await attempt(platform);
        assert.ok(Object.keys(walls).length > 30);
        assert.deepEqual(reachedIn(walls), []);
        if (tier === "bubblewrap") assert.deepEqual(reachedIn(calls), []);
      } finally {
        await platform.stop();
      }
    });
  });
}

/** A platform, or why there is none with such walls here. */
async function started(tier: string): Promise<TestPlatform | string> {
  try {
    return await startPlatform({ flags: ["--isolation", tier] });
  } catch (error) {
    const reason = /the sandbox \S+ does not work here: .*/.exec(String(error))?.[0];
    if (reason === undefined) throw error;
    return reason;
  }
}

async function attempt(platform: TestPlatform): Promise<{ walls: Findings; calls: Findings }> {
  const client = new LambdaClient(clientSettings(platform.origin));
  const idle = "export const handler = async () => 'here';";
  await deploy(client, "other", { "index.mjs": idle }, { SECRET });
  await invoke(client, "other", {});
  await deploy(client, "escape", {
    "index.mjs": "export { attemptAll as handler } from './attempts.ts';",
    "attempts.ts": await readFile(join(import.meta.dirname, "escape-attempts.ts"), "utf8"),
  });
  const secretFile = join(platform.dataDir, "secret");
  await writeFile(secretFile, "the platform's secret", { mode: 0o644 });
  const targets: Targets = {
    secretFile,
    otherSlot: join(platform.dataDir, "packages"),
    otherSecret: SECRET,
    processes: [await identified(platform.pid)],
    socket: join(platform.dataDir, "socket"),
    code: "/var/task/attempts.ts",
    hostname: hostname(),
    calls: callNumbers(),
    walled: true,
  };
  return (await invoke(client, "escape", targets)) as { walls: Findings; calls: Findings };
}

async function deploy(
  client: LambdaClient,
  name: string,
  files: Record<string, string>,
  variables: Record<string, string> = {},
): Promise<void> {
  await client.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/escape",
      Timeout: 60,
      MemorySize: 1_769,
      Environment: { Variables: variables },
      Code: { ZipFile: await zipOf(files) },
    }),
  );
  await waitUntilFunctionActiveV2({ client, ...TIMES }, { FunctionName: name });
}

async function invoke(client: LambdaClient, name: string, event: unknown): Promise<unknown> {
  const { Payload = new Uint8Array(), FunctionError } = await client.send(
    new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
  );
  const text = Buffer.from(Payload).toString();
  assert.equal(FunctionError, undefined, text);
  return JSON.parse(text);
}
