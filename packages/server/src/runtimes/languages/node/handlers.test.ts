import assert from "node:assert/strict";
import { realpath } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { type Bench, openBench } from "../../runtimes.fixture.ts";

describe("how a handler is found", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  const found: [string, Record<string, string>, string, runtime?: string][] = [
    ["a CommonJS module", { "index.js": "exports.handler = async () => 'x'" }, "index.handler"],
    ["a .cjs file", { "index.cjs": "exports.handler = async () => 'x'" }, "index.handler"],
    ["an .mjs file", { "index.mjs": "export const handler = async () => 'x'" }, "index.handler"],
    [
      "a .js file in a package of ES modules",
      { "index.js": "export const handler = async () => 'x'", "package.json": '{"type":"module"}' },
      "index.handler",
    ],
    [
      "a .js file written as an ES module without a package.json",
      { "index.js": "const x = await 'x'; export const handler = async () => x" },
      "index.handler",
      "nodejs26.x", // Lambda does not find it on 20 and 22
    ],
    [
      "a .cjs file in a package of ES modules",
      { "index.cjs": "exports.handler = async () => 'x'", "package.json": '{"type":"module"}' },
      "index.handler",
    ],
    ["a nested path", { "src/api/app.js": "exports.go = async () => 'x'" }, "src/api/app.go"],
    ["a nested export", { "index.js": "exports.a = { b: async () => 'x' }" }, "index.a.b"],
    [
      "top-level await",
      {
        "index.mjs":
          "const v = await new Promise((r) => setTimeout(r, 5, 'x')); export const handler = async () => v",
      },
      "index.handler",
    ],
    [
      "a module in node_modules",
      { "node_modules/pkg/index.js": "exports.handler = async () => 'x'" },
      "pkg.handler",
    ],
    [
      "TypeScript with types to strip",
      {
        "index.ts": "export const handler = async (): Promise<string> => 'x'",
        "package.json": '{"type":"module"}',
      },
      "index.handler",
      "nodejs26.x",
    ],
  ];
  for (const [name, files, handler, runtime] of found) {
    it(`finds ${name}`, async () => {
      const changes = { handler, ...(runtime === undefined ? {} : { runtime }) };
      const { value } = await bench.invoke(await bench.deploy(files, changes));
      assert.equal(value, "x");
    });
  }

  it("runs in the package's directory", async () => {
    const deployment = await bench.deploy({
      "index.js":
        "exports.handler = async () => [process.cwd(), process.env.LAMBDA_TASK_ROOT, require('fs').readFileSync('./a.txt', 'utf8')]",
      "a.txt": "here",
    });
    const { value } = await bench.invoke(deployment);
    const [cwd, taskRoot = "", text] = value as string[];
    assert.equal(text, "here");
    assert.equal(cwd, await realpath(taskRoot));
  });

  it("keeps module state while the instance is warm", async () => {
    const deployment = await bench.deploy("let n = 0; exports.handler = async () => ++n");
    assert.equal((await bench.invoke(deployment)).value, 1);
    assert.equal((await bench.invoke(deployment)).value, 2);
  });

  it("gives an invocation without a payload an empty object", async () => {
    const deployment = await bench.deploy("exports.handler = async (event) => event");
    const { value } = await bench.invoke(deployment, {}, { payload: new Uint8Array(0) });
    assert.deepEqual(value, {});
  });

  it("passes the event on untouched", async () => {
    const deployment = await bench.deploy("exports.handler = async (event) => event");
    const event = {
      text: "snow ☃ and 😀",
      big: 12345678901234567890n.toString(),
      nul: null,
      deep: [[{}]],
    };
    assert.deepEqual((await bench.invoke(deployment, event)).value, event);
  });

  it("carries payloads of 6 MB both ways", async () => {
    const deployment = await bench.deploy("exports.handler = async (event) => event.text", {
      memoryMB: 512,
    });
    const text = "z".repeat(6 * 1024 * 1024 - 20);
    assert.equal((await bench.invoke(deployment, { text })).value, text);
  });
});

describe("how a handler answers", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  const answers: [string, string, unknown][] = [
    ["a promise", "exports.handler = async () => ({ a: 1 })", { a: 1 }],
    ["nothing, which is null", "exports.handler = async () => {}", null],
    ["what JSON has no word for, which is null", "exports.handler = async () => () => 1", null],
    ["the callback", "exports.handler = (e, c, callback) => { callback(null, 'cb') }", "cb"],
    [
      "a later callback",
      "exports.handler = (e, c, callback) => { setTimeout(callback, 5, null, 'cb') }",
      "cb",
    ],
    ["context.succeed", "exports.handler = (e, context) => { context.succeed('ok') }", "ok"],
    ["context.done", "exports.handler = (e, context) => { context.done(null, 'ok') }", "ok"],
    ["no answer of a plain function, which is null", "exports.handler = () => 'ignored'", null],
    [
      "only the first of several",
      "exports.handler = (e, c, cb) => { c.succeed('first'); c.fail(new Error('second')); cb(null, 'third') }",
      "first",
    ],
  ];
  for (const [name, source, value] of answers) {
    it(`answers by ${name}`, async () => {
      const told = await bench.invoke(await bench.deploy(source));
      assert.deepEqual([told.failed, told.value], [false, value]);
    });
  }

  it("waits for an empty event loop after a callback", async () => {
    const deployment = await bench.deploy(`
      exports.handler = (event, context, callback) => {
        setTimeout(() => console.log("after"), 30);
        callback(null, "done");
      }`);
    const { value, log } = await bench.invoke(deployment);
    assert.equal(value, "done");
    assert.match(log, /INFO\tafter\n/);
  });

  it("does not wait where callbackWaitsForEmptyEventLoop is false", async () => {
    const deployment = await bench.deploy(`
      exports.handler = (event, context, callback) => {
        context.callbackWaitsForEmptyEventLoop = false;
        setInterval(() => {}, 1000);
        callback(null, "done");
      }`);
    assert.equal((await bench.invoke(deployment)).value, "done");
  });

  it("takes a plain value from nodejs24.x on", async () => {
    const deployment = await bench.deploy("exports.handler = () => 'plain'", {
      runtime: "nodejs24.x",
    });
    assert.equal((await bench.invoke(deployment)).value, "plain");
  });

  it("refuses a callback handler from nodejs24.x on", async () => {
    const deployment = await bench.deploy(
      "exports.handler = (e, c, callback) => callback(null, 1)",
      {
        runtime: "nodejs24.x",
      },
    );
    const { failed, value } = await bench.invoke(deployment);
    assert.equal(failed, true);
    assert.equal((value as { errorType: string }).errorType, "Runtime.CallbackHandlerDeprecated");
  });
});

describe("what a handler is told", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  it("has the whole context", async () => {
    const deployment = await bench.deploy(`
      exports.handler = async (event, context) => {
        const { getRemainingTimeInMillis, ...rest } = context;
        return { ...rest, remaining: getRemainingTimeInMillis(), keys: Object.keys(context) };
      }`);
    const { value, result } = await bench.invoke(
      deployment,
      {},
      { clientContext: '{"custom":{"a":1}}' },
    );
    const { remaining, keys, logStreamName, ...rest } = value as Record<string, unknown>;
    assert.deepEqual(rest, {
      callbackWaitsForEmptyEventLoop: true,
      functionName: "hello",
      functionVersion: "$LATEST",
      memoryLimitInMB: "256",
      logGroupName: "/aws/lambda/hello",
      invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:hello:live",
      awsRequestId: result.requestId,
      clientContext: { custom: { a: 1 } },
    });
    assert.match(String(logStreamName), /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
    assert.ok(Number(remaining) > 9_000 && Number(remaining) <= 10_000);
    for (const name of ["identity", "succeed", "fail", "done"])
      assert.ok((keys as string[]).includes(name));
  });

  it("has Lambda's environment, the configuration's, and nothing of the host's", async () => {
    process.env["YUNQUE_TEST_SECRET"] = "of the host";
    const deployment = await bench.deploy("exports.handler = async () => process.env", {
      environment: { GREETING: "hi", AWS_REGION: "elsewhere" },
    });
    const { value } = await bench.invoke(deployment);
    delete process.env["YUNQUE_TEST_SECRET"];
    const environment = value as Record<string, string>;
    const expected = {
      AWS_ACCESS_KEY_ID: "test",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
      AWS_EXECUTION_ENV: `AWS_Lambda_${deployment.runtime}`,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
      AWS_LAMBDA_FUNCTION_NAME: "hello",
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/hello",
      AWS_REGION: "us-east-1",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_SESSION_TOKEN: "test",
      AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
      GREETING: "hi",
      LANG: "en_US.UTF-8",
      TZ: ":UTC",
      _HANDLER: "index.handler",
      _X_AMZN_TRACE_ID:
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    };
    for (const [name, text] of Object.entries(expected))
      assert.equal(environment[name], text, name);
    const places = [
      "AWS_LAMBDA_LOG_STREAM_NAME",
      "LAMBDA_TASK_ROOT",
      "LD_LIBRARY_PATH",
      "NODE_PATH",
      "PATH",
      "PWD",
      "TMPDIR",
    ];
    assert.deepEqual(
      Object.keys(environment)
        .filter((name) => !(name in expected))
        .sort(),
      places,
    );
  });

  it("has the trace id of each invocation", async () => {
    const deployment = await bench.deploy(
      "exports.handler = async () => process.env._X_AMZN_TRACE_ID ?? null",
    );
    assert.equal((await bench.invoke(deployment, {}, { traceId: "Root=1-a" })).value, "Root=1-a");
    assert.equal((await bench.invoke(deployment, {}, { traceId: "Root=1-b" })).value, "Root=1-b");
    assert.equal((await bench.invoke(deployment, {}, { traceId: "" })).value, null);
  });

  it("computes in UTC", async () => {
    const deployment = await bench.deploy(
      "exports.handler = async () => [new Date(0).getTimezoneOffset(), Intl.DateTimeFormat().resolvedOptions().timeZone]",
    );
    assert.deepEqual((await bench.invoke(deployment)).value, [0, "UTC"]);
  });

  it("starts Node.js with the configuration's NODE_OPTIONS, Lambda's paths in them included", async () => {
    const deployment = await bench.deploy(
      {
        "index.js": "exports.handler = async () => globalThis.early",
        "early.cjs": "globalThis.early = 'yes'",
      },
      { environment: { NODE_OPTIONS: "--require /var/task/early.cjs" } },
    );
    assert.equal((await bench.invoke(deployment)).value, "yes");
  });

  it("is started by the wrapper script that the configuration names, and sees what that exports", async () => {
    const layer = await bench.store({
      wrapper: '#!/bin/sh\nexport FROM_WRAPPER="$GREETING you"\nexec "$@"\n',
    });
    const deployment = await bench.deploy(
      "exports.handler = async () => [process.env.FROM_WRAPPER, process.env.GREETING]",
      { layers: [layer], environment: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/wrapper", GREETING: "hi" } },
    );
    assert.deepEqual((await bench.invoke(deployment)).value, ["hi you", "hi"]);
  });

  it("is the one that its wrapper names", async () => {
    const layer = await bench.store({
      wrapper: '#!/bin/sh\nexport _HANDLER="other.handler"\nexec "$@"\n',
    });
    const deployment = await bench.deploy(
      {
        "index.js": "exports.handler = async () => 1",
        "other.js": "exports.handler = async () => 2",
      },
      { layers: [layer], environment: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/wrapper" } },
    );
    assert.equal((await bench.invoke(deployment)).value, 2);
  });
});
