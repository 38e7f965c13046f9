import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { type Bench, invocation, openBench, until } from "./runtimes.fixture.ts";

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("a handler that means harm", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  /** Afterwards the platform still runs other functions. */
  const othersRun = async () => {
    const deployment = await bench.deploy("exports.handler = async () => 'fine'");
    assert.equal((await bench.invoke(deployment)).value, "fine");
  };
  const errorType = async (source: string, changes = {}): Promise<string> => {
    const { failed, value } = await bench.invoke(await bench.deploy(source, changes));
    assert.equal(failed, true);
    return (value as { errorType: string }).errorType;
  };
  const frame = `
    const { writeSync } = require("fs");
    const frame = (kind, call, payload, length = payload.length) => {
      const head = Buffer.alloc(9);
      head.writeUInt32LE(length, 0); head[4] = kind; head.writeUInt32LE(call, 5);
      writeSync(3, Buffer.concat([head, payload]));
    };
    const wait = () => new Promise((r) => setTimeout(r, 9000));`;

  const harms: [string, string][] = [
    [
      "writes garbage into the channel",
      "writeSync(3, require('crypto').randomBytes(4096)); await wait()",
    ],
    ["announces a huge frame", "frame(18, 1, Buffer.alloc(0), 0xffffffff); await wait()"],
    [
      "answers an invocation that it does not run",
      "frame(18, 12345, Buffer.alloc(20)); await wait()",
    ],
    ["answers without a head", "frame(18, 1, Buffer.alloc(2)); await wait()"],
    ["loads a second time", "frame(16, 0, Buffer.alloc(1)); await wait()"],
    ["speaks as the platform does", "frame(2, 1, Buffer.alloc(30)); await wait()"],
    ["gives back what nobody asked for", "frame(23, 0, Buffer.alloc(8)); await wait()"],
    ["streams without a beginning", "frame(21, 1, Buffer.alloc(8)); await wait()"],
    ["closes the channel", "require('fs').closeSync(3); await wait()"],
  ];
  for (const [name, body] of harms) {
    it(`is ended where it ${name}`, async () => {
      const type = await errorType(`${frame} exports.handler = async () => { ${body} }`, {
        timeoutSeconds: 3,
      });
      assert.ok(["Runtime.ExitError", "Sandbox.Timedout"].includes(type), type);
      await othersRun();
    });
  }

  it("is ended where it streams beyond its credit", async () => {
    const deployment = await bench.deploy(`${frame}
      const { Socket } = require("net");
      const { write } = Socket.prototype;
      let call;
      Socket.prototype.write = function (chunk, ...rest) {
        if (chunk[4] === 20) call = chunk.readUInt32LE(5); // the frame that begins the stream
        return write.call(this, chunk, ...rest);
      };
      exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        stream.write("x");
        for (let i = 0; i < 60; i++) {
          frame(21, call, Buffer.alloc(16 * 1024));
          await new Promise((r) => setTimeout(r, 2));
        }
        await wait();
      });`);
    const { completion } = await bench.executor.stream(deployment, invocation());
    const { errorDetails } = await completion;
    assert.equal(JSON.parse(errorDetails ?? "{}").errorType, "Runtime.ExitError");
    assert.ok(bench.lines.some(({ message }) => message.includes("more of a stream than it may")));
    await othersRun();
  });

  it("takes its children with it", async () => {
    const deployment = await bench.deploy(
      `exports.handler = async () => {
        const { spawn } = require("child_process");
        const pids = Array.from({ length: 5 }, () => spawn("sleep", ["600"], { stdio: "ignore" }).pid);
        require("fs").writeFileSync(process.env.PIDS, JSON.stringify(pids));
        for (;;);
      };`,
      { timeoutSeconds: 1, environment: { PIDS: `${bench.directory}/pids` } },
    );
    await bench.invoke(deployment);
    const pids: number[] = JSON.parse(readFileSync(`${bench.directory}/pids`, "utf8"));
    assert.equal(pids.length, 5);
    await until(() => !pids.some(alive));
  });

  it("does not keep the platform waiting where a child that got away holds its output open", async () => {
    const pidFile = `${bench.directory}/pid`;
    const deployment = await bench.deploy(
      `exports.handler = async () => {
        const child = require("child_process").spawn("sleep", ["60"], { stdio: "inherit", detached: true });
        require("fs").writeFileSync(process.env.PID_FILE, String(child.pid));
        process.exit(1);
      };`,
      { environment: { PID_FILE: pidFile } },
    );
    const { failed } = await bench.invoke(deployment);
    const child = Number(readFileSync(pidFile, "utf8"));
    assert.equal(failed, true);
    assert.ok(alive(child), "answered while the child still ran");
    process.kill(child, "SIGKILL");
  });

  it("floods its output without end, and still only times out", async () => {
    const deployment = await bench.deploy(
      `const { writeSync } = require("fs");
      const text = Buffer.alloc(65536, "flood\\n");
      exports.handler = async () => { for (;;) writeSync(1 + (Math.random() > 0.5), text) };`,
      { timeoutSeconds: 2 },
    );
    const before = process.memoryUsage.rss();
    const [{ value }, neighbour] = await Promise.all([
      bench.invoke(deployment),
      bench.invoke(await bench.deploy("exports.handler = async () => 'fine'")),
    ]);
    assert.equal((value as { errorType: string }).errorType, "Sandbox.Timedout");
    assert.equal(neighbour.value, "fine");
    assert.ok(process.memoryUsage.rss() - before < 300 * 2 ** 20);
  });

  it("writes a line without end, and the platform keeps 256 KB of it at a time", async () => {
    const deployment = await bench.deploy(
      `const { writeSync } = require("fs");
      exports.handler = async () => { for (let i = 0; i < 64; i++) writeSync(1, "x".repeat(65536)); return 1 };`,
    );
    const before = bench.lines.length;
    assert.equal((await bench.invoke(deployment)).value, 1);
    for (const { message } of bench.lines.slice(before)) assert.ok(message.length <= 256 * 1024);
  });

  it("pretends that its output belongs to another invocation", async () => {
    const deployment = await bench.deploy(`
      const { writeSync } = require("fs");
      exports.handler = async () => {
        const record = Buffer.alloc(12 + 5, "forge");
        record.set([0x1e, 0x59, 0x51, 0]); record.writeUInt32LE(5, 4); record.writeUInt32LE(99999, 8);
        record.write("forge", 12);
        writeSync(1, record);
        return 1;
      };`);
    const { log } = await bench.invoke(deployment);
    assert.doesNotMatch(log, /forge/);
    assert.equal(bench.lines.find(({ message }) => message === "forge")?.requestId, undefined);
  });

  it("pollutes what errors are made of", async () => {
    const deployment = await bench.deploy(
      `exports.handler = async (event) => { const e = JSON.parse('{"__proto__":{"x":1}}'); return { ...event, e } };`,
    );
    const { value } = await bench.invoke(deployment, JSON.parse('{"__proto__":{"polluted":true}}'));
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    assert.ok(value);
  });

  it("never finishes to load, many times at once, and others still start", async () => {
    const stuck = await bench.deploy("for (;;);", { timeoutSeconds: 3 });
    const all = Array.from({ length: 8 }, () => bench.invoke(stuck));
    await othersRun();
    bench.executor.retire(stuck.id);
    void Promise.allSettled(all);
  });

  it("crashes while it waits for work, and the next invocation does not notice", async () => {
    const deployment = await bench.deploy(
      `let n = 0;
      exports.handler = async () => { if (++n === 1) setTimeout(() => process.exit(1), 5); return n };`,
      { runtime: "nodejs24.x" },
    );
    assert.equal((await bench.invoke(deployment)).value, 1);
    await until(() =>
      bench.executor
        .snapshot()
        .deployments.every(
          ({ deploymentId, idle }) => deploymentId !== deployment.id || idle === 0,
        ),
    );
    assert.equal((await bench.invoke(deployment)).value, 1);
  });
});
