/** Python functions through AWS's own JavaScript client, without a sandbox and in one. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  waitUntilPublishedVersionActive,
} from "@aws-sdk/client-lambda";
import { lacksPython } from "../../packages/server/src/runtimes/languages/python/python.fixture.ts";
import { deploy, type Settings } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { zipOf } from "../zip.ts";

for (const isolation of ["none", "bubblewrap", "unshare"] as const) {
  const started = lacksPython
    ? new Error(lacksPython)
    : await startPlatform({ flags: ["--isolation", isolation] }).catch((error: Error) => error);
  const reason = /the sandbox \w+ does not work here: .*/.exec(String(started))?.[0] ?? lacksPython;
  if (started instanceof Error && reason === false) throw started;

  describe(`Python functions, isolation ${isolation}`, {
    skip: lacksPython || reason || false,
  }, () => {
    const platform = started as TestPlatform;
    let lambda: LambdaClient;
    before(() => {
      lambda = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    });
    after(async () => {
      lambda.destroy();
      await platform.stop();
    });

    const create = (name: string, files: Record<string, string>, more: Settings = {}) =>
      deploy(lambda, name, files, { Runtime: "python3.12", Handler: "app.handler", ...more });

    async function invoke(FunctionName: string, event: unknown = {}) {
      const answer = await lambda.send(
        new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: "Tail" }),
      );
      const log = Buffer.from(answer.LogResult ?? "", "base64").toString();
      return { ...answer, log, value: JSON.parse(Buffer.from(answer.Payload ?? []).toString()) };
    }

    it("answer, log, and find what layers bring", async () => {
      const layer = await lambda.send(
        new PublishLayerVersionCommand({
          LayerName: "words",
          Content: {
            ZipFile: await zipOf({ "python/words.py": "def greet(n): return f'hej {n}'" }),
          },
        }),
      );
      const source = `
import logging
from words import greet
def handler(event, context):
    print("printed")
    logging.warning("logged")
    return {"greeting": greet(event["name"]), "id": context.aws_request_id}`;
      await create("greets", { "app.py": source }, { Layers: [layer.LayerVersionArn ?? ""] });
      const { value, log, FunctionError } = await invoke("greets", { name: "Åsa" });
      assert.equal(FunctionError, undefined, JSON.stringify(value));
      assert.equal(value.greeting, "hej Åsa");
      assert.match(log, new RegExp(`^START RequestId: ${value.id} Version: \\$LATEST\nprinted\n`));
      assert.match(log, new RegExp(`\n\\[WARNING\\]\t\\S+Z\t${value.id}\tlogged\nEND RequestId`));
    });

    it("fail in Lambda's words", async () => {
      await create("fails", {
        "app.py": "def handler(event, context):\n    return 1 / event['by']",
      });
      const { value, FunctionError } = await invoke("fails", { by: 0 });
      assert.equal(FunctionError, "Unhandled");
      assert.deepEqual(
        [value.errorType, value.errorMessage],
        ["ZeroDivisionError", "division by zero"],
      );
      await create("lacks", { "app.py": "import requests" });
      assert.deepEqual((await invoke("lacks")).value, {
        errorMessage: "Unable to import module 'app': No module named 'requests'",
        errorType: "Runtime.ImportModuleError",
        requestId: "",
        stackTrace: [],
      });
    });

    it("answer a stream with their whole response", async () => {
      await create("streams", { "app.py": "def handler(event, context):\n    return [1, 2]" });
      const { EventStream } = await lambda.send(
        new InvokeWithResponseStreamCommand({ FunctionName: "streams" }),
      );
      let text = "";
      for await (const event of EventStream ?? [])
        text += Buffer.from(event.PayloadChunk?.Payload ?? []).toString();
      assert.equal(text, "[1, 2]");
    });

    it("run their hooks around a SnapStart snapshot", async () => {
      const source = `
import os
from snapshot_restore_py import register_after_restore, register_before_snapshot
order = []
register_before_snapshot(order.append, "before, registered first")
register_before_snapshot(order.append, "before, registered last")
register_after_restore(order.append, "after")
def handler(event, context):
    return [*order, os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]`;
      await create(
        "snapped",
        { "app.py": source },
        { SnapStart: { ApplyOn: "PublishedVersions" } },
      );
      const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: "snapped" }));
      const FunctionName = `snapped:${Version}`;
      await waitUntilPublishedVersionActive(
        { client: lambda, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
        { FunctionName },
      );
      assert.deepEqual((await invoke(FunctionName)).value, [
        "before, registered last",
        "before, registered first",
        "after",
        "snap-start",
      ]);
    });

    it("use the platform itself, subprocesses, threads and TLS as at Lambda", async () => {
      const source = `
import concurrent.futures, multiprocessing, os, ssl, subprocess, sqlite3, sys, urllib.request
def work(n): return n * n
def handler(event, context):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        squares = list(pool.map(work, range(3)))
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=lambda: theirs.send(os.getpid()))
    child.start()
    forked = ours.recv() != os.getpid()
    child.join()
    started = subprocess.run([sys.executable, "-c", "import json; print(json.dumps(1))"], capture_output=True, check=True)
    named = subprocess.run(["python3", "-c", "print(2)"], capture_output=True, check=True)
    with open(os.path.join(os.environ["TMPDIR"], "file"), "w") as file:
        file.write("x")
    health = urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_yunque/health").status
    return [squares, forked, started.stdout.decode(), named.stdout.decode(), health, ssl.create_default_context() is not None]`;
      await create("uses", { "app.py": source }, { Timeout: 20, MemorySize: 512 });
      const { value } = await invoke("uses");
      assert.deepEqual(value, [[0, 1, 4], true, "1\n", "2\n", 200, true]);
    });

    it("have Lambda's places", { skip: isolation === "none" && "needs a sandbox" }, async () => {
      const source = `
import os, sys
def handler(event, context):
    try:
        open("/var/task/written", "w")
        return "wrote"
    except OSError:
        pass
    version = "python%d.%d" % sys.version_info[:2]
    return [sys.path[:4] == ["/var/task", f"/opt/python/lib/{version}/site-packages", "/opt/python", "/var/runtime"], os.getcwd(), __file__, os.getuid() != 0]`;
      await create("places", { "app.py": source });
      assert.deepEqual((await invoke("places")).value, [
        true,
        "/var/task",
        "/var/task/app.py",
        true,
      ]);
    });
  });
}
