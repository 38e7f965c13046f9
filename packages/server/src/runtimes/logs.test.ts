import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Bench, openBench, until } from "./runtimes.fixture.ts";

describe("the log of a function", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench({ limits: { freezeMs: 3_600_000 } });
  });
  after(() => bench[Symbol.asyncDispose]());

  const messages = (stream: string): string[] =>
    bench.lines.filter((line) => line.stream === stream).map(({ message }) => message);
  const streamOf = (requestId: string): string =>
    bench.lines.find((line) => line.requestId === requestId)?.stream ?? "";

  it("has Lambda's lines around what the handler wrote", async () => {
    const deployment = await bench.deploy(
      `console.log("loading");
      exports.handler = async () => { console.warn("working", { a: 1 }) };`,
      { runtime: "nodejs16.x" }, // which no machine has
    );
    const { result } = await bench.invoke(deployment);
    const id = result.requestId;
    const lines = messages(streamOf(id));
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
    const expected = [
      /^INIT_START Runtime Version: nodejs:\S+\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:nodejs-[\d.]+-x86_64-[0-9a-f]{16}$/,
      /^\[yunque\] nodejs16\.x is not installed here, so this runs on Node\.js [\d.]+(: yunque runtimes install nodejs18\.x)?$/,
      new RegExp(`^${time}\tundefined\tINFO\tloading$`),
      new RegExp(`^START RequestId: ${id} Version: \\$LATEST$`),
      new RegExp(`^${time}\t${id}\tWARN\tworking \\{ a: 1 \\}$`),
      new RegExp(`^END RequestId: ${id}$`),
      new RegExp(
        `^REPORT RequestId: ${id}\tDuration: \\d+\\.\\d\\d ms\tBilled Duration: \\d+ ms\tMemory Size: 256 MB\t` +
          "Max Memory Used: \\d+ MB\tInit Duration: \\d+\\.\\d\\d ms\t$",
      ),
    ];
    assert.equal(lines.length, expected.length);
    for (const [i, pattern] of expected.entries()) assert.match(lines[i] ?? "", pattern);
  });

  it("bills the init with the first invocation, and tells it only there", async () => {
    const deployment = await bench.deploy("exports.handler = async () => 1");
    const first = (await bench.invoke(deployment)).result.report;
    const second = (await bench.invoke(deployment)).result.report;
    assert.equal(first.billedMs, Math.ceil(first.durationMs + (first.initMs ?? 0)));
    assert.ok(Number(first.initMs) > 1);
    assert.equal(second.initMs, undefined);
    assert.equal(second.billedMs, Math.ceil(second.durationMs));
  });

  it("keeps several lines of one console.log in one entry", async () => {
    const { result, log } = await bench.invoke(
      await bench.deploy("exports.handler = async () => { console.log('one\\ntwo\\n') }"),
    );
    assert.match(log, /INFO\tone\ntwo\n\nEND/);
    assert.ok(
      messages(streamOf(result.requestId)).some((message) => message.endsWith("one\ntwo\n")),
    );
  });

  it("takes what processes and streams write as it is, line by line", async () => {
    const { log } = await bench.invoke(
      await bench.deploy(`
        exports.handler = async () => {
          process.stdout.write("par");
          process.stdout.write("tial\\nsecond ☃\\n\\n");
          process.stderr.write("to stderr\\n");
          require("child_process").execFileSync("echo", ["from a child"], { stdio: "inherit" });
          require("fs").writeSync(1, "without an end");
        };`),
    );
    const lines = log.split("\n").slice(1, -3).sort();
    assert.deepEqual(
      lines,
      ["from a child", "partial", "second ☃", "to stderr", "without an end"].sort(),
    );
  });

  it("has every line of an invocation in its tail, however fast they follow each other", async () => {
    const deployment = await bench.deploy(
      "exports.handler = async ({ i }) => { console.log('line of ' + i); return i }",
    );
    for (let i = 0; i < 200; i++) {
      const { log, value } = await bench.invoke(deployment, { i });
      assert.equal(value, i);
      assert.match(
        log,
        new RegExp(`^START [^\n]*\n[^\n]*INFO\tline of ${i}\nEND [^\n]*\nREPORT [^\n]*\n$`),
      );
    }
  });

  it("has only the lines of an invocation in its tail, with many under way at once", async () => {
    const deployment = await bench.deploy(
      "exports.handler = async ({ i }) => { console.log('line of ' + i); return i }",
    );
    await bench.invoke(deployment, { i: -1 });
    const all = await Promise.all(
      Array.from({ length: 300 }, (_, i) => bench.invoke(deployment, { i })),
    );
    for (const [i, { log }] of all.entries())
      assert.match(
        log,
        new RegExp(`^START [^\n]*\n[^\n]*INFO\tline of ${i}\nEND [^\n]*\nREPORT [^\n]*\n$`),
      );
  });

  it("keeps the order of a stream: START, the lines, END, REPORT", async () => {
    const deployment = await bench.deploy(
      "exports.handler = async ({ i }) => { console.log('line of ' + i) }",
    );
    await bench.invoke(deployment, { i: -1 });
    await Promise.all(Array.from({ length: 200 }, (_, i) => bench.invoke(deployment, { i })));
    const streams = new Set(bench.lines.map(({ stream }) => stream));
    for (const stream of streams) {
      let open: string | undefined;
      for (const line of bench.lines.filter((one) => one.stream === stream && one.requestId)) {
        if (line.message.startsWith("START ")) {
          assert.equal(open, undefined);
          open = line.requestId;
        }
        assert.equal(line.requestId, open);
        if (line.message.startsWith("REPORT ")) open = undefined;
      }
    }
  });

  it("tells apart what several invocations write that do not say whose it is", async () => {
    const deployment = await bench.deploy(
      "exports.handler = async ({ i }) => { process.stdout.write('raw of ' + i + '\\n') }",
    );
    for (let i = 0; i < 20; i++) await bench.invoke(deployment, { i });
    const all = await Promise.all(
      Array.from({ length: 100 }, (_, i) => bench.invoke(deployment, { i })),
    );
    for (const [i, { log }] of all.entries())
      assert.match(log, new RegExp(`^START [^\n]*\nraw of ${i}\nEND `));
  });

  it("is the last 4 KB, where there is more", async () => {
    const { result, log } = await bench.invoke(
      await bench.deploy(
        "exports.handler = async () => { for (let i = 0; i < 500; i++) console.log('line ' + i) }",
      ),
    );
    assert.equal(result.logTail.length, 4096);
    assert.match(log, /INFO\tline 499\nEND/);
    assert.doesNotMatch(log, /START/);
  });

  it("cuts an entry and a line at 256 KB", async () => {
    const { result } = await bench.invoke(
      await bench.deploy(`
        exports.handler = async () => {
          console.log("☃".repeat(200_000));
          require("fs").writeSync(1, "y".repeat(600_000) + "\\n");
        };`),
    );
    const lines = messages(streamOf(result.requestId)).filter((message) => message.length > 5_000);
    const sizes = lines.map((message) => Buffer.byteLength(message));
    assert.equal(sizes.length, 4);
    assert.ok(sizes.every((size) => size <= 256 * 1024));
    assert.ok(!lines[0]?.includes("\ufffd"), "no character is torn");
    assert.equal((sizes[1] ?? 0) + (sizes[2] ?? 0) + (sizes[3] ?? 0), 600_000);
  });

  it("drops what comes faster than it can be kept, and says so", async () => {
    const deployment = await bench.deploy(
      `exports.handler = async () => {
        const { writeSync } = require("fs");
        const text = Buffer.from(("f".repeat(1000) + "\\n").repeat(60));
        for (let i = 0; i < 400; i++) writeSync(1, text);
        return "done";
      };`,
      { timeoutSeconds: 60 },
    );
    const before = bench.lines.length;
    const { value, log } = await bench.invoke(deployment);
    assert.equal(value, "done");
    assert.match(
      log,
      /\[yunque\] \d+ characters of output were dropped: more than 8 MB per second\n/,
    );
    assert.ok(bench.lines.length - before < 24_000 - 1_000);
  });

  it("holds what is written while nothing runs, as nobody's", async () => {
    const deployment = await bench.deploy(
      `
      exports.handler = async () => { setTimeout(() => require("fs").writeSync(1, "in the background\\n"), 200) };`,
      { runtime: "nodejs24.x" },
    );
    await bench.invoke(deployment);
    const found = () => bench.lines.find(({ message }) => message === "in the background");
    await until(() => found() !== undefined);
    assert.equal(found()?.requestId, undefined);
  });

  it("has only what its levels let through", async () => {
    const deployment = await bench.deploy(
      "exports.handler = async () => { console.info('hidden'); console.error('shown'); };",
      { logFormat: "JSON", logLevel: "ERROR", systemLogLevel: "WARN" },
    );
    const { result } = await bench.invoke(deployment);
    const lines = messages(streamOf(result.requestId)).map((message) => JSON.parse(message));
    const told = lines.map(({ message }) => message);
    assert.deepEqual(
      told.filter((message) => !message?.startsWith("[yunque]")),
      ["shown"],
    );
  });

  it("is JSON where the configuration says so", async () => {
    const deployment = await bench.deploy(
      `exports.handler = async () => {
        console.debug("hidden");
        console.info("plain");
        console.warn({ a: 1 });
        console.error("with", new RangeError("why"));
        console.error(new TypeError("alone"));
      };`,
      { logFormat: "JSON", runtime: "nodejs16.x" },
    );
    const { result } = await bench.invoke(deployment);
    const id = result.requestId;
    const lines = messages(streamOf(id)).map((message) => JSON.parse(message));
    const [initStart, note, start, plain, object, pair, alone, report] = lines;
    assert.equal(lines.length, 8);
    assert.match(note.message, /^\[yunque\] nodejs16\.x is not installed here/);
    assert.equal(initStart.type, "platform.initStart");
    assert.deepEqual(initStart.record.functionName, "hello");
    assert.deepEqual(
      [start.type, start.record],
      ["platform.start", { requestId: id, version: "$LATEST" }],
    );
    assert.deepEqual([plain.level, plain.requestId, plain.message], ["INFO", id, "plain"]);
    assert.deepEqual([object.level, object.message], ["WARN", { a: 1 }]);
    assert.deepEqual(
      [pair.errorType, pair.errorMessage, pair.stackTrace[0]],
      ["RangeError", "why", "RangeError: why"],
    );
    assert.deepEqual([alone.message.errorType, alone.message.errorMessage], ["TypeError", "alone"]);
    assert.deepEqual([report.type, report.record.status], ["platform.report", "success"]);
    assert.deepEqual(Object.keys(report.record.metrics), [
      "durationMs",
      "billedDurationMs",
      "memorySizeMB",
      "maxMemoryUsedMB",
      "initDurationMs",
    ]);
    for (const { time, timestamp } of lines)
      assert.ok(!Number.isNaN(Date.parse(time ?? timestamp)));
  });
});
