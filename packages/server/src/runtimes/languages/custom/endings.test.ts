/** How functions that bring their own runtime end, and what their callers are told. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openBench, until } from "../../runtimes.fixture.ts";
import { isGone } from "../../sandboxes/walls/process-tree.ts";
import { program, runtime } from "./custom.fixture.ts";

const CUSTOM = { runtime: "provided.al2023", handler: "any.thing" };

interface ErrorObject {
  readonly errorType: string;
  readonly errorMessage: string;
}

describe("the end of a custom runtime", () => {
  it("never begins without a bootstrap", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy({ "index.sh": "#!/bin/sh\n" }, CUSTOM);
    const requestId = "5d2d9a0c-1b1e-4b4f-9a0c-1b1e4b4f9a0c";
    const { value, failed } = await bench.invoke(fn, {}, { requestId });
    assert.equal(failed, true);
    const { errorType, errorMessage } = value as ErrorObject;
    assert.equal(errorType, "Runtime.InvalidEntrypoint");
    assert.match(
      errorMessage,
      /^RequestId: 5d2d9a0c-1b1e-4b4f-9a0c-1b1e4b4f9a0c Error: Couldn't find valid bootstrap\(s\): \[\S+\/bootstrap \S+\/bootstrap\]$/,
    );
  });

  for (const [what, text, reason] of [
    ["that may not be executed", "echo", "permission denied"],
    ["whose interpreter is missing", "#!/no/such/shell\n", "no such file or directory"],
  ] as const)
    it(`never begins with a bootstrap ${what}`, async () => {
      await using bench = await openBench();
      const fn = await bench.deploy({ bootstrap: text }, CUSTOM);
      const { errorType, errorMessage } = (await bench.invoke(fn)).value as ErrorObject;
      assert.equal(errorType, "Runtime.InvalidEntrypoint");
      assert.match(errorMessage, new RegExp(`Error: fork/exec \\S+/bootstrap: ${reason}$`));
    });

  it("begins with the bootstrap of a layer where the function has none", async () => {
    await using bench = await openBench();
    const layer = await bench.store({ bootstrap: runtime("return 'from the layer';") });
    const fn = await bench.deploy({ data: "" }, { ...CUSTOM, layers: [layer] });
    assert.equal((await bench.invoke(fn)).value, "from the layer");
  });

  it("hands on the error of an init", async () => {
    await using bench = await openBench();
    const error = { errorType: "Runtime.NoConfig", errorMessage: "no" };
    const fn = await bench.deploy(
      {
        bootstrap: program(`
          console.log("starting");
          const { status } = await call("POST", RUNTIME + "/init/error", {
            body: '${JSON.stringify(error)}',
            headers: { "Lambda-Runtime-Function-Error-Type": "Runtime.NoConfig" },
          });
          process.exit(status === 202 ? 0 : 9);`),
      },
      CUSTOM,
    );
    const { value, failed } = await bench.invoke(fn);
    assert.deepEqual([failed, value], [true, error]);
    const log = bench.lines.map(({ message }) => message).join("\n");
    assert.match(log, /^starting$/m);
    assert.match(log, /INIT_REPORT .*Status: error\tError Type: Runtime.NoConfig/);
  });

  const handled = (lines: string) => runtime(`console.log("last words"); ${lines}`);
  for (const [what, bootstrap, reason] of [
    ["exits in its init", program("process.exit(3)"), "exit status 3"],
    ["exits in an invocation", handled("process.exit(4)"), "exit status 4"],
    ["is killed", handled("process.kill(process.pid, 'SIGKILL')"), "signal: killed"],
    ["crashes", handled("process.kill(process.pid, 'SIGSEGV')"), "signal: segmentation fault"],
  ] as const)
    it(`is told in Lambda's words where it ${what}`, async () => {
      await using bench = await openBench();
      const fn = await bench.deploy({ bootstrap }, CUSTOM);
      const { value, failed, log, result } = await bench.invoke(fn);
      assert.equal(failed, true);
      assert.deepEqual(value, {
        errorType: "Runtime.ExitError",
        errorMessage: `RequestId: ${result.requestId} Error: Runtime exited with error: ${reason}`,
      });
      if (bootstrap.includes("last words")) assert.match(log, /^last words$/m);
      assert.match(log, /REPORT .*Status: error\tError Type: Runtime.ExitError/);
    });

  it("is told where it exits without a reason", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy({ bootstrap: runtime("process.exit(0)") }, CUSTOM);
    const { errorMessage } = (await bench.invoke(fn)).value as ErrorObject;
    assert.match(errorMessage, /Error: Runtime exited without providing a reason$/);
  });

  it("between two invocations is nobody's: the next one gets a fresh instance", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: program(`
          const got = await next();
          await respond(got.id, process.pid);
          process.exit(1);`),
      },
      CUSTOM,
    );
    const first = await bench.invoke(fn);
    const second = await bench.invoke(fn);
    assert.deepEqual([first.failed, second.failed], [false, false]);
    assert.notEqual(first.value, second.value);
  });

  it("comes with the timeout where it answers, and does not ask for the next invocation", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: program(`
          const got = await next();
          await respond(got.id, process.pid);
          setInterval(() => {}, 1000);`),
      },
      { ...CUSTOM, timeoutSeconds: 1 },
    );
    const first = await bench.invoke(fn);
    const second = await bench.invoke(fn); // does not wait for it
    assert.deepEqual([first.failed, second.failed], [false, false]);
    assert.notEqual(first.value, second.value);
    await until(() => isGone(Number(first.value)) && isGone(Number(second.value)));
  });

  it("comes with more memory than the function has, of which the supervisor's is no part", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: runtime(`
          globalThis.kept = Buffer.alloc(event.mb << 20, 1);
          await new Promise((go) => setTimeout(go, event.ms));
          return 1;`),
      },
      { ...CUSTOM, memoryMB: 128 },
    );
    const fits = await bench.invoke(fn, { mb: 60, ms: 150 });
    assert.equal(fits.value, 1, "Node.js's own 50 MB and 60 more");
    const used = Number(/Max Memory Used: (\d+) MB/.exec(fits.log)?.[1]);
    assert.ok(used >= 60 && used <= 128, `${used} MB are told`);
    const { value } = await bench.invoke(fn, { mb: 300, ms: 5_000 });
    assert.equal((value as ErrorObject).errorType, "Runtime.OutOfMemory");
  });

  it("comes with the timeout, with everything that it started", async () => {
    await using bench = await openBench();
    const marks = await mkdtemp(join(tmpdir(), "yunque-marks-"));
    try {
      const file = join(marks, "pid");
      const fn = await bench.deploy(
        {
          bootstrap: runtime(`
            const { spawn } = require("node:child_process");
            const child = spawn("sleep", ["1000"]);
            require("node:fs").writeFileSync(event.file, String(child.pid));
            await new Promise(() => {});`),
        },
        { ...CUSTOM, timeoutSeconds: 1 },
      );
      const { value } = await bench.invoke(fn, { file });
      assert.equal((value as ErrorObject).errorType, "Sandbox.Timedout");
      const pid = Number(await readFile(file, "utf8"));
      await until(() => isGone(pid));
    } finally {
      await rm(marks, { recursive: true });
    }
  });
});
