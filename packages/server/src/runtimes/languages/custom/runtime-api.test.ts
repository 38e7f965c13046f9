/** The Runtime API, by functions that bring their own runtime. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { invocation, openBench, told, until } from "../../runtimes.fixture.ts";
import { program, runtime } from "./custom.fixture.ts";

const CUSTOM = { runtime: "provided.al2023", handler: "any.thing" };

describe("the Runtime API", () => {
  it("hands out an invocation with all of its headers, and takes the response", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      { bootstrap: runtime("return { headers: got.headers, event, now: Date.now() };") },
      CUSTOM,
    );
    const requestId = "5d2d9a0c-1b1e-4b4f-9a0c-1b1e4b4f9a0c";
    const clientContext = JSON.stringify({ custom: { name: "Zoë 🌍" } });
    const { value } = await bench.invoke(fn, { a: 1 }, { requestId, clientContext });
    const { headers, event, now } = value as {
      headers: Record<string, string>;
      event: unknown;
      now: number;
    };
    assert.deepEqual(event, { a: 1 });
    assert.equal(headers["content-type"], "application/json");
    assert.equal(headers["lambda-runtime-aws-request-id"], requestId);
    assert.equal(
      headers["lambda-runtime-invoked-function-arn"],
      "arn:aws:lambda:us-east-1:000000000000:function:hello:live",
    );
    assert.match(headers["lambda-runtime-trace-id"] ?? "", /^Root=1-/);
    const left = Number(headers["lambda-runtime-deadline-ms"]) - now;
    assert.ok(left > 0 && left <= 10_000, `${left} ms are left`);
    const context = Buffer.from(headers["lambda-runtime-client-context"] ?? "", "latin1");
    assert.equal(context.toString(), clientContext);
  });

  it("does not touch the bytes of event and response", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: program(`for (;;) {
          const got = await next();
          await respond(got.id, null, { body: got.bytes });
        }`),
      },
      CUSTOM,
    );
    for (const payload of [Buffer.from(' {"a" :1e2}\n'), Buffer.from([0xff, 0])]) {
      const { payload: back } = await bench.executor.invoke(fn, invocation({}, { payload }));
      assert.deepEqual(Buffer.from(back), payload);
    }
    const none = { payload: Buffer.alloc(0) };
    const { payload } = await bench.executor.invoke(fn, invocation({}, none));
    assert.equal(Buffer.from(payload).toString(), "{}", "no payload is an empty object");
  });

  it("has a custom runtime's environment and working directory, without what is the platform's", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      { bootstrap: runtime("return { cwd: process.cwd(), env: process.env };") },
      { ...CUSTOM, environment: { MINE: "1", NODE_OPTIONS: "--no-warnings" } },
    );
    const { value } = await bench.invoke(fn);
    const { cwd, env } = value as { cwd: string; env: Record<string, string> };
    assert.equal(cwd, env["LAMBDA_TASK_ROOT"]);
    assert.match(env["AWS_LAMBDA_RUNTIME_API"] ?? "", /^127\.0\.0\.1:\d+$/);
    assert.match(env["PATH"] ?? "", /^\/usr\/local\/bin:\/usr\/bin\/:\/bin:.*\/bin$/);
    assert.deepEqual(
      ["_HANDLER", "AWS_EXECUTION_ENV", "LAMBDA_RUNTIME_DIR", "MINE", "_X_AMZN_TRACE_ID"].map(
        (name) => env[name],
      ),
      ["any.thing", "AWS_Lambda_provided.al2023", "/var/runtime", "1", undefined],
    );
  });

  it("forwards an error as it came", async () => {
    await using bench = await openBench();
    const error = { errorType: "Oops", errorMessage: "no", stackTrace: ["here"], more: 1 };
    const fn = await bench.deploy(
      {
        bootstrap: program(`for (;;) {
          const got = await next();
          await fail(got.id, ${JSON.stringify(error)});
        }`),
      },
      CUSTOM,
    );
    const { value, failed } = await bench.invoke(fn);
    assert.deepEqual([failed, value], [true, error]);
  });

  it("keeps the cause for X-Ray from the caller", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: program(`for (;;) {
          const got = await next();
          await call("POST", RUNTIME + "/invocation/" + got.id + "/error", {
            headers: { "Content-Type": "application/vnd.aws.lambda.error.cause+json" },
            body: got.json.broken ? "{" : JSON.stringify({ errorType: "E", errorMessage: "m", cause: { secret: 1 } }),
          });
        }`),
      },
      CUSTOM,
    );
    const { value } = await bench.invoke(fn);
    assert.deepEqual(value, { errorMessage: "m", errorType: "E" });
    assert.equal((await bench.invoke(fn, { broken: true })).value, "Invalid error body");
  });

  it("takes one answer to the invocation that runs, and no other", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: program(`let told = [];
          const brief = ({ status, json }) => [status, json];
          for (;;) {
            const got = await next();
            if (told.length > 0) { await respond(got.id, told); continue; }
            told.push(brief(await respond("no-such-id", 1)));
            told.push(brief(await respond(got.id, "first")));
            told.push(brief(await respond(got.id, "second")));
            told.push(brief(await fail(got.id, {})));
            told.push(brief(await call("POST", RUNTIME + "/init/error", { body: "{}" })));
            told.push([(await call("GET", RUNTIME + "/restore/next")).status]);
            told.push([(await call("GET", "/2018-06-01/elsewhere")).status]);
          }`),
      },
      CUSTOM,
    );
    assert.equal((await bench.invoke(fn)).value, "first");
    const state = (to: string) => ({
      errorMessage: `State transition from RuntimeResponseSentState to ${to} failed for runtime. Error: State transition is not allowed`,
      errorType: "InvalidStateTransition",
    });
    assert.deepEqual((await bench.invoke(fn)).value, [
      [400, { errorMessage: "Invalid request ID", errorType: "InvalidRequestID" }],
      [202, { status: "OK" }],
      [403, state("InvocationResponse")],
      [403, state("InvocationErrorResponse")],
      [403, state("InitError")],
      [404],
      [404],
    ]);
  });

  it("refuses a response that is too large, which fails its invocation alone", async () => {
    await using bench = await openBench({ limits: { responseBytes: 1_000 } });
    const fn = await bench.deploy(
      {
        bootstrap: program(`let last;
          for (;;) {
            const got = await next();
            last = await respond(got.id, got.json.large ? "x".repeat(200_000) : [last.status, last.json]);
          }`),
      },
      CUSTOM,
    );
    const { value, failed } = await bench.invoke(fn, { large: true });
    assert.deepEqual(
      [failed, value],
      [
        true,
        {
          errorType: "Function.ResponseSizeTooLarge",
          errorMessage: "Response payload size exceeded maximum allowed payload size (1000 bytes).",
        },
      ],
    );
    assert.deepEqual((await bench.invoke(fn)).value, [
      413,
      {
        errorMessage: "Exceeded maximum allowed payload size (1000 bytes).",
        errorType: "RequestEntityTooLarge",
      },
    ]);
  });

  it("gives an invocation again to a runtime whose connection broke before it had it", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: program(`
          const first = await next();
          const again = await next();
          await respond(again.id, [first.id === again.id, again.json]);
          await next();`),
      },
      CUSTOM,
    );
    assert.deepEqual((await bench.invoke(fn, "e")).value, [true, "e"]);
  });

  it("streams a response, with the content type of its runtime", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy({ bootstrap: streaming("text/x", "") }, CUSTOM);
    const stream = await bench.executor.stream(fn, invocation({ pieces: 40 }));
    assert.equal(stream.contentType, "text/x");
    let bytes = 0;
    for await (const chunk of stream.body) bytes += chunk.length;
    assert.equal(bytes, 40 * 65_536);
    assert.equal((await stream.completion).errorCode, undefined);
    // Whoever does not ask for a stream gets it whole.
    const whole = await bench.executor.invoke(fn, invocation({ pieces: 2 }));
    assert.equal(whole.payload.length, 2 * 65_536);
  });

  it("tells the error that a stream ends with", async () => {
    await using bench = await openBench();
    const error = { errorType: "Late", errorMessage: "broke" };
    const body = Buffer.from(JSON.stringify(error)).toString("base64");
    const trailers = `"Lambda-Runtime-Function-Error-Type": "Late", "Lambda-Runtime-Function-Error-Body": "${body}"`;
    const fn = await bench.deploy({ bootstrap: streaming("text/x", trailers) }, CUSTOM);
    const stream = await bench.executor.stream(fn, invocation({ pieces: 1 }));
    for await (const _ of stream.body);
    assert.equal((await stream.completion).errorDetails, JSON.stringify(error));
  });

  it("fails an invocation whose response was cut off", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: program(`
          const got = await next();
          await respond(got.id, 0, { before: (request) => {
            request.setHeader("Content-Length", 100);
            request.write("{", () => request.destroy());
          } }).catch(() => {});
          await next();`),
      },
      CUSTOM,
    );
    const { value, failed } = await bench.invoke(fn);
    assert.equal(failed, true);
    assert.equal((value as { errorType: string }).errorType, "Runtime.TruncatedResponse");
  });

  it("knows no response mode but streaming", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: program(`
          const got = await next();
          const headers = { "Lambda-Runtime-Function-Response-Mode": "slowly" };
          const { status, json } = await respond(got.id, 1, { headers });
          const second = await next();
          await respond(second.id, [status, json.errorType]);
          await next();`),
      },
      CUSTOM,
    );
    const { value } = await bench.invoke(fn);
    assert.equal((value as { errorType: string }).errorType, "Runtime.InvalidResponseModeHeader");
    assert.deepEqual((await bench.invoke(fn)).value, [400, "InvalidFunctionResponseMode"]);
  });

  it("runs what stands in line strictly one after another, each once", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: runtime(`
          if (globalThis.busy) process.exit(7);
          globalThis.busy = true;
          await new Promise(setImmediate);
          globalThis.busy = false;
          return event;`),
      },
      CUSTOM,
    );
    for (let i = 0; i < 5; i++) await bench.invoke(fn, i);
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, i) => bench.executor.invoke(fn, invocation(i))),
    );
    assert.deepEqual(
      all.map((result) => told(result).value),
      Array.from({ length: 200 }, (_, i) => i),
    );
  });

  it("logs what the programs write as lines of the invocation that runs, however they open it", async () => {
    await using bench = await openBench();
    const fn = await bench.deploy(
      {
        bootstrap: runtime(`
          const { execSync } = require("node:child_process");
          console.log("out " + event.n);
          console.error("err " + event.n);
          execSync("echo shell > /dev/stderr; printf unfinished", { stdio: ["ignore", "inherit", "inherit"] });
          return 1;`),
      },
      CUSTOM,
    );
    for (const n of [1, 2]) {
      const { log } = await bench.invoke(fn, { n });
      const lines = log.split("\n").slice(1, -2);
      assert.deepEqual(
        lines.filter((line) => !/^(END|REPORT)/.test(line)),
        [`out ${n}`, `err ${n}`, "shell", "unfinished"],
      );
    }
    await until(() => bench.lines.some(({ message }) => message.startsWith("REPORT")));
  });
});

/** Streams pieces of 64 KB, and ends with these trailers. */
function streaming(contentType: string, trailers: string): string {
  return program(`
    for (;;) {
      const got = await next();
      await respond(got.id, 0, { before: async (request) => {
        request.setHeader("Lambda-Runtime-Function-Response-Mode", "streaming");
        request.setHeader("Content-Type", "${contentType}");
        request.setHeader("Trailer", "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body");
        for (let i = 0; i < got.json.pieces; i++)
          if (!request.write(Buffer.alloc(65536, 97))) await new Promise((go) => request.once("drain", go));
        request.addTrailers({ ${trailers} });
        request.end();
      } });
    }`);
}
