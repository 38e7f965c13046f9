import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Bench, type Files, openBench, type Told } from "../../runtimes.fixture.ts";

interface ErrorObject {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: string[];
}
const errorOf = ({ failed, value }: Told): ErrorObject => {
  assert.equal(failed, true);
  return value as ErrorObject;
};

describe("errors of a handler, in Lambda's words", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  const fails = async (files: Files, changes = {}): Promise<ErrorObject> =>
    errorOf(await bench.invoke(await bench.deploy(files, changes)));

  it("tells type, message and trace of what was thrown", async () => {
    const error = await fails(
      "exports.handler = async () => { throw new TypeError('no such thing') }",
    );
    assert.equal(error.errorType, "TypeError");
    assert.equal(error.errorMessage, "no such thing");
    assert.equal(error.trace?.[0], "TypeError: no such thing");
    assert.match(String(error.trace?.[1]), /^ {4}at exports\.handler \(.*index\.js:1:\d+\)$/);
  });

  const thrown: [string, string, string, string][] = [
    [
      "an error with a name of its own",
      "Object.assign(new Error('m'), { name: 'Custom' })",
      "Custom",
      "m",
    ],
    [
      "an error class",
      "new (class PaymentError extends Error { name = 'PaymentError' })('m')",
      "PaymentError",
      "m",
    ],
    ["text", "'just text'", "string", "just text"],
    ["a number", "42", "number", "42"],
    ["an object", "({ a: 1 })", "object", "[object Object]"],
    ["what is like an error", "({ name: 'Like', message: 'm', stack: 's' })", "Like", "m"],
  ];
  for (const [name, expression, errorType, errorMessage] of thrown) {
    it(`tells of ${name} that was thrown`, async () => {
      const error = await fails(`exports.handler = async () => { throw ${expression} }`);
      assert.deepEqual([error.errorType, error.errorMessage], [errorType, errorMessage]);
    });
  }

  it("has a word for what cannot be told", async () => {
    const error = await fails("exports.handler = async () => { throw Object.create(null) }");
    assert.equal(error.errorType, "handled");
    assert.equal(error.trace, undefined);
  });

  it("tells of an error given to the callback, and of context.fail", async () => {
    const callback = await fails("exports.handler = (e, c, cb) => { cb(new RangeError('cb')) }");
    assert.deepEqual([callback.errorType, callback.errorMessage], ["RangeError", "cb"]);
    const failed = await fails("exports.handler = (e, c) => { c.fail() }");
    assert.deepEqual([failed.errorType, failed.errorMessage], ["string", "handled"]);
  });

  it("logs the error before the invocation ends", async () => {
    const deployment = await bench.deploy(
      "exports.handler = async () => { throw Object.assign(new Error('m'), { code: 'E1', extra: 2 }) }",
    );
    const { log, result } = await bench.invoke(deployment);
    const line = log.split("\n")[1] ?? "";
    assert.ok(line.includes(`\t${result.requestId}\tERROR\tInvoke Error \t{`));
    const { stack, ...rest } = JSON.parse(line.slice(line.indexOf("{")));
    assert.deepEqual(rest, { errorType: "Error", errorMessage: "m", code: "E1", extra: 2 });
    assert.equal(stack[0], "Error: m");
  });

  it("keeps the instance after an error that was thrown", async () => {
    const deployment = await bench.deploy(
      "let n = 0; exports.handler = async () => { if (++n === 1) throw new Error('once'); return n }",
    );
    errorOf(await bench.invoke(deployment));
    assert.equal((await bench.invoke(deployment)).value, 2);
  });

  for (const [name, expression] of [
    ["a cycle", "const a = {}; a.a = a; return a"],
    ["a BigInt", "return 1n"],
    ["a toJSON that throws", "return { toJSON() { throw new Error('no') } }"],
  ]) {
    it(`refuses a response with ${name}`, async () => {
      const source = `exports.handler = async () => { ${expression} }`;
      const old = await fails(source);
      assert.deepEqual(
        [old.errorType, old.errorMessage],
        ["Error", "Unable to stringify response body"],
      );
      const { errorType } = await fails(source, { runtime: "nodejs24.x" });
      assert.equal(errorType, "Runtime.JSONStringifyError");
    });
  }

  it("refuses an event that is no JSON", async () => {
    const deployment = await bench.deploy("exports.handler = async () => 1");
    const payload = Buffer.from("{not json");
    assert.equal(errorOf(await bench.invoke(deployment, {}, { payload })).errorType, "SyntaxError");
  });

  it("refuses a client context that is no JSON", async () => {
    const deployment = await bench.deploy("exports.handler = async () => 1");
    const error = errorOf(await bench.invoke(deployment, {}, { clientContext: "{" }));
    assert.match(error.errorMessage, /^Cannot parse ClientContext as json: SyntaxError/);
  });

  it("refuses responses over 6 MB", async () => {
    const deployment = await bench.deploy(
      "exports.handler = async ({ size }) => 'x'.repeat(size - 2)",
      {
        memoryMB: 512,
      },
    );
    assert.equal((await bench.invoke(deployment, { size: 6_291_556 })).failed, false);
    assert.deepEqual((await bench.invoke(deployment, { size: 6_291_557 })).value, {
      errorType: "Function.ResponseSizeTooLarge",
      errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    });
  });

  it("tells that a promise can never settle", async () => {
    const error = await fails("exports.handler = async () => { await new Promise(() => {}) }");
    assert.equal(error.errorType, "Runtime.NodeJsExit");
  });

  it("tells of a rejection that nobody handled, and does not use the instance again", async () => {
    const deployment = await bench.deploy(`
      let n = 0;
      exports.handler = async () => {
        if (++n === 1 && process.env.AWS_LAMBDA_FUNCTION_NAME) {
          Promise.reject(new Error("nobody"));
          await new Promise((resolve) => setTimeout(resolve, 5000));
        }
        return n;
      };`);
    const told = await bench.invoke(deployment);
    const error = errorOf(told);
    assert.equal(error.errorType, "Runtime.UnhandledPromiseRejection");
    assert.equal(error.errorMessage, "Error: nobody");
    assert.equal(error.trace?.[0], "Runtime.UnhandledPromiseRejection: Error: nobody");
    assert.match(
      told.log,
      /ERROR\tUnhandled Promise Rejection \t\{"errorType":"Runtime\.Unhandled/,
    );
  });

  it("tells of an exception that nobody caught, and starts anew", async () => {
    const deployment = await bench.deploy(`
      exports.handler = ({ fail }, context, callback) => {
        if (fail) setTimeout(() => { throw new Error("uncaught") }, 1);
        else callback(null, "fine");
      };`);
    const error = errorOf(await bench.invoke(deployment, { fail: true }));
    assert.deepEqual([error.errorType, error.errorMessage], ["Error", "uncaught"]);
    const next = await bench.invoke(deployment, {});
    assert.equal(next.value, "fine");
    assert.ok(next.result.report.initMs, "a new instance");
  });

  for (const [source, message] of [
    ["process.exit(1)", "Runtime exited with error: exit status 1"],
    ["process.exit(0)", "Runtime exited without providing a reason"],
    ["process.kill(process.pid, 'SIGKILL')", "Runtime exited with error: signal: killed"],
    [
      "process.kill(process.pid, 'SIGSEGV')",
      "Runtime exited with error: signal: segmentation fault",
    ],
    ["process.abort()", "Runtime exited with error: signal: aborted"],
  ]) {
    it(`tells of a handler that ends its process by ${source}`, async () => {
      const deployment = await bench.deploy(
        `exports.handler = async () => { console.log("last words"); ${source}; await new Promise((r) => setTimeout(r, 9000)) }`,
      );
      const told = await bench.invoke(deployment);
      assert.deepEqual(errorOf(told), {
        errorType: "Runtime.ExitError",
        errorMessage: `RequestId: ${told.result.requestId} Error: ${message}`,
      });
      assert.match(told.log, /INFO\tlast words\n/);
      assert.match(told.log, /\tStatus: error\tError Type: Runtime\.ExitError\n$/);
    });
  }
});

describe("errors of an init, in Lambda's words", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  const inits: [string, Files, string, RegExp, string?][] = [
    [
      "a handler that is not exported",
      "exports.other = 1",
      "Runtime.HandlerNotFound",
      /^index\.handler is undefined or not exported$/,
    ],
    [
      "a handler that is no function",
      "exports.handler = 1",
      "Runtime.HandlerNotFound",
      /^index\.handler is not a function$/,
    ],
    [
      "a module that is not there",
      { "other.js": "" },
      "Runtime.ImportModuleError",
      /^Error: Cannot find module 'index'\nRequire stack:\n- /,
    ],
    [
      "a module that needs one that is not there",
      "require('left-pad-of-mine'); exports.handler = 1",
      "Runtime.ImportModuleError",
      /^Error: Cannot find module 'left-pad-of-mine'\nRequire stack:\n- .*index\.js/,
    ],
    [
      "an ES module that imports what is not there",
      { "index.mjs": "import 'left-pad-of-mine'; export const handler = 1" },
      "Error",
      /^Cannot find package 'left-pad-of-mine' imported from .*index\.mjs$/,
    ],
    [
      "a syntax error",
      "exports.handler = async () => {",
      "Runtime.UserCodeSyntaxError",
      /^SyntaxError: Unexpected/,
    ],
    ["a handler name without a dot", "", "Runtime.MalformedHandlerName", /^Bad handler$/, "index"],
    [
      "a handler name that climbs out",
      "",
      "Runtime.MalformedHandlerName",
      /^'\.\.\/x\.handler' is not a valid handler name\./,
      "../x.handler",
    ],
    ["an error at load", "throw new RangeError('at load')", "RangeError", /^at load$/],
    [
      "an exit at load",
      "process.exit(7)",
      "Runtime.ExitError",
      /Error: Runtime exited with error: exit status 7$/,
    ],
    [
      "top-level await that never ends",
      { "index.mjs": "await new Promise(() => {}); export const handler = 1" },
      "Runtime.ExitError",
      /Error: Runtime exited without providing a reason$/,
    ],
  ];
  for (const [name, files, type, message, handler = "index.handler"] of inits) {
    it(`tells of ${name}`, async () => {
      const told = await bench.invoke(await bench.deploy(files, { handler }));
      const error = errorOf(told);
      assert.equal(error.errorType, type);
      assert.match(error.errorMessage, message);
      const stream = bench.lines.find(
        ({ requestId }) => requestId === told.result.requestId,
      )?.stream;
      const report = bench.lines.find(
        (l) => l.stream === stream && l.message.startsWith("INIT_REPORT"),
      );
      assert.match(
        String(report?.message),
        /^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: \S+$/,
      );
    });
  }

  it("fails everything that waits for a package that can never load, at once", async () => {
    const deployment = await bench.deploy("syntax error");
    const all = await Promise.all(Array.from({ length: 50 }, () => bench.invoke(deployment)));
    for (const one of all) assert.equal(errorOf(one).errorType, "Runtime.UserCodeSyntaxError");
    assert.equal(new Set(all.map(({ result }) => result.requestId)).size, 50);
  });

  it("tries again for the next invocation where the first init failed by bad luck", async () => {
    const deployment = await bench.deploy(
      `
      const { existsSync, writeFileSync } = require("fs");
      if (!existsSync(process.env.MARK)) { writeFileSync(process.env.MARK, ""); throw new Error("bad luck") }
      exports.handler = async () => "fine";`,
      { environment: { MARK: `${bench.directory}/mark` } },
    );
    assert.equal(errorOf(await bench.invoke(deployment)).errorMessage, "bad luck");
    assert.equal((await bench.invoke(deployment)).value, "fine");
  });
});
