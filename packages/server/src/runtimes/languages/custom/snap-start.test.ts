/** SnapStart in the Runtime API: a runtime that is initialised ahead of time, and restored when it is needed. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createFence } from "../../fence.ts";
import { processSandbox } from "../../sandboxes/index.ts";
import { FrameReader } from "../../wire/frame-reader.ts";
import { FrameWriter } from "../../wire/frame-writer.ts";
import { Kind, OUTCOME_BYTES } from "../../wire/frames.ts";
import { writeInvoke } from "../../wire/invoke-frame.ts";
import { program } from "./custom.fixture.ts";
import { customRuntime } from "./runtime.ts";

const NOTHING = new Uint8Array(0);

describe("a custom runtime with SnapStart", () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "yunque-snap-"));
  });
  after(() => rm(root, { recursive: true }));

  /** Starts the supervisor of a function, as the platform does; what it says is awaited frame by frame. */
  async function start(bootstrap: string, snapStart: boolean) {
    const taskRoot = await mkdtemp(join(root, "task-"));
    await writeFile(join(taskRoot, "bootstrap"), bootstrap, { mode: 0o755 });
    await mkdir(join(taskRoot, "opt"));
    const runtime = await customRuntime({ directory: root }).prepare("provided.al2023");
    const fence = await createFence(root, "fence");
    const running = processSandbox.start({
      ...runtime.command({} as never),
      environment: { PATH: process.env["PATH"] ?? "" },
      directory: taskRoot,
      descriptors: [fence.descriptor],
    });
    const writer = new FrameWriter(running.channel);
    const arrived: { kind: number; text: string }[] = [];
    let wake = () => {};
    const reader = new FrameReader(1024 * 1024, (kind, _call, payload) => {
      arrived.push({ kind, text: payload.toString("latin1") });
      wake();
    });
    running.channel.on("data", (chunk: Buffer) => reader.push(chunk));
    const say = (kind: number, body: Uint8Array = NOTHING) => {
      writer.frame(kind, 0, NOTHING, body);
      writer.flush();
    };
    const told = {
      environment: { PATH: process.env["PATH"] ?? "", AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128" },
      ...{ wrapped: false, taskRoot, layers: join(taskRoot, "opt"), handler: "x", account: "0" },
      ...{ timeoutMs: 5_000, responseBytes: 1_000_000, snapStart, runtimeModules: "" },
    };
    return {
      say,
      become: () => say(Kind.specialise, Buffer.from(JSON.stringify(told))),
      invoke() {
        const head = { requestId: "r", invokedFunctionArn: "a", traceId: "", inLine: false };
        writeInvoke(writer, 1, { ...head, clientContext: undefined }, Buffer.from("{}"));
        writer.flush();
      },
      async hear(kind: number): Promise<string> {
        for (;;) {
          const frame = arrived.shift();
          if (frame?.kind === kind) return frame.text;
          if (frame) throw new assert.AssertionError({ message: `a frame of kind ${frame.kind}` });
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
      async [Symbol.asyncDispose]() {
        running.kill();
        await running.exited;
        fence.close();
      },
    };
  }

  it("is initialised when it waits for its restore, and restored when it asks for an invocation", async () => {
    await using instance = await start(
      program(`
        const { status } = await call("GET", RUNTIME + "/restore/next");
        for (;;) { const got = await next(); await respond(got.id, status); }`),
      true,
    );
    await instance.hear(Kind.booted);
    instance.become();
    await instance.hear(Kind.initialised);
    instance.say(Kind.restore);
    assert.equal(await instance.hear(Kind.restored), "");
    instance.invoke();
    await instance.hear(Kind.occupied);
    assert.equal((await instance.hear(Kind.result)).slice(OUTCOME_BYTES), "200");
    await instance.hear(Kind.settled);
  });

  it("may leave out its hooks", async () => {
    await using instance = await start(program("await next();"), true);
    await instance.hear(Kind.booted);
    instance.become();
    await instance.hear(Kind.initialised);
    instance.say(Kind.restore);
    assert.equal(await instance.hear(Kind.restored), "");
  });

  for (const path of ["restore/error", "init/error"])
    it(`tells by ${path} that its hooks failed`, async () => {
      const error = { errorType: "Runtime.Hook", errorMessage: "no" };
      await using instance = await start(
        program(`
          await call("GET", RUNTIME + "/restore/next");
          await call("POST", RUNTIME + "/${path}", { body: '${JSON.stringify(error)}' });
          await new Promise((go) => setTimeout(go, 60_000));`),
        true,
      );
      await instance.hear(Kind.booted);
      instance.become();
      await instance.hear(Kind.initialised);
      instance.say(Kind.restore);
      assert.deepEqual(JSON.parse(await instance.hear(Kind.restored)), error);
    });
});
