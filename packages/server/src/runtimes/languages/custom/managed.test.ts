/** Extensions, and programs that take the runtime's place, beside a language's own runtime. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { invocation, openBench, told, until } from "../../runtimes.fixture.ts";
import { program } from "./custom.fixture.ts";

/** Logs its events, and ends with its SHUTDOWN. */
const RECORDER = program(`
  await register("recorder", ["INVOKE", "SHUTDOWN"]);
  for (;;) {
    const { json } = await event();
    console.log("recorder " + json.eventType + " " + (json.requestId ?? json.shutdownReason));
    if (json.eventType === "SHUTDOWN") process.exit(0);
  }`);

describe("extensions of a Node.js function", () => {
  it("run beside it, and it stays what it is", async () => {
    await using bench = await openBench();
    const layers = [await bench.store({ "extensions/recorder": RECORDER })];
    const fn = await bench.deploy(
      `exports.handler = async (event, context) => {
         console.log("in\\nside", event.n);
         process.stdout.write("plain\\n");
         return { id: context.awsRequestId, left: context.getRemainingTimeInMillis() > 0,
           api: process.env.AWS_LAMBDA_RUNTIME_API !== undefined, name: context.functionName };
       };`,
      { layers },
    );
    const { value, log, result } = await bench.invoke(fn, { n: 7 });
    assert.deepEqual(value, { id: result.requestId, left: true, api: true, name: "hello" });
    assert.match(log, /INFO\tin\nside 7/);
    assert.match(log, /^plain$/m);
    const all = () => bench.lines.map(({ message }) => message).join("\n");
    await until(() => all().includes(`recorder INVOKE ${result.requestId}`));
    bench.executor.retire(fn.id);
    await until(() => all().includes("recorder SHUTDOWN SPINDOWN"));
  });

  it("do not change what it throws, streams, or ends with", async () => {
    await using bench = await openBench();
    const layers = [await bench.store({ "extensions/recorder": RECORDER })];
    const fn = await bench.deploy(
      `exports.handler = async (event) => {
         if (event.end) process.exit(3);
         throw new TypeError("no");
       };`,
      { layers },
    );
    const thrown = await bench.invoke(fn);
    assert.equal((thrown.value as { errorType: string }).errorType, "TypeError");
    const ended = await bench.invoke(fn, { end: true });
    assert.match(JSON.stringify(ended.value), /Runtime.ExitError.*exit status 3/);

    const streaming = await bench.deploy(
      `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
         for (let i = 0; i < 30; i++) if (!stream.write(Buffer.alloc(65536))) await new Promise((go) => stream.once("drain", go));
         stream.end();
       });`,
      { layers },
    );
    const { body, completion } = await bench.executor.stream(streaming, invocation());
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.length;
    assert.deepEqual([bytes, (await completion).errorCode], [30 * 65_536, undefined]);
  });

  it("hear of an init that fails, in the runtime's own words", async () => {
    await using bench = await openBench();
    const layers = [await bench.store({ "extensions/recorder": RECORDER })];
    const fn = await bench.deploy("syntax error", { layers });
    const { value } = await bench.invoke(fn);
    assert.equal((value as { errorType: string }).errorType, "Runtime.UserCodeSyntaxError");
  });

  it("keep invocations that come at once apart", async () => {
    await using bench = await openBench();
    const layers = [await bench.store({ "extensions/recorder": RECORDER })];
    const fn = await bench.deploy("exports.handler = async (event) => event;", { layers });
    for (let i = 0; i < 5; i++) await bench.invoke(fn, i);
    const all = await Promise.all(
      Array.from({ length: 100 }, (_, i) => bench.executor.invoke(fn, invocation(i))),
    );
    assert.deepEqual(
      all.map((result) => told(result).value),
      Array.from({ length: 100 }, (_, i) => i),
    );
  });
});

describe("a wrapper", () => {
  it("starts the runtime's program, with an environment that it may change", async () => {
    await using bench = await openBench();
    const layers = [
      await bench.store({ wrap: '#!/bin/sh\nexport ADDED="by the wrapper"\nexec "$@"\n' }),
    ];
    const fn = await bench.deploy("exports.handler = async () => process.env.ADDED;", {
      layers,
      environment: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/wrap" },
    });
    assert.equal((await bench.invoke(fn)).value, "by the wrapper");
  });

  it("may run another program, while an extension asks for the invocations in its place", async () => {
    await using bench = await openBench();
    const adapter = program(`
      await register("adapter", []);
      void event();
      for (;;) {
        const got = await next();
        await respond(got.id, { adapted: got.json });
      }`);
    const layers = [
      await bench.store({
        "extensions/adapter": adapter,
        wrap: "#!/bin/sh\necho serving\nexec sleep 1000\n",
      }),
    ];
    const fn = await bench.deploy("", {
      layers,
      environment: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/wrap" },
    });
    assert.deepEqual((await bench.invoke(fn, 1)).value, { adapted: 1 });
    assert.deepEqual((await bench.invoke(fn, 2)).value, { adapted: 2 });
  });
});
