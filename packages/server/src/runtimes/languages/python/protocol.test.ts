/** What a Python process says to the platform, frame by frame. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createFence } from "../../fence.ts";
import { processSandbox } from "../../index.ts";
import { until } from "../../runtimes.fixture.ts";
import { FrameReader } from "../../wire/frame-reader.ts";
import { FrameWriter } from "../../wire/frame-writer.ts";
import { Kind, OUTCOME_BYTES, type Specialisation } from "../../wire/frames.ts";
import { writeInvoke } from "../../wire/invoke-frame.ts";
import { lacksPython, python } from "./python.fixture.ts";

describe("a Python process", { skip: lacksPython }, () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-python-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  /** Starts one with this text as app.py; it has booted, and is not told yet what to become. */
  async function start(source: string) {
    const taskRoot = await mkdtemp(join(directory, "task-"));
    await writeFile(join(taskRoot, "app.py"), source);
    const runtime = await python.prepare("python3.11");
    const fence = await createFence(directory, randomUUID());
    const process = processSandbox.start({
      ...runtime.command({ environment: {} } as never),
      environment: {},
      directory: taskRoot,
      descriptors: [fence.descriptor],
    });
    const seen: { kind: number; call: number; text: string }[] = [];
    const reader = new FrameReader(1_000_000, (kind, call, payload) => {
      const head = kind === Kind.result || kind === Kind.error ? OUTCOME_BYTES : 0;
      seen.push({ kind, call, text: payload.subarray(head).toString("latin1") });
    });
    let output = "";
    process.stdout.on("data", (bytes: Buffer) => {
      output += bytes.toString("latin1");
    });
    process.channel.on("data", (bytes: Buffer) => reader.push(bytes));
    process.channel.on("error", () => {});
    const writer = new FrameWriter(process.channel);
    const send = (kind: number, payload: object = Buffer.alloc(0)) => {
      const body = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload));
      writer.frame(kind, 0, Buffer.alloc(0), body);
      writer.flush();
    };
    return {
      ...{ process, fence, send, seen, output: () => output },
      come: async (kind: number) => {
        await until(() => seen.some((frame) => frame.kind === kind));
        return seen.find((frame) => frame.kind === kind);
      },
      become: (changes: Partial<Specialisation> = {}) =>
        send(Kind.specialise, {
          environment: {},
          wrapped: false,
          taskRoot,
          layers: directory,
          handler: "app.handler",
          timeoutMs: 3_000,
          responseBytes: 1_000,
          snapStart: false,
          runtimeModules: "",
          account: "000000000000",
          codeCache: undefined,
          keepCode: false,
          ...changes,
        }),
      invoke(call: number, inLine: boolean) {
        const head = { requestId: `id-${call}`, invokedFunctionArn: "", traceId: "" };
        const whole = { ...head, clientContext: undefined, inLine };
        writeInvoke(writer, call, whole, Buffer.from("{}"));
        writer.flush();
      },
      async [Symbol.asyncDispose]() {
        process.kill();
        await process.exited;
        fence.close();
      },
    };
  }

  it("starts nothing behind a raised fence, gives it back when asked, and goes on", async () => {
    await using started = await start("def handler(e, c):\n  return e");
    const { fence, seen, send, come } = started;
    started.become();
    await come(Kind.initialised);
    fence.raise();
    started.invoke(1, false);
    started.invoke(2, true);
    started.invoke(3, true);
    await come(Kind.result);
    send(Kind.recall);
    const returned = await come(Kind.returned);
    assert.deepEqual(
      Buffer.from(returned?.text ?? "", "latin1"),
      Buffer.from([2, 0, 0, 0, 3, 0, 0, 0]),
    );
    fence.lower();
    started.invoke(4, false);
    started.invoke(5, true);
    await until(() => seen.some(({ call }) => call === 5));
    const results = seen.filter(({ kind }) => kind === Kind.result);
    assert.deepEqual(
      results.map(({ call }) => call),
      [1, 4, 5],
    );
  });

  it("says which invocation it ends with", async () => {
    await using started = await start("import sys\ndef handler(e, c):\n  sys.exit(7)");
    started.become();
    await started.come(Kind.initialised);
    started.invoke(1, false);
    started.invoke(2, true);
    assert.equal((await started.come(Kind.leaving))?.call, 1);
    assert.equal((await started.process.exited).code, 7);
    assert.ok(started.seen.every(({ kind }) => kind !== Kind.result));
  });

  it("ends with the platform", async () => {
    await using started = await start("");
    await started.come(Kind.booted);
    started.process.channel.end();
    assert.equal((await started.process.exited).code, 0);
  });

  describe("with SnapStart", () => {
    const HOOKS = `
from snapshot_restore_py import register_before_snapshot, register_after_restore
def say(*words, **more):
  print("said", *words, *more.values())
@register_before_snapshot
def first():
  say("before 1")
register_before_snapshot(say, "before", number=2)
register_after_restore(say, "after", 1)
register_after_restore(say, "after", 2)
def handler(e, c):
  return 1
`;
    const said = (text: string): string[] => text.match(/said [a-z]+ \d/g) ?? [];

    it("runs the hooks before a snapshot last first, those after a restore first first", async () => {
      await using started = await start(HOOKS);
      started.become({ snapStart: true });
      await started.come(Kind.initialised);
      await until(() => said(started.output()).length === 2);
      assert.deepEqual(said(started.output()), ["said before 2", "said before 1"]);
      started.send(Kind.restore);
      assert.equal((await started.come(Kind.restored))?.text, "");
      await until(() => said(started.output()).length === 4);
      assert.deepEqual(said(started.output()).slice(2), ["said after 1", "said after 2"]);
      started.invoke(1, false);
      assert.equal((await started.come(Kind.result))?.text, "1");
    });

    it("fails its init where a hook before the snapshot fails", async () => {
      await using started = await start(
        "import snapshot_restore_py as s\ns.register_before_snapshot(int, 'x')\ndef handler(e, c):\n  pass",
      );
      started.become({ snapStart: true });
      const failed = JSON.parse((await started.come(Kind.initFailed))?.text ?? "");
      assert.equal(failed.errorType, "ValueError");
      assert.equal((await started.process.exited).code, 64);
    });

    it("tells how a hook after a restore failed, and ends", async () => {
      await using started = await start(
        "import snapshot_restore_py as s\ns.register_after_restore(int, 'x')\ndef handler(e, c):\n  pass",
      );
      started.become({ snapStart: true });
      await started.come(Kind.initialised);
      started.send(Kind.restore);
      const failed = JSON.parse((await started.come(Kind.restored))?.text ?? "");
      assert.equal(failed.errorType, "ValueError");
      assert.equal((await started.process.exited).code, 65);
    });

    it("has no hooks to run where a function registered none", async () => {
      await using started = await start("def handler(e, c):\n  pass");
      started.become({ snapStart: true });
      await started.come(Kind.initialised);
      started.send(Kind.restore);
      assert.equal((await started.come(Kind.restored))?.text, "");
    });
  });
});
