import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Bench, type Files, until } from "../../runtimes.fixture.ts";
import { program } from "../custom/custom.fixture.ts";
import { lacksPython, openPythonBench } from "./python.fixture.ts";

describe("a Python handler", { skip: lacksPython }, () => {
  let bench: Bench;
  before(async () => {
    bench = await openPythonBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  const answer = async (files: Files, changes = {}, event: unknown = {}): Promise<unknown> => {
    const { value, failed } = await bench.invoke(await bench.deploy(files, changes), event);
    assert.equal(failed, false, JSON.stringify(value));
    return value;
  };

  it("gets the event and answers a value", async () => {
    const source = "def handler(event, context):\n  return {'got': event}";
    const event = { text: "☃", list: [1, 2.5, null, true], big: 12345678901234567890n.toString() };
    assert.deepEqual(await answer(source, {}, event), { got: event });
  });

  it("keeps its globals between invocations", async () => {
    const deployment = await bench.deploy(
      "n = 0\ndef handler(event, context):\n  global n\n  n += 1\n  return n",
    );
    for (const expected of [1, 2, 3])
      assert.equal((await bench.invoke(deployment)).value, expected);
  });

  for (const handler of ["app.handler", "src/deep/app.handler", "src.deep.app.handler"]) {
    it(`is found by ${handler}`, async () => {
      const path = handler === "app.handler" ? "app.py" : "src/deep/app.py";
      const files = { [path]: "def handler(e, c):\n  return __name__" };
      const name = path.replaceAll("/", ".").slice(0, -3);
      assert.equal(await answer(files, { handler }), name);
    });
  }

  it("imports its own modules first, then the layers', then the standard library's", async () => {
    const layer = await bench.store({
      "python/shared.py": "name = 'layer'",
      "python/only_layer.py": "name = 'layer'",
      "python/uuid.py": "name = 'layer'",
    });
    const files = {
      "app.py":
        "import shared, only_layer, uuid, random, json\n" +
        "def handler(e, c):\n  return [shared.name, only_layer.name, uuid.name, random.name, hasattr(json, 'dumps')]",
      "shared.py": "name = 'own'",
      "random.py": "name = 'own'",
    };
    assert.deepEqual(await answer(files, { layers: [layer] }), [
      "own",
      "layer",
      "layer",
      "own",
      true,
    ]);
  });

  it("has Lambda's module path: the function, its layers, the runtime's own", async () => {
    const source = `
import os, sys
def handler(e, c):
  layers = sys.path[2]
  version = "python%d.%d" % sys.version_info[:2]
  expected = [os.environ["LAMBDA_TASK_ROOT"], f"{layers}/lib/{version}/site-packages", layers, os.environ["LAMBDA_RUNTIME_DIR"]]
  return [sys.path[:4] == expected, layers.endswith("/python"), os.getcwd() == os.environ["LAMBDA_TASK_ROOT"]]`;
    assert.deepEqual(await answer(source), [true, true, true]);
  });

  it("names the layers itself where it sets PYTHONPATH", async () => {
    const source = `
import os, sys
def handler(e, c):
  root, opt = os.environ["LAMBDA_TASK_ROOT"], os.environ["PYTHONPATH"].split(":")[0]
  return [sys.path[:5] == [root, os.environ["LAMBDA_RUNTIME_DIR"], opt, root + "/vendor", "/somewhere"], opt.endswith("/python")]`;
    const PYTHONPATH = "/opt/python:/var/task/vendor:/somewhere";
    assert.deepEqual(await answer(source, { environment: { PYTHONPATH } }), [true, true]);
  });

  it("may extend its module path by .pth files", async () => {
    const layer = await bench.store({ "python/more.pth": "far", "python/far/away.py": "" });
    const files = {
      "app.py": "import near, away\ndef handler(e, c):\n  return 1",
      "own.pth": "vendor\n",
      "vendor/near.py": "",
    };
    assert.equal(await answer(files, { layers: [layer] }), 1);
  });

  it("sees none of the packages that the host's Python has", async () => {
    const source = `
import sys
def handler(e, c):
  try:
    import pip
    return pip.__file__
  except ImportError:
    return [p for p in sys.path if p.endswith("-packages") and "/opt/" not in p]`;
    assert.deepEqual(await answer(source), []);
  });

  it("leaves its code as it is", async () => {
    const source = "import os, dep\ndef handler(e, c):\n  return sorted(os.listdir('.'))";
    assert.deepEqual(await answer({ "app.py": source, "dep.py": "" }), ["app.py", "dep.py"]);
  });

  it("is told of its invocation by the context", async () => {
    const source = `
def handler(event, context):
  c = context.client_context
  return {
    "names": [context.function_name, context.function_version, context.memory_limit_in_mb, context.log_group_name],
    "arn": context.invoked_function_arn,
    "id": context.aws_request_id,
    "stream": context.log_stream_name,
    "remaining": 0 < context.get_remaining_time_in_millis() <= 10000,
    "identity": [context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id],
    "client": c and [c.custom, c.env, c.client and c.client.app_title],
  }`;
    const deployment = await bench.deploy(source);
    const clientContext = JSON.stringify({ custom: { a: 1 }, client: { app_title: "t" } });
    const { value, result } = await bench.invoke(deployment, {}, { clientContext });
    const told = value as Record<string, unknown>;
    assert.deepEqual(told["names"], ["hello", "$LATEST", "256", "/aws/lambda/hello"]);
    assert.equal(told["arn"], "arn:aws:lambda:us-east-1:000000000000:function:hello:live");
    assert.equal(told["id"], result.requestId);
    assert.match(String(told["stream"]), /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
    assert.equal(told["remaining"], true);
    assert.deepEqual(told["identity"], [null, null]);
    assert.deepEqual(told["client"], [{ a: 1 }, null, "t"]);
    assert.equal(((await bench.invoke(deployment)).value as typeof told)["client"], null);
  });

  it("has its configuration's environment, and the trace of each invocation", async () => {
    const source =
      "import os\ndef handler(e, c):\n  return [os.environ.get('A'), os.environ.get('HOME'), os.environ.get('_X_AMZN_TRACE_ID')]";
    const deployment = await bench.deploy(source, { environment: { A: "é" } });
    const first = await bench.invoke(deployment, {}, { traceId: "Root=1-a" });
    assert.deepEqual(first.value, ["é", null, "Root=1-a"]);
    const second = await bench.invoke(deployment, {}, { traceId: "" });
    assert.deepEqual(second.value, ["é", null, null]);
  });

  it("may be configured by what Python reads when it starts", async () => {
    const source =
      "import sys\ndef handler(e, c):\n  return [sys.flags.hash_randomization, sys.flags.optimize, hash('a') == hash('a')]";
    const environment = { PYTHONHASHSEED: "0", PYTHONOPTIMIZE: "1", PYTHONSAFEPATH: "1" };
    assert.deepEqual(await answer(source, { environment }), [0, 1, true]);
  });

  it("is started by a wrapper, which may add to its environment and to its command line", async () => {
    const files = {
      "app.py":
        "import os, sys\ndef handler(e, c):\n  return [os.environ['ADDED'], sys.flags.dev_mode]",
      wrapper: '#!/bin/sh\nprogram=$1\nshift\nADDED=yes exec "$program" -X dev "$@"\n',
    };
    const environment = { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper" };
    assert.deepEqual(await answer(files, { environment }), ["yes", true]);
  });

  it("may be another one, where a wrapper says so", async () => {
    const files = {
      "app.py": "def handler(e, c):\n  return 'own'",
      "front.py": "import app\ndef handler(e, c):\n  return ['front', app.handler(e, c)]",
      wrapper: '#!/bin/sh\nexport _HANDLER=front.handler\nexec "$@"\n',
    };
    const environment = { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper" };
    assert.deepEqual(await answer(files, { environment }), ["front", "own"]);
  });

  it("is started by a wrapper in Python, which imports the bootstrap and runs it", async () => {
    const files = {
      "app.py":
        "import builtins, sys\ndef handler(e, c):\n  return [builtins.wrapped, [p for p in sys.path if p.endswith('-packages') and '/opt/' not in p]]",
      wrapper: `#!/usr/bin/env python3
import builtins, os, sys
builtins.wrapped = os.path.basename(sys.argv[2])
sys.path.append(os.environ["LAMBDA_RUNTIME_DIR"])
import bootstrap
bootstrap.main()
`,
    };
    const environment = { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper" };
    assert.deepEqual(await answer(files, { environment }), ["bootstrap.py", []]);
  });

  it("runs beside extensions, and stays what it is", async () => {
    const extension = program(`
      await register("recorder", ["INVOKE"]);
      for (;;) console.log("recorder " + (await event()).json.requestId);`);
    const layers = [await bench.store({ "extensions/recorder": extension })];
    const source =
      "import os\ndef handler(e, c):\n  print('printed')\n  return 'AWS_LAMBDA_RUNTIME_API' in os.environ";
    const { value, log, result } = await bench.invoke(await bench.deploy(source, { layers }));
    assert.equal(value, true);
    assert.match(log, /^printed$/m);
    const recorded = `recorder ${result.requestId}`;
    await until(() => bench.lines.some(({ message }) => message.includes(recorded)));
  });

  it("has what `site` gives: exit, quit, help", async () => {
    const source = "def handler(e, c):\n  return [callable(f) for f in (exit, quit, help)]";
    assert.deepEqual(await answer(source), [true, true, true]);
  });

  it("answers a stream with its whole response", async () => {
    const deployment = await bench.deploy("def handler(e, c):\n  return {'a': 1}");
    const { contentType, body, completion } = await bench.executor.stream(deployment, {
      requestId: "3f1c5f0e-8a8a-4c0e-9d1b-2f1f3c1d2e3f",
      kind: "sync",
      payload: Buffer.from("{}"),
      invokedFunctionArn: deployment.functionArn,
      traceId: "",
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    assert.equal(contentType, "application/json");
    assert.equal(Buffer.concat(chunks).toString(), '{"a": 1}');
    assert.equal((await completion).errorCode, undefined);
  });
});
