/** The Telemetry API, by extensions that subscribe to it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Bench, openBench, until } from "../../runtimes.fixture.ts";
import { program, runtime } from "./custom.fixture.ts";

const CUSTOM = { runtime: "provided.al2023", handler: "any.thing" };

/** Subscribes with these changes, and logs each event that it is sent; what it logs itself begins with "told ". */
const subscriber = (changes = "{}", before = ""): string =>
  program(`
    ${before}
    await register("teller", ["SHUTDOWN"]);
    const seen = http.createServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => { text += chunk; });
      request.on("end", () => {
        response.end();
        for (const event of JSON.parse(text))
          if (!String(event.record).startsWith("told ")) console.log("told " + JSON.stringify(event));
      });
    });
    await new Promise((go) => seen.listen(0, "127.0.0.1", go));
    const got = await subscribe({
      schemaVersion: "2022-12-13",
      types: ["platform", "function", "extension"],
      buffering: { maxItems: 1000, maxBytes: 262144, timeoutMs: 25 },
      destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:" + seen.address().port + "/in" },
      ...${changes},
    });
    console.log("answered " + got.status + " " + got.text);
    await event();
    process.exit(0);`);

interface TelemetryEvent {
  readonly time: string;
  readonly type: string;
  readonly record: Record<string, unknown>;
}

const toldOf = (bench: Bench): TelemetryEvent[] =>
  bench.lines
    .filter(({ message }) => message.startsWith("told "))
    .map(({ message }) => JSON.parse(message.slice(5)));

const deploy = async (bench: Bench, extension: string, bootstrap: string, changes = {}) =>
  bench.deploy(
    { bootstrap },
    { ...CUSTOM, layers: [await bench.store({ "extensions/teller": extension })], ...changes },
  );

describe("the Telemetry API", () => {
  it("tells a subscriber of the init, also what was before it, and of each invocation", async () => {
    await using bench = await openBench();
    const fn = await deploy(bench, subscriber(), runtime('console.log("hello"); return "abc";'));
    const { result } = await bench.invoke(fn);
    await until(() => toldOf(bench).some(({ type }) => type === "platform.report"));
    const events = toldOf(bench);
    const record = (type: string) => events.find((event) => event.type === type)?.record ?? {};
    assert.deepEqual(
      events.map(({ type }) => type).filter((type) => type !== "extension"),
      [
        "platform.initStart",
        "platform.telemetrySubscription",
        "platform.extension",
        "platform.initRuntimeDone",
        "platform.initReport",
        "platform.start",
        "function",
        "platform.runtimeDone",
        "platform.report",
      ],
    );
    assert.deepEqual(record("platform.initStart"), {
      initializationType: "on-demand",
      phase: "init",
      functionName: "hello",
      functionVersion: "$LATEST",
      instanceMaxMemory: 256 * 2 ** 20,
    });
    assert.deepEqual(record("platform.telemetrySubscription"), {
      name: "teller",
      state: "Subscribed",
      types: ["platform", "function", "extension"],
    });
    const { metrics, spans, ...done } = record("platform.runtimeDone") as {
      metrics: { producedBytes: number; durationMs: number };
      spans: { name: string }[];
    };
    assert.equal(metrics.producedBytes, 5);
    assert.deepEqual(
      spans.map(({ name }) => name),
      ["responseLatency", "responseDuration", "runtimeOverhead"],
    );
    assert.deepEqual(done, {
      requestId: result.requestId,
      status: "success",
      tracing: {
        type: "X-Amzn-Trace-Id",
        value: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
      },
    });
    const report = record("platform.report")["metrics"] as Record<string, number>;
    assert.equal(report["memorySizeMB"], 256);
    assert.ok((report["initDurationMs"] ?? 0) > 0 && (report["billedDurationMs"] ?? 0) > 0);
    assert.equal(events.find(({ type }) => type === "function")?.record as unknown, "hello");
    for (const { time } of events) assert.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const log = bench.lines.map(({ message }) => message).join("\n");
    assert.match(log, /^answered 200 "OK"$/m);
    assert.match(
      log,
      /^TELEMETRY\tName: teller\tState: Subscribed\tTypes: \[platform,function,extension\]$/m,
    );
  });

  it("tells only what was asked for", async () => {
    await using bench = await openBench();
    const fn = await deploy(
      bench,
      subscriber('{ types: ["function"] }'),
      runtime('console.log("hello"); return 1;'),
    );
    await bench.invoke(fn);
    await until(() => toldOf(bench).length > 0);
    assert.deepEqual(
      toldOf(bench).map(({ type }) => type),
      ["function"],
    );
  });

  it("tells how an invocation failed", async () => {
    await using bench = await openBench();
    const fn = await deploy(
      bench,
      subscriber('{ types: ["platform"] }'),
      program("const got = await next(); await fail(got.id, {}, 'Function.Mine'); await next();"),
    );
    await bench.invoke(fn);
    await until(() => toldOf(bench).some(({ type }) => type === "platform.report"));
    const report = toldOf(bench).find(({ type }) => type === "platform.report");
    assert.deepEqual(
      [report?.record["status"], report?.record["errorType"]],
      ["error", "Function.Mine"],
    );
  });

  it("sends what has gathered before the instance ends", async () => {
    await using bench = await openBench();
    const fn = await deploy(
      bench,
      subscriber('{ types: ["platform"], buffering: { timeoutMs: 30000 } }'),
      runtime("return 1;"),
    );
    await bench.invoke(fn);
    assert.deepEqual(toldOf(bench), []);
    bench.executor.retire(fn.id);
    await until(() => toldOf(bench).some(({ type }) => type === "platform.report"));
  });

  it("gives lines that are JSON as objects, where the function's logs are JSON", async () => {
    await using bench = await openBench();
    const fn = await deploy(
      bench,
      subscriber('{ types: ["function"] }'),
      runtime(`console.log('{"level":"INFO"}'); return 1;`),
      { logFormat: "JSON" },
    );
    await bench.invoke(fn);
    await until(() => toldOf(bench).length > 0);
    assert.deepEqual(toldOf(bench)[0]?.record, { level: "INFO" });
  });

  it("says all that is wrong with a subscription", async () => {
    await using bench = await openBench();
    const wrong = [
      [
        "{ destination: { protocol: 'HTTP', URI: 'http://sandbox.localdomain' }, types: [] }",
        "URI port is not provided; types should not be empty",
      ],
      [
        "{ destination: { protocol: 'HTTP', URI: 'http://example.com:80' } }",
        "destination host should be sandbox.localdomain",
      ],
      ["{ destination: { protocol: 'FTP' } }", "destination protocol should be HTTP"],
      [
        "{ schemaVersion: '1999' }",
        "schemaVersion should be one of 2022-07-01, 2022-12-13, 2025-01-29",
      ],
      ["{ types: ['secrets'] }", "types should be among platform, function, extension"],
      [
        "{ buffering: { maxItems: 1, maxBytes: 1e9, timeoutMs: 24 } }",
        "maxItems should be between 1000 and 10000; maxBytes should be between 262144 and 1048576; timeoutMs should be between 25 and 30000",
      ],
    ] as const;
    for (const [changes, message] of wrong) {
      const fn = await deploy(bench, subscriber(changes), runtime("return 1;"));
      await bench.invoke(fn);
      const told = JSON.stringify({ errorMessage: message, errorType: "ValidationError" });
      assert.ok(
        bench.lines.some((line) => line.message === `answered 400 ${told}`),
        message,
      );
    }
  });

  it("costs no more than its bounds where a subscriber does not listen, and goes on", async () => {
    await using bench = await openBench();
    const deaf = '{ destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:1/" } }';
    const fn = await deploy(
      bench,
      subscriber(deaf),
      runtime('for (let i = 0; i < 20000; i++) console.log("x".repeat(100)); return 1;'),
    );
    assert.equal((await bench.invoke(fn)).value, 1);
    assert.equal((await bench.invoke(fn)).value, 1);
  });
});
