import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Bench, openBench } from "./runtimes.fixture.ts";

describe("the limits of a function", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench({ limits: { initMs: 400 } });
  });
  after(() => bench[Symbol.asyncDispose]());

  for (const [name, body] of [
    ["waits", "await new Promise((r) => setTimeout(r, 60_000))"],
    ["loops for ever", "for (;;);"],
  ]) {
    it(`ends a handler that ${name}, at its timeout`, async () => {
      const deployment = await bench.deploy(
        `exports.handler = async () => { console.log("before"); ${body} }`,
        { timeoutSeconds: 1 },
      );
      const { failed, value, log, result } = await bench.invoke(deployment);
      const id = result.requestId;
      assert.equal(failed, true);
      assert.deepEqual(value, {
        errorType: "Sandbox.Timedout",
        errorMessage: `RequestId: ${id} Error: Task timed out after 1.00 seconds`,
      });
      assert.match(log, /INFO\tbefore\n/);
      assert.match(
        log,
        new RegExp(
          `\n\\d{4}-\\S+Z ${id} Task timed out after 1\\.00 seconds\nEND RequestId: ${id}\nREPORT `,
        ),
      );
      assert.match(log, /\tDuration: 1000\.00 ms\t.*\tStatus: timeout\n$/);
    });
  }

  it("keeps the files of /tmp after a timeout, while the globals are new", async () => {
    const deployment = await bench.deploy(
      `let number = 0;
      const { join } = require("path");
      const file = () => join(require("os").tmpdir(), "kept");
      exports.handler = async ({ write, set, sleep }) => {
        if (write) require("fs").writeFileSync(file(), write);
        if (set) number = set;
        if (sleep) await new Promise((r) => setTimeout(r, 30_000));
        return [number, require("fs").readFileSync(file(), "utf8")];
      };`,
      { timeoutSeconds: 1 },
    );
    assert.deepEqual((await bench.invoke(deployment, { write: "some-content", set: 42 })).value, [
      42,
      "some-content",
    ]);
    assert.deepEqual((await bench.invoke(deployment)).value, [42, "some-content"]);
    assert.equal((await bench.invoke(deployment, { sleep: true })).failed, true);
    assert.deepEqual((await bench.invoke(deployment)).value, [0, "some-content"]);
  });

  it("ends a handler that takes more memory than it has", async () => {
    const deployment = await bench.deploy(
      `exports.handler = async () => {
        const kept = [];
        for (;;) { kept.push(Buffer.alloc(8_000_000, 1)); await new Promise((r) => setTimeout(r, 5)) }
      };`,
      { memoryMB: 128 },
    );
    const { value, log, result } = await bench.invoke(deployment);
    assert.deepEqual(value, {
      errorType: "Runtime.OutOfMemory",
      errorMessage: `RequestId: ${result.requestId} Error: Runtime exited with error: signal: killed`,
    });
    assert.match(
      log,
      /\tMax Memory Used: 128 MB\t.*Status: error\tError Type: Runtime\.OutOfMemory\n$/,
    );
    assert.equal(
      (await bench.invoke(await bench.deploy("exports.handler = async () => 'others run'"))).value,
      "others run",
    );
  });

  it("counts the memory of what a handler starts", async () => {
    const deployment = await bench.deploy(
      `exports.handler = async () => {
        const { spawn } = require("child_process");
        spawn(process.execPath, ["-e", "const a=[];setInterval(()=>a.push(Buffer.alloc(8e6,1)),5)"]);
        await new Promise((r) => setTimeout(r, 20_000));
      };`,
      { memoryMB: 160, timeoutSeconds: 20 },
    );
    const { value } = await bench.invoke(deployment);
    assert.equal((value as { errorType: string }).errorType, "Runtime.OutOfMemory");
  });

  it("lets V8 end a heap that grows beyond the function's memory", async () => {
    const deployment = await bench.deploy(
      `exports.handler = async () => {
        const kept = [];
        for (;;) kept.push({ text: [Math.random(), Math.random(), {}] });
      };`,
      { memoryMB: 512 },
    );
    const { value, log } = await bench.invoke(deployment);
    // Whoever is first: V8 at its heap's limit, or the watch over the whole process.
    assert.match(
      (value as { errorMessage: string }).errorMessage,
      /Error: Runtime exited with error: signal: (aborted|killed)$/,
    );
    assert.match(log, /Error Type: Runtime\.(ExitError|OutOfMemory)\n$/);
  });

  it("tries an init that takes too long again, within the invocation", async () => {
    const deployment = await bench.deploy(
      {
        "index.mjs": `await new Promise((r) => setTimeout(r, 700)); export const handler = async () => "late"`,
      },
      { timeoutSeconds: 5 },
    );
    const { value, result } = await bench.invoke(deployment);
    assert.equal(value, "late");
    // Timers ring up to a millisecond early.
    assert.ok(result.report.durationMs >= 698, "the init counts as a part of the invocation");
    const reports = bench.lines.filter(({ message }) => message.startsWith("INIT_REPORT"));
    assert.match(
      String(reports[0]?.message),
      /^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: timeout$/,
    );
  });

  it("ends an init that takes too long even then, at the function's timeout", async () => {
    const deployment = await bench.deploy("for (;;);", { timeoutSeconds: 1 });
    const { value, log, result } = await bench.invoke(deployment);
    assert.deepEqual(value, {
      errorType: "Sandbox.Timedout",
      errorMessage: `RequestId: ${result.requestId} Error: Task timed out after 1.00 seconds`,
    });
    assert.match(log, /Status: timeout\n$/);
  });
});
