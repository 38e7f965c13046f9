/** HTTP at its edges: heads that are none, methods and operations that nobody knows, hosts of strangers. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { zipOf } from "../zip.ts";
import {
  openTarget,
  type RawAnswer,
  type RawRequest,
  requestBytes,
  SOUND,
  sendRaw,
  signature,
  type Target,
  xmlError,
} from "./bad-input.ts";

const LIST = "/2015-03-31/functions";
const INVOKE = `${LIST}/echo/invocations`;

/** Heads that are no HTTP, or one that may be read in two ways: refused before anybody looks at what they ask. */
const NO_HTTP: Readonly<Record<string, Uint8Array>> = {
  "bytes of TLS": Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
  NULs: Buffer.from("\0\0\0\0\r\n\r\n"),
  "a method that is none": requestBytes({ method: "BREW", target: LIST }),
  "a method in lower case": requestBytes({ method: "get", target: LIST }),
  "a target that is none": requestBytes({ target: "nonsense" }),
  "a space in the target": requestBytes({ target: "/a b" }),
  "bytes beyond ASCII in the target": requestBytes({ target: "/\xff" }),
  "a version that is none": requestBytes({ target: LIST, version: "HTTP/1.9" }),
  "a header without a colon": requestBytes({ target: LIST, headers: ["Nonsense"] }),
  "a space before the colon": requestBytes({ target: LIST, headers: ["X-A : b"] }),
  "a folded header": requestBytes({ target: LIST, headers: ["X-A: b\r\n c"] }),
  "a NUL in a header": requestBytes({ target: LIST, headers: ["X-A: b\0c"] }),
  "a bare CR in a header": requestBytes({ target: LIST, headers: ["X-A: b\rc"] }),
  "no host": Buffer.from(`GET ${LIST} HTTP/1.1\r\nConnection: close\r\n\r\n`),
  "two hosts": requestBytes({ target: LIST, headers: ["Host: a", "Host: b"] }),
  "a host with a space": requestBytes({ target: LIST, headers: ["Host: a b"] }),
  "a host of colons": requestBytes({ target: LIST, headers: ["Host: :::"] }),
  "a host with a path": requestBytes({ target: LIST, headers: ["Host: a/b"] }),
  "a host with a user": requestBytes({ target: LIST, headers: ["Host: a@b"] }),
  "a port past all ports": requestBytes({ target: LIST, headers: ["Host: a:99999"] }),
  "an absolute target without a host": requestBytes({ target: "http:///x" }),
};

const long = (length: number) => "a".repeat(length);

/** Requests for services and operations that there are not, and what each protocol says. */
const UNKNOWN: readonly (readonly [
  request: RawRequest,
  status: number,
  code: string,
  message?: string,
])[] = [
  [{ target: "/2015-03-31/nothing", service: "lambda" }, 404, "UnknownOperationException"],
  [{ target: INVOKE, service: "lambda" }, 404, "UnknownOperationException"],
  [{ method: "PATCH", target: LIST, service: "lambda" }, 404, "UnknownOperationException"],
  [{ method: "TRACE", target: LIST, service: "lambda" }, 404, "UnknownOperationException"],
  [{ method: "OPTIONS", target: "*", service: "lambda" }, 404, "UnknownOperationException"],
  [{ target: `${LIST}/f/../g`, service: "lambda" }, 404, "UnknownOperationException"],
  [{ target: "//2015-03-31/functions", service: "lambda" }, 404, "UnknownOperationException"],
  [
    target("dynamodb", "DynamoDB_20120810.Nothing"),
    400,
    "com.amazonaws.dynamodb.v20120810#UnknownOperationException",
  ],
  [
    target("dynamodb", "DynamoDB_20120810.__proto__"),
    400,
    "com.amazonaws.dynamodb.v20120810#UnknownOperationException",
  ],
  [target("events", "AWSEvents.Nothing"), 400, "UnknownOperationException"],
  [target("events", "AWSEvents.constructor"), 400, "UnknownOperationException"],
  [target("events", ""), 400, "UnknownOperationException"],
  [
    target("events", "AWSEvents.ListPartnerEventSources"),
    501,
    "NotImplemented",
    "Yunque does not implement events ListPartnerEventSources yet",
  ],
  [
    form("sns", "Action=Nothing&Version=2010-03-31"),
    400,
    "InvalidAction",
    "Could not find operation Nothing for version 2010-03-31",
  ],
  [form("sns", "Action=__proto__&Version=2010-03-31"), 400, "InvalidAction"],
  [form("sns", "Version=2010-03-31"), 400, "MissingAction"],
  [
    form("sns", "Action=ListOriginationNumbers&Version=2010-03-31"),
    501,
    "NotImplemented",
    "Yunque does not implement sns ListOriginationNumbers yet",
  ],
  [form(undefined, "Action=Nothing&Version=2011-06-15"), 400, "InvalidAction"],
  [{ target: "/", service: "ec2" }, 501, "NotImplemented", "Yunque does not serve ec2"],
  [{ target: "/", service: "__proto__" }, 501, "NotImplemented", "Yunque does not serve __proto__"],
  [
    { target: "/", service: "constructor" },
    501,
    "NotImplemented",
    "Yunque does not serve constructor",
  ],
  [{ target: "/", headers: [signature("lambda", "NO_REGION")] }, 404, "UnknownOperationException"],
  [
    { target: LIST, headers: [signature("lambda", "../..")] },
    403,
    "SignatureDoesNotMatch",
    "Credential should be scoped to a valid region.",
  ],
  [{ target: LIST, headers: [signature("lambda", long(100))] }, 403, "SignatureDoesNotMatch"],
];

/** What is not UTF-8, wherever it may stand. */
const NO_TEXT: readonly (readonly [request: RawRequest, code: string])[] = [
  [{ target: `${LIST}/%ff`, service: "lambda" }, "SerializationException"],
  [{ target: `${LIST}/%e5%87`, service: "lambda" }, "SerializationException"],
  [{ target: `${LIST}/%zz`, service: "lambda" }, "SerializationException"],
  [{ target: `${LIST}/%`, service: "lambda" }, "SerializationException"],
  [{ target: `${LIST}?Marker=%ff`, service: "lambda" }, "SerializationException"],
  [{ target: `${LIST}?%zz=1`, service: "lambda" }, "SerializationException"],
  [form("sns", Buffer.from("Action=\xff", "latin1")), "MalformedInput"],
  [form("sns", "Action=%ff"), "MalformedInput"],
  [form(undefined, Buffer.from([0xff])), "MalformedInput"],
];

/** Stands for the header with the platform's token. */
const TOKEN = "Authorization: Bearer TOKEN";

/** Whoever does not hold the token, or asks for what is not there, learns nothing of the admin API. */
const ADMIN: readonly (readonly [
  target: string,
  headers: readonly string[],
  status: number,
  code: string,
])[] = [
  ["/_yunque/health", ["Host: evil.example"], 403, "ForeignHost"],
  ["/_yunque/health", ["Host: localhost.evil.example"], 403, "ForeignHost"],
  ["/_yunque/health", ["Host: 127.0.0.1.evil.example"], 403, "ForeignHost"],
  ["http://evil.example/_yunque/health", ["Host: localhost"], 403, "ForeignHost"],
  ["/_yunque/health", ["Origin: http://evil.example"], 403, "ForeignOrigin"],
  ["/_yunque/health", ["Origin: null"], 403, "ForeignOrigin"],
  ["/_yunque/health", ["Sec-Fetch-Site: cross-site"], 403, "ForeignOrigin"],
  ["/_yunque/health", ["Origin: http://evil.example", TOKEN], 403, "ForeignOrigin"],
  ["/_yunque/config", ["X-Forwarded-For: 127.0.0.1"], 401, "Unauthorized"],
  ["/_yunque/config", ["Host: localhost"], 401, "Unauthorized"],
  ["/_yunque/health/../config", [], 401, "Unauthorized"],
  ["/_yunque/functions/echo/logs", [], 401, "Unauthorized"],
  ["/_yunque/nothing", [], 401, "Unauthorized"],
  ["/_yunque/health", ["Authorization: Bearer guess"], 401, "Unauthorized"],
  ["/_yunque/health?__proto__=1", [], 400, "BadQuery"],
  ["/_yunque/../etc/passwd", [TOKEN], 404, "NoSuchPath"],
  ["/_yunque/functions/%ff/logs", [TOKEN], 400, "BadPath"],
  ["/_yunque/functions/%2e%2e%2f%2e%2e/logs", [TOKEN], 404, "NoSuchFunction"],
  ["/_yunque/functions/a%00b/logs", [TOKEN], 404, "NoSuchFunction"],
  ["/_yunque/functions/__proto__/logs", [TOKEN], 404, "NoSuchFunction"],
  [`/_yunque/functions/${long(5000)}/logs`, [TOKEN], 404, "NoSuchFunction"],
  ["/_yunque/functions/echo/logs?limit=-1", [TOKEN], 400, "BadQuery"],
  ["/_yunque/services/__proto__", [TOKEN], 404, "NoSuchService"],
];

function target(service: string, name: string): RawRequest {
  const headers = [`X-Amz-Target: ${name}`, "Content-Type: application/x-amz-json-1.1"];
  return { method: "POST", target: "/", service, headers, body: "{}" };
}

function form(service: string | undefined, body: string | Uint8Array): RawRequest {
  const headers = ["Content-Type: application/x-www-form-urlencoded"];
  return { method: "POST", target: "/", headers, body, ...(service && { service }) };
}

/** Code and message, wherever the protocol puts them. */
function refusal(answer: RawAnswer): [code: string | undefined, message: string] {
  const type = answer.headers["content-type"] ?? "";
  if (type.endsWith("/xml")) return xmlError(answer);
  const { __type, message } = JSON.parse(answer.body);
  return [__type ?? answer.headers["x-amzn-errortype"], message];
}

describe("HTTP that is refused", () => {
  let it: Target;
  let urlId: string;

  before(async () => {
    it = await openTarget();
    const { lambda } = it;
    const ZipFile = await zipOf({ "index.mjs": "export const handler = async (event) => event;" });
    await lambda.send(
      new CreateFunctionCommand({ FunctionName: "echo", ...SOUND, Code: { ZipFile } }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 20 }, { FunctionName: "echo" });
    const { FunctionUrl = "" } = await lambda.send(
      new CreateFunctionUrlConfigCommand({ FunctionName: "echo", AuthType: "NONE" }),
    );
    urlId = new URL(FunctionUrl).hostname.split(".")[0] ?? "";
    const Action = "lambda:InvokeFunctionUrl";
    await lambda.send(
      new AddPermissionCommand({
        FunctionName: "echo",
        StatementId: "all",
        Action,
        Principal: "*",
        FunctionUrlAuthType: "NONE",
      }),
    );
    await it.settle();
  });
  after(() => it[Symbol.asyncDispose]());

  for (const [what, bytes] of Object.entries(NO_HTTP))
    test(`${what}: a bad request`, async () => {
      const [answer] = await sendRaw(it.platform.origin, bytes);
      assert.equal(answer?.status, 400);
    });

  test("a head of 40 KB, in one header or in thousands, is too large", async () => {
    const many = Array.from({ length: 4000 }, (_, n) => `X-${n}: 1`);
    for (const headers of [[`X-A: ${long(40_000)}`], many])
      assert.equal((await it.raw({ target: LIST, headers })).status, 431);
    assert.equal((await it.raw({ target: `/${long(40_000)}` })).status, 431);
  });

  test("an expectation that is none fails", async () => {
    assert.equal((await it.raw({ target: LIST, headers: ["Expect: the-unexpected"] })).status, 417);
  });

  test("CONNECT opens nothing", async () => {
    const bytes = requestBytes({ method: "CONNECT", target: "127.0.0.1:22" });
    assert.deepEqual(await sendRaw(it.platform.origin, bytes), []);
  });

  test("an upgrade that nobody offers is no upgrade", async () => {
    const headers = ["Connection: Upgrade, close", "Upgrade: websocket"];
    assert.equal((await it.raw({ target: LIST, service: "lambda", headers })).status, 200);
  });

  test("headers that are sent twice, and those that objects have of themselves", async () => {
    const headers = [
      "__proto__: x",
      "constructor: y",
      "X-Amz-Target: a",
      "X-Amz-Target: b",
      signature("lambda"),
      signature("s3"),
    ];
    assert.equal((await it.raw({ target: LIST, headers })).status, 200);
  });

  for (const [request, status, code, message] of UNKNOWN)
    test(`${request.method ?? "GET"} ${request.target} ${request.headers?.[0] ?? ""} ${String(request.body ?? "").slice(0, 40)}: ${code}`, async () => {
      const answer = await it.raw(request);
      const [found, text] = refusal(answer);
      assert.deepEqual([answer.status, found], [status, code]);
      if (message !== undefined) assert.equal(text, message);
    });

  test("CBOR says in CBOR what it does not know", async () => {
    const headers = ["Smithy-Protocol: rpc-v2-cbor", "Content-Type: application/cbor"];
    for (const path of ["operation/Nothing", "operation/__proto__", ""]) {
      const answer = await it.raw({
        method: "POST",
        target: `/service/GraniteServiceVersion20100801/${path}`,
        service: "monitoring",
        headers,
        body: Buffer.from([0xa0]),
      });
      assert.deepEqual([answer.status, answer.headers["content-type"]], [404, "application/cbor"]);
      assert.match(answer.body, /UnknownOperationException/);
    }
  });

  test("the answer to a HEAD has no body, not even of an error", async () => {
    const { status, body } = await it.raw({ method: "HEAD", target: LIST, service: "lambda" });
    assert.deepEqual([status, body], [404, ""]);
  });

  for (const [request, code] of NO_TEXT)
    test(`not UTF-8: ${request.target} ${String(request.body ?? "")}`, async () => {
      const answer = await it.raw(request);
      assert.deepEqual([answer.status, refusal(answer)[0]], [400, code]);
    });

  test("numbers and markers of a list are those that it takes", async () => {
    for (const [query, code] of [
      ["MaxItems=abc", "SerializationException"],
      ["MaxItems=0", "ValidationException"],
      ["MaxItems=10001", "ValidationException"],
      ["MaxItems=99999999999", "SerializationException"],
      ["Marker=stranger", "InvalidParameterValueException"],
      ["FunctionVersion=SOME", "ValidationException"],
    ] as const) {
      const answer = await it.raw({ target: `${LIST}?${query}`, service: "lambda" });
      assert.deepEqual([answer.status, answer.headers["x-amzn-errortype"]], [400, code], query);
    }
  });

  test("HTTP/1.0 and absolute targets are served", async () => {
    const old = `POST ${INVOKE} HTTP/1.0\r\n${signature("lambda")}\r\nContent-Length: 2\r\n\r\n{}`;
    const [first] = await sendRaw(it.platform.origin, Buffer.from(old));
    assert.deepEqual([first?.status, first?.body], [200, "{}"]);
    const absolute = {
      method: "POST",
      target: `http://127.0.0.1:1${INVOKE}`,
      service: "lambda",
      body: "{}",
    };
    assert.equal((await it.raw(absolute)).body, "{}");
  });

  test("200 requests in one go are answered in their order, good and bad ones", async () => {
    const bodies = Array.from({ length: 200 }, (_, n) => (n % 3 === 2 ? `no ${n}` : String(n)));
    const requests = bodies.map((body, n) =>
      requestBytes({
        method: "POST",
        target: INVOKE,
        service: "lambda",
        body,
        headers: n < bodies.length - 1 ? ["Connection: keep-alive"] : [],
      }),
    );
    const answers = await sendRaw(it.platform.origin, Buffer.concat(requests));
    const told = answers.map(({ status, body }) => (status === 200 ? body : status));
    assert.deepEqual(
      told,
      bodies.map((body) => (body.startsWith("no") ? 400 : body)),
    );
  });

  for (const [path, headers, status, code] of ADMIN)
    test(`admin API: ${path.slice(0, 50)} ${headers.join()}: ${code}`, async () => {
      const token = await readFile(join(it.platform.dataDir, "admin-token"), "latin1");
      const shown = headers.map((each) =>
        each === TOKEN ? `Authorization: Bearer ${token.trim()}` : each,
      );
      const answer = await it.raw({ target: path, headers: shown });
      assert.deepEqual([answer.status, JSON.parse(answer.body).error.code], [status, code]);
    });

  test("the admin API only reads", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
      assert.equal(
        (await it.raw({ method, target: "/_yunque/health", body: long(100_000) })).status,
        405,
      );
  });

  test("a function URL's host is the URL's, whatever else a client says", async () => {
    const own = `${urlId}.lambda-url.localhost`;
    for (const request of [
      { target: `/a?b`, headers: [`Host: ${own}`] },
      { target: `/a?b`, headers: [`Host: ${own.toUpperCase()}`] },
      { target: `http://${own}/a?b`, headers: ["Host: evil.example"] },
      { target: `/_url/${urlId}/a?b`, headers: ["Host:"] },
      { target: `/_url/${urlId}/a?b`, headers: [], version: "HTTP/1.0" },
    ]) {
      const { status, body } = await it.raw(request);
      assert.equal(status, 200, body);
      const { rawPath, rawQueryString, requestContext } = JSON.parse(body);
      assert.deepEqual([rawPath, rawQueryString, requestContext.domainPrefix], ["/a", "b", urlId]);
    }
  });

  test("function URLs take any bytes for an event, and no more than 6 MB of them", async () => {
    const of = (request: Partial<RawRequest>) =>
      it.raw({ method: "POST", target: `/_url/${urlId}/`, ...request });
    const bytes = await of({ headers: ["Content-Type: text/plain"], body: Buffer.from([0xff, 0]) });
    const { body, isBase64Encoded } = JSON.parse(bytes.body);
    assert.deepEqual([body, isBase64Encoded], ["/wA=", true]);
    const query = await of({ target: `/_url/${urlId}/../..?a=%ff&__proto__=1&b=%zz` });
    const { rawPath, queryStringParameters } = JSON.parse(query.body);
    assert.equal(rawPath, "/../..");
    assert.deepEqual(Object.keys(queryStringParameters), ["a", "__proto__", "b"]);
    const large = await of({ body: Buffer.alloc(6 * 1024 * 1024 + 1) });
    assert.deepEqual(
      [large.status, large.headers["x-amzn-errortype"]],
      [413, "RequestTooLargeException"],
    );
    const nobodys = await of({ target: `/_url/${"a".repeat(32)}/` });
    assert.deepEqual([nobodys.status, nobodys.body], [403, '{"Message":null}']);
  });

  test("links to code are for whoever was given one", async () => {
    const id = "0".repeat(64);
    for (const path of ["", "x", "../records.db", `${id}?expires=9999999999999&signature=${id}`])
      assert.equal((await it.raw({ target: `/_code/${path}` })).status, 403);
  });
});
