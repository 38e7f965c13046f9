import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { SCOPE, type TestFunctions, testFunctions } from "../../services/functions/fixture.ts";
import type { DirectCall, DirectCaller, DirectHead } from "./direct.ts";
import { createDirectUrlRoute } from "./direct-url.ts";

const PUBLIC = {
  statementId: "all",
  action: "lambda:InvokeFunctionUrl",
  principal: "*",
  functionUrlAuthType: "NONE",
};

/** What a caller was told: status, headers, body. */
type Told = [status: number, headers: Readonly<Record<string, string>>, body: string];

describe("the short way of a function URL", () => {
  let it: TestFunctions;
  let host: string;
  let defects: unknown[];

  beforeEach(async () => {
    it = testFunctions();
    defects = [];
    await it.deploy("f");
    await it.functions.policies.add(SCOPE, "f", undefined, PUBLIC);
    const { url } = await it.functions.urls.create(SCOPE, "f", undefined, { authType: "NONE" });
    host = `${url.id}.lambda-url.localhost:4566`;
    await it.functions.urlTarget(url.id);
  });

  function claim(head: Partial<DirectHead> = {}, headers: Record<string, string> = {}) {
    const all: Record<string, string> = { host, ...headers };
    return createDirectUrlRoute({
      functions: it.functions,
      onDefect: (error) => defects.push(error),
    })({
      method: "GET",
      target: "/here?a=b",
      httpVersion: "1.1",
      sourceIp: "::ffff:1.2.3.4",
      secure: false,
      rawHeaders: Object.entries(all).flat(),
      header: (name) => all[name],
      ...head,
    });
  }

  const serve = (call: DirectCall | undefined): Promise<Told> =>
    new Promise((resolve) => {
      const caller: DirectCaller = {
        gone: false,
        onGone() {},
        answer(status, flat, body) {
          if (flat.includes("x-bad")) throw new TypeError("no header");
          const names = flat.filter((_, at) => at % 2 === 0);
          const pairs = names.map((name, at) => [name, flat[2 * at + 1] ?? ""] as const);
          resolve([status, Object.fromEntries(pairs), Buffer.from(body).toString()]);
        },
      };
      (call ?? assert.fail("not claimed")).serve(Buffer.from("body"), caller);
    });

  const answering = (result: unknown) => {
    it.executor.handler = async () => ({ payload: Buffer.from(JSON.stringify(result)) });
  };

  test("gives the function the event of any other way", async () => {
    answering({
      statusCode: 201,
      headers: { "X-Own": "mine", "x-amzn-requestid": "no" },
      body: "b",
    });
    const [status, headers, body] = await serve(claim({ method: "POST" }, { "X-Mixed": "Case" }));
    const { payload, requestId } = it.executor.invocations[0]?.invocation ?? assert.fail();
    assert.deepEqual([status, headers["x-own"], body], [201, "mine", "b"]);
    assert.equal(headers["x-amzn-requestid"], requestId);
    const event = JSON.parse(Buffer.from(payload).toString());
    assert.deepEqual([event.rawPath, event.rawQueryString], ["/here", "a=b"]);
    assert.equal(event.headers["x-mixed"], "Case");
    assert.equal(event.requestContext.http.sourceIp, "1.2.3.4");
    assert.equal(Buffer.from(event.body, "base64").toString(), "body");
  });

  test("answers failures, and headers that are none, as a bad gateway", async () => {
    const bad = [502, "Internal Server Error"];
    for (const result of [{ statusCode: 99 }, { statusCode: 200, headers: { "x-bad": "y" } }]) {
      answering(result);
      const [status, , body] = await serve(claim());
      assert.deepEqual([status, body], bad);
    }
    it.executor.handler = async () => ({ functionError: "Unhandled" });
    const [status, , body] = await serve(claim());
    assert.deepEqual([status, body], bad);
    assert.deepEqual(defects, []);
  });

  test("a defect of ours is told, and not shown", async () => {
    it.executor.handler = async () => {
      throw new Error("inner");
    };
    const [status, , body] = await serve(claim());
    assert.deepEqual([status, body], [500, '{"Message":"Internal Server Error"}']);
    assert.deepEqual(defects.map(String), ["Error: inner"]);
  });

  test("leaves what is not plain to the other way", async () => {
    assert.notEqual(claim(), undefined);
    assert.equal(claim({ method: "OPTIONS" }), undefined);
    assert.equal(claim({ method: "HEAD" }), undefined);
    assert.equal(claim({}, { origin: "https://a.example" }), undefined);
    assert.equal(claim({}, { host: "localhost" }), undefined);
    assert.equal(claim({}, { host: `${"a".repeat(32)}.lambda-url.localhost` }), undefined);
    const { urls } = it.functions;
    await urls.update(SCOPE, "f", undefined, { invokeMode: "RESPONSE_STREAM" });
    await it.functions.urlTarget(host.slice(0, 32));
    assert.equal(claim(), undefined);
    await urls.update(SCOPE, "f", undefined, { invokeMode: "BUFFERED", authType: "AWS_IAM" });
    await it.functions.urlTarget(host.slice(0, 32));
    assert.equal(claim(), undefined);
  });

  test("a URL that is closed while the body comes is closed", async () => {
    const call = claim();
    await it.functions.policies.remove(SCOPE, "f", undefined, "all");
    await it.functions.urlTarget(host.slice(0, 32));
    assert.equal((await serve(call))[0], 403);
    assert.deepEqual(it.executor.invocations, []);
  });
});
