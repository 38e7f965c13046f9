import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { InvocationStream } from "../../../domain/invocation.ts";
import { type Bench, invocation, openBench, until } from "../../runtimes.fixture.ts";

const streaming = (body: string): string =>
  `exports.handler = awslambda.streamifyResponse(async (event, responseStream, context) => { ${body} });`;

const read = async ({ body }: InvocationStream): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
};

describe("a handler that streams its response", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  const stream = async (source: string, changes = {}): Promise<InvocationStream> =>
    bench.executor.stream(await bench.deploy(source, changes), invocation());

  it("reaches the caller while it is written", async () => {
    const response = await stream(
      streaming(`
        responseStream.setContentType("text/plain");
        responseStream.write("first ");
        await new Promise((resolve) => { globalThis.go = resolve; setTimeout(resolve, 50) });
        responseStream.write("second");
        responseStream.end();`),
    );
    assert.equal(response.contentType, "text/plain");
    const body = response.body[Symbol.asyncIterator]();
    assert.equal(Buffer.from((await body.next()).value ?? []).toString(), "first ");
    assert.equal(Buffer.from((await body.next()).value ?? []).toString(), "second");
    assert.equal((await body.next()).done, true);
    const { errorCode, report, logTail } = await response.completion;
    assert.equal(errorCode, undefined);
    assert.ok(report.durationMs >= 40);
    assert.match(Buffer.from(logTail).toString(), /^START .*\nEND .*\nREPORT .*\n$/);
  });

  it("has Lambda's prelude for a status, headers and cookies", async () => {
    const response = await stream(
      streaming(`
        const http = awslambda.HttpResponseStream.from(responseStream, {
          statusCode: 201, headers: { "x-a": "b" }, cookies: ["c=d"],
        });
        http.write("body");
        http.end();`),
    );
    assert.equal(response.contentType, "application/vnd.awslambda.http-integration-response");
    const bytes = await read(response);
    const end = bytes.indexOf(Buffer.alloc(8));
    assert.deepEqual(JSON.parse(bytes.subarray(0, end).toString()), {
      statusCode: 201,
      headers: { "x-a": "b" },
      cookies: ["c=d"],
    });
    assert.equal(bytes.subarray(end + 8).toString(), "body");
  });

  it("has its prelude even without a body", async () => {
    const response = await stream(
      streaming(`awslambda.HttpResponseStream.from(responseStream, { statusCode: 204 }).end();`),
    );
    assert.equal((await read(response)).toString(), `{"statusCode":204}${"\0".repeat(8)}`);
  });

  it("may be piped to, and sends what is no text or bytes as JSON", async () => {
    const response = await stream(
      streaming(`
        const { pipeline } = require("stream/promises");
        responseStream.write({ a: 1 });
        await pipeline(require("stream").Readable.from(["x", Buffer.from("y")]), responseStream);`),
    );
    assert.equal((await read(response)).toString(), '{"a":1}xy');
  });

  it("may be an ES module", async () => {
    const deployment = await bench.deploy({
      "index.mjs": `export const handler = awslambda.streamifyResponse(async (event, stream) => { stream.end("esm") })`,
    });
    const response = await bench.executor.stream(deployment, invocation());
    assert.equal((await read(response)).toString(), "esm");
    assert.equal(response.contentType, "application/octet-stream");
  });

  it("carries much more than its window, byte by byte", async () => {
    const response = await stream(
      streaming(`
        const { once } = require("events");
        for (let i = 0; i < 400; i++) {
          if (!responseStream.write(Buffer.alloc(50_000, i % 251))) await once(responseStream, "drain");
        }
        responseStream.end();`),
    );
    const bytes = await read(response);
    const expected = Buffer.concat(
      Array.from({ length: 400 }, (_, i) => Buffer.alloc(50_000, i % 251)),
    );
    assert.ok(bytes.equals(expected));
    assert.equal((await response.completion).errorCode, undefined);
  });

  it("is held back by a reader who does not read", async () => {
    const deployment = await bench.deploy(
      `
      let written = 0;
      exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        const { once } = require("events");
        for (let i = 0; i < 2000; i++) {
          if (!stream.write(Buffer.alloc(10_000))) await once(stream, "drain");
          written += 10_000;
          require("fs").writeFileSync(process.env.MARK, String(written));
        }
        stream.end();
      });`,
      { environment: { MARK: `${bench.directory}/written` } },
    );
    const response = await bench.executor.stream(deployment, invocation());
    const mark = `${bench.directory}/written`;
    const written = () => (existsSync(mark) ? Number(readFileSync(mark, "utf8")) : 0);

    let seen = -1;
    while (seen !== written()) {
      seen = written();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    assert.ok(seen < 2_000_000, `${seen} bytes were written with nobody reading`);
    assert.equal((await read(response)).length, 20_000_000);
  });

  it("goes on where its reader went away", async () => {
    const deployment = await bench.deploy(`
      exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        const { once } = require("events");
        for (let i = 0; i < 300; i++)
          if (!stream.write(Buffer.alloc(10_000))) await once(stream, "drain");
        stream.end();
        console.log("wrote it all");
      });`);
    const response = await bench.executor.stream(deployment, invocation());
    for await (const chunk of response.body) if (chunk.length > 0) break;
    const { logTail, errorCode } = await response.completion;
    assert.equal(errorCode, undefined);
    assert.match(Buffer.from(logTail).toString(), /wrote it all/);
  });

  it("is gathered for a caller who wants it at once", async () => {
    const deployment = await bench.deploy(
      streaming(`responseStream.write('{"a":'); responseStream.end("1}")`),
    );
    assert.deepEqual((await bench.invoke(deployment)).value, { a: 1 });
  });

  it("is too large for a caller who wants it at once, over 6 MB", async () => {
    const deployment = await bench.deploy(
      streaming(
        "for (let i = 0; i < 7; i++) responseStream.write(Buffer.alloc(1_000_000)); responseStream.end()",
      ),
    );
    const { failed, value } = await bench.invoke(deployment);
    assert.equal(failed, true);
    assert.equal((value as { errorType: string }).errorType, "Function.ResponseSizeTooLarge");
  });

  const failures: [string, string, string, string][] = [
    ["throws before it writes", "throw new RangeError('early')", "", "RangeError"],
    [
      "throws after it wrote",
      "responseStream.write('some'); throw new RangeError('late')",
      "some",
      "RangeError",
    ],
    ["never ends its stream", "responseStream.write('some')", "some", "Error"],
    [
      "exits",
      "responseStream.write('some'); await new Promise((r) => setTimeout(r, 20)); process.exit(1)",
      "some",
      "Runtime.ExitError",
    ],
  ];
  for (const [name, body, text, type] of failures) {
    it(`tells how it failed where it ${name}`, async () => {
      const response = await stream(streaming(body));
      assert.equal((await read(response)).toString(), text);
      const { errorCode, errorDetails } = await response.completion;
      assert.equal(errorCode, "Unhandled");
      assert.equal(JSON.parse(errorDetails ?? "{}").errorType, type);
    });
  }

  it("refuses a handler that is not async", async () => {
    const response = await stream("exports.handler = awslambda.streamifyResponse(() => {})");
    assert.equal((await read(response)).length, 0);
    const { errorDetails } = await response.completion;
    assert.equal(
      JSON.parse(errorDetails ?? "{}").errorMessage,
      "Streaming does not support non-async handlers.",
    );
  });

  it("refuses a content type after the first write", async () => {
    const response = await stream(
      streaming(
        "responseStream.write('x'); responseStream.setContentType('text/html'); responseStream.end()",
      ),
    );
    await read(response);
    const { errorDetails } = await response.completion;
    assert.equal(JSON.parse(errorDetails ?? "{}").errorType, "Runtime.InvalidStreamingOperation");
  });

  it("sends no content type that a header could not have", async () => {
    const response = await stream(
      streaming(
        "responseStream.setContentType('text/plain\\r\\nx-evil: 1'); responseStream.end('x')",
      ),
    );
    assert.equal(response.contentType, "text/plainx-evil: 1");
    await read(response);
  });

  it("gives a handler that does not stream as one piece", async () => {
    const response = await stream("exports.handler = async () => ({ a: 1 })");
    assert.equal(response.contentType, "application/json");
    assert.equal((await read(response)).toString(), '{"a":1}');
  });

  it("ends at its timeout", async () => {
    const response = await stream(
      streaming("responseStream.write('some'); await new Promise((r) => setTimeout(r, 9000))"),
      { timeoutSeconds: 1 },
    );
    assert.equal((await read(response)).toString(), "some");
    const { errorDetails } = await response.completion;
    assert.equal(JSON.parse(errorDetails ?? "{}").errorType, "Sandbox.Timedout");
  });

  it("leaves its instance ready for the next one", async () => {
    const deployment = await bench.deploy(
      streaming("responseStream.end(String((globalThis.n = (globalThis.n ?? 0) + 1)))"),
    );
    for (const n of ["1", "2", "3"]) {
      const response = await bench.executor.stream(deployment, invocation());
      assert.equal((await read(response)).toString(), n);
      await response.completion;
      await until(() => bench.executor.snapshot().deployments.every(({ busy }) => busy === 0));
    }
  });
});
