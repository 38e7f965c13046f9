/** Custom runtimes: AWS's own clients of the Runtime API, unchanged, with and without walls around them. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { InvokeCommand, LambdaClient, PublishLayerVersionCommand } from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { zipOf } from "../zip.ts";
import { bash } from "./custom-runtimes/bash.ts";
import type { Client, Unavailable } from "./custom-runtimes/client.ts";
import { go } from "./custom-runtimes/go.ts";
import { npm } from "./custom-runtimes/npm.ts";
import { python } from "./custom-runtimes/python.ts";
import { rust } from "./custom-runtimes/rust.ts";

const EXECUTABLE = 0o100755;

/** A runtime in bash that answers each invocation with what this word expands to. */
const answering = (word: string): string => `#!/bin/bash
API="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
HEADERS="$(mktemp)"
while true; do
  curl -sS -D "$HEADERS" -o /dev/null "$API/next"
  ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  curl -sS -o /dev/null "$API/$ID/response" -d "${word}"
done
`;
const WHERE = answering('\\"$AWS_LAMBDA_RUNTIME_API\\"');
/** How many invocations the extension below is done with. */
const SEEN = answering('$(cat "$TMPDIR/done" 2>/dev/null | wc -l)');
const LATE = `#!/bin/bash
API="http://$AWS_LAMBDA_RUNTIME_API/2020-01-01/extension"
HEADERS="$(mktemp)"
curl -sS -D "$HEADERS" -o /dev/null "$API/register" -H "Lambda-Extension-Name: late" -d '{"events":["INVOKE"]}'
ID=$(grep -Fi Lambda-Extension-Identifier "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
while true; do
  curl -sS -o /dev/null "$API/event/next" -H "Lambda-Extension-Identifier: $ID"
  sleep 0.6
  echo one >> "$TMPDIR/done"
done
`;
const makers = { bash, go, python, npm, rust };
const root = await mkdtemp(join(tmpdir(), "yunque-clients-"));
const clients: [string, Client | Unavailable][] = [];
for (const [name, make] of Object.entries(makers))
  clients.push([name, await make(await mkdtemp(join(root, `${name}-`)))]);

/** Functions of other runtimes that answer with what their extension was told. */
const MANAGED = [
  [
    "Node.js",
    "nodejs22.x",
    {
      "index.mjs": `
        import { readFileSync } from "node:fs";
        import { tmpdir } from "node:os";
        export const handler = async () => {
          try { return readFileSync(tmpdir() + "/seen", "utf8").split("\\n"); } catch { return []; }
        };`,
    },
  ],
  [
    "Python",
    "python3.13",
    {
      "index.py": `
import os, tempfile
def handler(event, context):
    try:
        with open(os.path.join(tempfile.gettempdir(), "seen")) as file:
            return file.read().split("\\n")
    except OSError:
        return []
`,
    },
  ],
] as const;

const made = clients.find(([name]) => name === "go")?.[1];
const watcher = made && "extensions" in made ? made.extensions : undefined;

for (const tier of ["none", "bubblewrap"]) {
  const started = await startPlatform({ flags: ["--isolation", tier] }).catch(
    (error: Error) => error,
  );
  const reason = /the sandbox \w+ does not work here: .*/.exec(String(started))?.[0];
  if (started instanceof Error && reason === undefined) throw started;

  describe(`custom runtimes, isolation ${tier}`, { skip: reason ?? false }, () => {
    const platform = started as TestPlatform;
    let lambda: LambdaClient;
    before(() => {
      lambda = new LambdaClient(clientSettings(platform.origin));
    });
    after(async () => {
      lambda.destroy();
      assert.equal(await platform.stop(), 0, platform.log());
    });

    async function invoke(name: string, event: unknown) {
      const Payload = JSON.stringify(event);
      const answer = await lambda.send(
        new InvokeCommand({ FunctionName: name, Payload, LogType: "Tail" }),
      );
      return {
        error: answer.FunctionError,
        value: JSON.parse(answer.Payload?.transformToString() ?? ""),
        log: Buffer.from(answer.LogResult ?? "", "base64").toString(),
        requestId: answer.$metadata.requestId,
      };
    }

    async function layer(files: Client["code"]): Promise<string> {
      const ZipFile = files instanceof Uint8Array ? files : await zipOf(files, EXECUTABLE);
      const { LayerVersionArn = "" } = await lambda.send(
        new PublishLayerVersionCommand({ LayerName: "extensions", Content: { ZipFile } }),
      );
      return LayerVersionArn;
    }

    for (const [name, client] of clients)
      test(name, { skip: "skip" in client ? client.skip : false }, async () => {
        const { code, extensions, handler = "index.handler" } = client as Client;
        const zip = code instanceof Uint8Array ? code : await zipOf(code, EXECUTABLE);
        await deploy(lambda, name, zip, {
          Runtime: "provided.al2023",
          Handler: handler,
          Timeout: 30,
          MemorySize: 512,
          ...(extensions ? { Layers: [await layer(extensions)] } : {}),
        });
        const good = await invoke(name, { text: "ü ✓", list: [1, 2] });
        assert.equal(good.error, undefined, JSON.stringify(good));
        assert.deepEqual(good.value.event, { text: "ü ✓", list: [1, 2] });
        assert.equal(good.value.id, good.requestId);
        assert.match(good.log, /event .*list/);
        const bad = await invoke(name, { fail: true });
        assert.equal(bad.error, "Unhandled");
        assert.match(JSON.stringify(bad.value), /refused/);
        if (!extensions) return;
        // The extension is told after the function is: it may take another invocation to see it.
        let seen: string[] = [];
        const wanted = ["INVOKE", "platform.initReport", "platform.report", "function"];
        while (!wanted.every((event) => seen.includes(event)))
          seen = (await invoke(name, {})).value.seen.split("\n");
      });

    test("an extension goes on after the answer, and is not stopped before it is done", async () => {
      await deploy(lambda, "after", await zipOf({ bootstrap: SEEN }, EXECUTABLE), {
        Runtime: "provided.al2023",
        Layers: [await layer({ "extensions/late": LATE })],
        Timeout: 20,
      });
      await invoke("after", {});
      while ((await invoke("after", {})).value < 1); // each waits for the extension to be done with the last
    });

    for (const [language, Runtime, code] of MANAGED)
      test(`a ${language} function has extensions, too`, {
        skip: watcher ? false : "needs go",
      }, async (t) => {
        const name = `watched-${Runtime.replace(".", "-")}`;
        await deploy(lambda, name, code, {
          Runtime: Runtime as "nodejs22.x",
          Layers: [await layer(watcher ?? {})],
          Timeout: 20,
          // Even a function without a network reaches its own APIs.
          ...(tier === "none" ? {} : { Environment: { Variables: { YUNQUE_NETWORK: "none" } } }),
        });
        const wanted = ["INVOKE", "platform.initReport", "platform.report"];
        let seen: string[] = [];
        while (!wanted.every((event) => seen.includes(event))) {
          const answer = await invoke(name, {}).catch((error: Error) => error);
          if (answer instanceof Error && answer.name === "InvalidRuntimeException") {
            t.skip(`${language} is not installed here`);
            return;
          }
          if (answer instanceof Error) throw answer;
          assert.equal(answer.error, undefined, JSON.stringify(answer));
          seen = answer.value;
        }
      });

    test("no other function may speak with its API", async () => {
      await deploy(lambda, "victim", await zipOf({ bootstrap: WHERE }, EXECUTABLE), {
        Runtime: "provided.al2023",
      });
      await deploy(lambda, "attacker", {
        "index.mjs": `
          export const handler = async ({ api }) => {
            const url = "http://" + api + "/2018-06-01/runtime/invocation/next";
            // Where the other one is frozen, nobody even hangs up.
            try { return (await fetch(url, { signal: AbortSignal.timeout(500) })).status; }
            catch { return "refused"; }
          };`,
      });
      const { value: api } = await invoke("victim", {});
      assert.match(api, /^127\.0\.0\.1:\d+$/);
      assert.equal((await invoke("attacker", { api })).value, "refused");
      assert.equal((await invoke("victim", {})).value, api, "it goes on");
    });

    test("a function that brings no bootstrap is told so in AWS's words", async () => {
      await deploy(lambda, "empty", { "readme.txt": "" }, { Runtime: "provided.al2" });
      const { error, value, requestId } = await invoke("empty", {});
      const places = tier === "none" ? /\[.*\]/ : /\[\/var\/task\/bootstrap \/opt\/bootstrap\]/;
      assert.equal(error, "Unhandled");
      assert.equal(value.errorType, "Runtime.InvalidEntrypoint");
      assert.match(value.errorMessage, places);
      assert.ok(value.errorMessage.startsWith(`RequestId: ${requestId} Error: Couldn't find`));
    });
  });
}
after(() => rm(root, { recursive: true, force: true }));
