/** Function URLs over plain HTTP, against a platform in a process of its own. */
import assert from "node:assert/strict";
import { type IncomingHttpHeaders, request } from "node:http";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import {
  CreateFunctionUrlConfigCommand,
  type CreateFunctionUrlConfigCommandInput,
  DeleteFunctionUrlConfigCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { deploy as deployFunction, letEverybodyCall } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** How the body came. */
  readonly chunks: readonly string[];
  /** Whether the connection broke before the body ended. */
  readonly cut: boolean;
}

describe("function URLs", () => {
  let platform: TestPlatform;
  let lambda: LambdaClient;
  let names = 0;

  before(async () => {
    platform = await startPlatform();
    lambda = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
  });
  after(async () => {
    lambda.destroy();
    await platform.stop();
  });

  /** A function with a URL that everybody may call; answers the URL's host and the path that leads there too. */
  async function deploy(
    code: string,
    config: Partial<CreateFunctionUrlConfigCommandInput> = {},
    open = true,
  ) {
    names += 1;
    const FunctionName = `url-${names}`;
    await deployFunction(lambda, FunctionName, { "index.mjs": code });
    const { FunctionUrl = "" } = await lambda.send(
      new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE", ...config }),
    );
    if (open) await letEverybodyCall(lambda, FunctionName);
    const { host, hostname } = new URL(FunctionUrl);
    return { FunctionName, host, path: `/_url/${hostname.split(".")[0]}` };
  }

  function call(
    path: string,
    options: {
      readonly method?: string;
      readonly headers?: Record<string, string>;
      readonly body?: string | Buffer;
    } = {},
  ): Promise<Response> {
    const { method = "GET", headers = {}, body } = options;
    return new Promise((resolve, reject) => {
      const outgoing = request(platform.origin, { method, path, headers }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        const done = (cut: boolean) =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks),
            chunks: chunks.map(String),
            cut,
          });
        incoming.once("end", () => done(false));
        incoming.once("error", () => done(true));
      });
      outgoing.once("error", reject);
      outgoing.end(body);
    });
  }

  const ECHO = "export const handler = async (event) => event;";

  test("the host of the URL and the path without DNS lead to the same function", async () => {
    const { host, path } = await deploy("export const handler = async (event) => event.rawPath;");
    assert.match(host, /^[a-z0-9]{32}\.lambda-url\.localhost:\d+$/);
    assert.equal((await call("/a/b?c=d", { headers: { host } })).body.toString(), "/a/b");
    assert.equal((await call(`${path}/a/b?c=d`)).body.toString(), "/a/b");
    assert.equal((await call(path)).body.toString(), "/");
    const elsewhere = host.replace(/localhost.*/, "us-east-1.on.aws");
    assert.equal((await call("/x", { headers: { host: elsewhere } })).body.toString(), "/x");
  });

  test("the event is of payload format 2.0", async () => {
    const { host } = await deploy(ECHO);
    const { body, headers } = await call("/p%20q/?a=1&a=2&b=%2F&c", {
      method: "POST",
      headers: { host, "X-Mixed": "Case", cookie: "k=v; l=w", "content-type": "application/json" },
      body: '{"x":1}',
    });
    const event = JSON.parse(body.toString());
    const { requestContext, headers: seen, ...rest } = event;
    assert.deepEqual(rest, {
      version: "2.0",
      routeKey: "$default",
      rawPath: "/p%20q/",
      rawQueryString: "a=1&a=2&b=%2F&c",
      cookies: ["k=v", "l=w"],
      queryStringParameters: { a: "1,2", b: "/", c: "" },
      body: '{"x":1}',
      isBase64Encoded: false,
    });
    assert.equal(seen["x-mixed"], "Case");
    assert.equal(seen["x-forwarded-for"], "127.0.0.1");
    assert.equal("connection" in seen, false);
    const { time, timeEpoch, requestId, http, ...context } = requestContext;
    assert.deepEqual(context, {
      accountId: "anonymous",
      apiId: host.slice(0, 32),
      domainName: host,
      domainPrefix: host.slice(0, 32),
      routeKey: "$default",
      stage: "$default",
    });
    assert.deepEqual(http, {
      method: "POST",
      path: "/p%20q/",
      protocol: "HTTP/1.1",
      sourceIp: "127.0.0.1",
      userAgent: "",
    });
    assert.match(time, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
    assert.ok(Math.abs(Date.now() - timeEpoch) < 60_000);
    assert.equal(headers["x-amzn-requestid"], requestId);
  });

  test("bodies that are no text come in base64, and none at all is absent", async () => {
    const { path } = await deploy(
      "export const handler = async ({ body, isBase64Encoded }) => ({ body: body ?? null, isBase64Encoded });",
    );
    const sent = async (type: string | undefined, body?: Buffer) => {
      const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
      const { body: answer } = await call(path, { method: "POST", headers, ...(body && { body }) });
      const { body: seen, isBase64Encoded } = JSON.parse(answer.toString());
      return [seen, isBase64Encoded];
    };
    const bytes = Buffer.from([0, 255, 1]);
    assert.deepEqual(await sent("text/plain", Buffer.from("täxt")), ["täxt", false]);
    assert.deepEqual(await sent("application/vnd.api+json", Buffer.from("{}")), ["{}", false]);
    assert.deepEqual(await sent("application/octet-stream", bytes), ["AP8B", true]);
    assert.deepEqual(await sent("text/plain", bytes), ["AP8B", true]);
    assert.deepEqual(await sent(undefined, Buffer.from("a")), ["YQ==", true]);
    assert.deepEqual(await sent("text/plain"), [null, false]);
  });

  test("a result with a statusCode is the response", async () => {
    const { path } = await deploy(`export const handler = async () => ({
      statusCode: 201, headers: { "X-Own": "mine", "Content-Type": "image/gif", "Content-Length": "1" },
      cookies: ["a=1; Path=/", "b=2"], body: "R0lG", isBase64Encoded: true });`);
    const { status, headers, body } = await call(path);
    assert.deepEqual([status, body.toString()], [201, "GIF"]);
    assert.deepEqual(
      [headers["x-own"], headers["content-type"], headers["set-cookie"], headers["content-length"]],
      ["mine", "image/gif", ["a=1; Path=/", "b=2"], "3"],
    );
    const head = await call(path, { method: "HEAD" });
    assert.deepEqual([head.status, head.body.length], [201, 0]);
  });

  test("either front end, and either way to the URL, gives the same answer", async () => {
    const { host, path } = await deploy(
      "export const handler = async ({ body }) => JSON.parse(body);",
    );
    const results: unknown[] = [
      { statusCode: 204, headers: { "X-A": "b" } },
      { statusCode: 304, body: "not sent" },
      { statusCode: 200, cookies: ["a=1", "b=2"], headers: { "X-\u00e9": "1" }, body: "bad name" },
      { statusCode: 200, headers: { "X-A": "a\r\nb: c" }, body: "bad value" },
      { statusCode: 418, cookies: ["a=1", "b=2"], headers: { "X-A": "\u00e9" }, body: "t\u00e9a" },
      { statusCode: 200, body: "x".repeat(100_000) },
      { plain: "object" },
    ];
    await call("/", { method: "POST", headers: { host }, body: "{}" }); // then it is in memory
    for (const result of results) {
      const body = JSON.stringify(result);
      const answers = [];
      // A connection of its own each: one that Node.js serves stays there.
      for (const [target, named] of [
        [`${path}/`, "localhost"],
        ["/", host],
      ] as const) {
        const headers = { host: named, connection: "close" };
        const answer = await call(target, { method: "POST", headers, body });
        const {
          date: _,
          "x-amzn-requestid": id,
          "x-amzn-trace-id": trace,
          ...seen
        } = answer.headers;
        assert.ok(id && trace);
        answers.push([answer.status, seen, answer.body.toString()]);
      }
      assert.deepEqual(answers[1], answers[0]);
    }
  });

  test("a function that fails, or answers what is no response, is a bad gateway", async () => {
    for (const code of [
      "export const handler = async () => { throw new Error('no'); };",
      "export const handler = async () => ({ statusCode: 'teapot' });",
      "export const handler = async () => ({ statusCode: 200, headers: { 'bad name': 'x' } });",
      "export const handler = async () => ({ statusCode: 200, headers: { ok: 'a\\r\\nb: c' } });",
    ]) {
      const { path } = await deploy(code);
      const { status, body } = await call(path);
      assert.deepEqual([status, body.toString()], [502, "Internal Server Error"], code);
    }
  });

  test("a URL is public only with a statement that says so", async () => {
    const { path } = await deploy(ECHO, {}, false);
    const { status, headers, body } = await call(path);
    assert.deepEqual([status, headers["x-amzn-errortype"]], [403, "AccessDeniedException"]);
    assert.match(JSON.parse(body.toString()).Message, /^Forbidden\. For troubleshooting/);
  });

  test("with AWS_IAM, requests are signed", async () => {
    const { path } = await deploy(ECHO, { AuthType: "AWS_IAM" });
    assert.equal((await call(path)).status, 403);
    const authorization =
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00";
    const { status, body } = await call(path, { headers: { authorization } });
    assert.equal(status, 200);
    const { accountId, authorizer } = JSON.parse(body.toString()).requestContext;
    assert.deepEqual([accountId, authorizer.iam.accessKey], ["000000000000", "AKIDEXAMPLE"]);
  });

  test("nobody's URL is forbidden as AWS forbids it", async () => {
    const id = "0123456789abcdefghijklmnopqrstuv";
    for (const response of [
      await call(`/_url/${id}/`),
      await call("/", { headers: { host: `${id}.lambda-url.us-east-1.on.aws` } }),
    ]) {
      assert.deepEqual([response.status, response.body.toString()], [403, '{"Message":null}']);
      assert.equal(response.headers["x-amzn-errortype"], "AccessDeniedException");
    }
    const { path, FunctionName } = await deploy(ECHO);
    assert.equal((await call(path)).status, 200);
    await lambda.send(new DeleteFunctionUrlConfigCommand({ FunctionName }));
    assert.equal((await call(path)).status, 403);
  });

  test("browsers are told which origins may call", async () => {
    const { path } = await deploy(ECHO, {
      Cors: { AllowOrigins: ["https://app.example"], AllowMethods: ["PUT"], AllowHeaders: ["x-a"] },
    });
    const asked = { origin: "https://app.example", "access-control-request-method": "PUT" };
    const preflight = await call(path, { method: "OPTIONS", headers: asked });
    assert.equal(preflight.status, 200);
    assert.equal(preflight.headers["access-control-allow-origin"], "https://app.example");
    assert.equal(preflight.headers["access-control-allow-methods"], "PUT");
    const other = await call(path, {
      method: "OPTIONS",
      headers: { ...asked, origin: "https://evil.example" },
    });
    assert.equal(other.headers["access-control-allow-origin"], undefined);
    const answer = await call(path, { headers: { origin: "https://app.example" } });
    assert.equal(answer.headers["access-control-allow-origin"], "https://app.example");
  });

  test("six megabytes go in, and not a byte more", async () => {
    const { path } = await deploy("export const handler = async ({ body }) => body.length;");
    const headers = { "content-type": "text/plain" };
    const large = await call(path, { method: "POST", headers, body: Buffer.alloc(6_291_457, "x") });
    assert.equal(large.status, 413);
    const { body } = await call(path, {
      method: "POST",
      headers,
      body: Buffer.alloc(6_000_000, "x"),
    });
    assert.equal(body.toString(), "6000000");
  });

  test("whatever a client says of host and signature, the platform answers", async () => {
    const { path } = await deploy(ECHO);
    for (const host of ["a b", "[", "%", "localhost:99999"])
      assert.ok([200, 400].includes((await call(path, { headers: { host } })).status), host);
    const signed = await deploy(ECHO, { AuthType: "AWS_IAM" });
    assert.equal((await call(`${signed.path}/?X-Amz-Algorithm=%ff`)).status, 403);
    assert.equal(
      (await call(signed.path, { headers: { authorization: "AWS4-HMAC-SHA256" } })).status,
      403,
    );
  });

  const STREAM = { InvokeMode: "RESPONSE_STREAM" } as const;
  const streams = (body: string) =>
    `export const handler = awslambda.streamifyResponse(async (event, stream) => { ${body} });`;

  test("a stream reaches the caller as it is written", async () => {
    const { path } = await deploy(
      streams(`
        stream.setContentType("text/plain");
        stream.write("one");
        await new Promise((resolve) => setTimeout(resolve, 100));
        stream.write("two"); stream.end();`),
      STREAM,
    );
    const { status, headers, chunks } = await call(path);
    assert.deepEqual(
      [status, headers["content-type"], chunks],
      [200, "text/plain", ["one", "two"]],
    );
  });

  test("a stream that cannot be an answer does not hold its instance", async () => {
    const { FunctionName, path } = await deploy(
      streams(`
        if (event.rawQueryString === "") return void stream.end("fine");
        stream.setContentType("application/vnd.awslambda.http-integration-response");
        stream.write('{"statusCode":7}' + String.fromCharCode(0).repeat(8));
        stream.write(Buffer.alloc(5_000_000)); stream.end();`),
      STREAM,
    );
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 60 }));
    await lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 1 }),
    );
    assert.equal((await call(`${path}?bad`)).status, 502);
    for (let tries = 0; tries < 100; tries++) {
      const { status } = await call(path);
      if (status === 200) return;
      assert.equal(status, 429);
      await setTimeout(50);
    }
    assert.fail("the stream that nobody reads still runs");
  });

  test("a prelude sets status, headers and cookies of a stream", async () => {
    const { path } = await deploy(
      streams(`
        stream = awslambda.HttpResponseStream.from(stream, {
          statusCode: 203, headers: { "X-Own": "mine", "content-type": "text/html" }, cookies: ["a=1"] });
        stream.write("<p>"); stream.end();`),
      STREAM,
    );
    const { status, headers, body } = await call(path);
    assert.deepEqual([status, body.toString()], [203, "<p>"]);
    assert.deepEqual(
      [headers["x-own"], headers["content-type"], headers["set-cookie"]],
      ["mine", "text/html", ["a=1"]],
    );
  });

  test("a stream that fails before its first byte is a bad gateway, and a broken one does not look whole", async () => {
    const early = await deploy(streams("throw new Error('no');"), STREAM);
    assert.equal((await call(early.path)).status, 502);
    const late = await deploy(
      streams(
        "stream.write('half'); await new Promise((r) => setTimeout(r, 100)); throw new Error('no');",
      ),
      STREAM,
    );
    const { status, cut } = await call(late.path);
    assert.deepEqual([status, cut], [200, true]);
  });

  test("four megabytes stream through whole", async () => {
    const { path } = await deploy(
      streams(`
        for (let n = 0; n < 64; n += 1)
          if (!stream.write(Buffer.alloc(65536, "x"))) await new Promise((resolve) => stream.once("drain", resolve));
        stream.end();`),
      STREAM,
    );
    const { body, cut } = await call(path);
    assert.deepEqual([body.length, cut], [64 * 65_536, false]);
  });
});
