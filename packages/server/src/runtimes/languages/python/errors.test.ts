import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Bench, Files } from "../../runtimes.fixture.ts";
import { lacksPython, openPythonBench } from "./python.fixture.ts";

interface ErrorObject {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly requestId?: string;
  readonly stackTrace?: string[];
}

describe("errors of a Python function, in Lambda's words", { skip: lacksPython }, () => {
  let bench: Bench;
  before(async () => {
    bench = await openPythonBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  const fails = async (files: Files, changes = {}) => {
    const told = await bench.invoke(await bench.deploy(files, changes));
    assert.equal(told.failed, true);
    return { ...told, error: told.value as ErrorObject };
  };

  it("tell message, type, request and stack, in this order", async () => {
    const source = "def deep():\n  raise KeyError('missing')\ndef handler(e, c):\n  deep()";
    const { error, result } = await fails(source);
    assert.deepEqual(Object.keys(error), ["errorMessage", "errorType", "requestId", "stackTrace"]);
    assert.equal(error.errorMessage, "'missing'");
    assert.equal(error.errorType, "KeyError");
    assert.equal(error.requestId, result.requestId);
    assert.equal(error.stackTrace?.length, 2);
    assert.match(
      error.stackTrace?.[0] ?? "",
      /^ {2}File ".*\/app\.py", line 4, in handler\n {4}deep\(\)\n$/,
    );
    assert.match(
      error.stackTrace?.[1] ?? "",
      /line 2, in deep\n {4}raise KeyError\('missing'\)\n$/,
    );
  });

  it("are logged before the invocation ends, as one entry, indented by no-break spaces", async () => {
    const { log, result } = await fails("def handler(e, c):\n  raise ValueError('one\\ntwo')");
    const lines = log.split("\n");
    assert.deepEqual(lines.slice(1, 4), [
      "[ERROR] ValueError: one",
      "two",
      "Traceback (most recent call last):",
    ]);
    assert.match(lines[4] ?? "", /^\u00a0\u00a0File ".*app\.py", line 2, in handler$/);
    assert.match(lines[5] ?? "", /^\u00a0{4}raise ValueError/);
    const entry = bench.lines.find(({ message }) => message.startsWith("[ERROR] ValueError: one"));
    assert.equal(entry?.requestId, result.requestId);
  });

  it("survive an error that cannot be told", async () => {
    const source =
      "class Odd(Exception):\n  def __str__(self):\n    raise RuntimeError('no')\ndef handler(e, c):\n  raise Odd()";
    const { error } = await fails(source);
    assert.deepEqual([error.errorType, error.errorMessage], ["Odd", "<Odd that has no text>"]);
  });

  it("may have any text", async () => {
    const { error } = await fails("def handler(e, c):\n  raise ValueError('\\ud800 ☃')");
    assert.equal(error.errorMessage, "\ud800 ☃");
  });

  const inits: [string, Files, string, string, string | RegExp][] = [
    [
      "a module that is not there",
      { "app.py": "" },
      "nowhere.handler",
      "Runtime.ImportModuleError",
      "Unable to import module 'nowhere': No module named 'nowhere'",
    ],
    [
      "a nested module that is not there",
      { "app.py": "" },
      "src/nowhere.handler",
      "Runtime.ImportModuleError",
      "Unable to import module 'src/nowhere': No module named 'src'",
    ],
    [
      "a package that is not there",
      { "app.py": "import requests\n" },
      "app.handler",
      "Runtime.ImportModuleError",
      "Unable to import module 'app': No module named 'requests'",
    ],
    [
      "a handler that is not there",
      { "app.py": "x = 1" },
      "app.handler",
      "Runtime.HandlerNotFound",
      "Handler 'handler' missing on module 'app'",
    ],
    [
      "a name without a dot",
      { "app.py": "" },
      "app",
      "Runtime.MalformedHandlerName",
      "Bad handler 'app': not enough values to unpack (expected 2, got 1)",
    ],
    [
      "the name of a built-in module",
      { "sys.py": "" },
      "sys.handler",
      "Runtime.BuiltInModuleConflict",
      "Cannot use built-in module sys as a handler module",
    ],
    [
      "a syntax error",
      { "app.py": "def handler(e, c)\n  return 1" },
      "app.handler",
      "Runtime.UserCodeSyntaxError",
      /^Syntax error in module 'app': .* \(app\.py, line 1\)$/,
    ],
  ];
  for (const [name, files, handler, type, message] of inits) {
    it(`name ${name}`, async () => {
      const { error } = await fails(files, { handler });
      assert.equal(error.errorType, type);
      if (typeof message === "string") assert.equal(error.errorMessage, message);
      else assert.match(error.errorMessage, message);
      assert.equal(error.requestId, "");
      const logged = `[ERROR] ${type}: ${error.errorMessage}\nTraceback (most recent call last):`;
      assert.ok(bench.lines.some((line) => line.message.startsWith(logged)));
    });
  }

  it("show where the syntax is wrong", async () => {
    const { error } = await fails("def handler(e, c)\n  return 1");
    assert.match(error.stackTrace?.[0] ?? "", /^ {2}File ".*app\.py" Line 1\n {4}def handler/);
  });

  it("tell what a module raised when it was loaded", async () => {
    const { error } = await fails("raise Exception('Runtime startup fails')");
    assert.deepEqual([error.errorType, error.errorMessage], ["Exception", "Runtime startup fails"]);
    assert.match(
      error.stackTrace?.[0] ?? "",
      /importlib\/__init__\.py", line \d+, in import_module/,
    );
    assert.match(error.stackTrace?.at(-1) ?? "", /app\.py", line 1, in <module>/);
  });

  it("tell of a client context that is no JSON", async () => {
    const deployment = await bench.deploy("def handler(e, c):\n  return 1");
    const { value } = await bench.invoke(deployment, {}, { clientContext: "{" });
    const { errorType, errorMessage } = value as ErrorObject;
    assert.equal(errorType, "Runtime.LambdaContextUnmarshalError");
    assert.match(errorMessage, /^Unable to parse Client Context JSON: /);
  });

  const exits: [string, string][] = [
    ["sys.exit()", "Runtime exited without providing a reason"],
    ["sys.exit(3)", "Runtime exited with error: exit status 3"],
    ["os._exit(4)", "Runtime exited with error: exit status 4"],
    ["sys.exit('a reason')", "Runtime exited with error: exit status 1"],
    ["os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"],
    ["ctypes.string_at(0)", "Runtime exited with error: signal: segmentation fault"],
  ];
  for (const [statement, reason] of exits) {
    it(`tell of a process that ended: ${statement}`, async () => {
      const source = `import ctypes, os, sys\ndef handler(e, c):\n  print("before")\n  ${statement}`;
      const { error, result, log } = await fails(source);
      assert.deepEqual(error, {
        errorType: "Runtime.ExitError",
        errorMessage: `RequestId: ${result.requestId} Error: ${reason}`,
      });
      assert.match(log, /\nbefore\n/);
    });
  }

  it("tell of an init that ended the process, and of a timeout", async () => {
    const ended = await fails("import sys\nsys.exit(2)");
    assert.equal(ended.error.errorType, "Runtime.ExitError");
    const late = await fails("import time\ndef handler(e, c):\n  print('slow')\n  time.sleep(30)", {
      timeoutSeconds: 1,
    });
    assert.equal(late.error.errorType, "Sandbox.Timedout");
    assert.match(late.error.errorMessage, /Task timed out after 1\.00 seconds$/);
    assert.match(late.log, /\nslow\n/);
  });
});
