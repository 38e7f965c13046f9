/** Events that no function can take, and bodies that never come to their end: Invoke and CreateFunction by SDK and by bare HTTP. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  CreateFunctionCommand,
  InvokeCommand,
  type InvokeCommandInput,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { zipOf } from "../zip.ts";
import {
  assertRefusal,
  type Ending,
  openTarget,
  type RawRequest,
  refusalOf,
  requestBytes,
  SOUND,
  sendRaw,
  type Target,
} from "./bad-input.ts";

const MB = 1024 * 1024;
const INVOKE = "/2015-03-31/functions/echo/invocations";
const CREATE = "/2015-03-31/functions";
const NOT_JSON = /^Could not parse request body into json: Could not parse payload into json: ./;
const TOO_LARGE = "Request must be smaller than 6291456 bytes for the InvokeFunction operation";

/** What is no JSON text in UTF-8, as bytes. */
const NO_JSON: Readonly<Record<string, Uint8Array>> = {
  "an open brace": Buffer.from("{"),
  "a word": Buffer.from("nope"),
  "single quotes": Buffer.from("{'a':1}"),
  "a member without a value": Buffer.from('{"a":}'),
  "two values": Buffer.from("{} {}"),
  "a comma too many": Buffer.from("[1,]"),
  NaN: Buffer.from("NaN"),
  "a space": Buffer.from(" "),
  "a NUL": Buffer.from("\0"),
  "a control character in a text": Buffer.from('"\x01"'),
  "a byte order mark": Buffer.from("\ufeff{}"),
  "UTF-16": Buffer.from("{}", "utf16le"),
  "Latin-1": Buffer.from('"\xfc"', "latin1"),
  "half a character": Buffer.from([0x22, 0xe5, 0x87, 0x22]),
  "a surrogate in UTF-8": Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
  "100,000 brackets that open": Buffer.from("[".repeat(100_000)),
};

/** Bodies of CreateFunction, and what Lambda's front end says of them. */
const NO_REQUEST: readonly (readonly [
  body: string | Uint8Array,
  code: string,
  message?: string,
])[] = [
  ["nope", "SerializationException"],
  ['{"FunctionName":"bad"', "SerializationException"],
  ["[]", "SerializationException", "Start of list found where not expected"],
  ['"text"', "SerializationException"],
  ["{} {}", "SerializationException"],
  [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), "SerializationException"],
  ['{"FunctionName":1}', "SerializationException", "NUMBER_VALUE can not be converted to a String"],
  [
    '{"FunctionName":{}}',
    "SerializationException",
    "Start of structure or map found where not expected.",
  ],
  ['{"Publish":"yes"}', "SerializationException", "STRING_VALUE can not be converted to a Boolean"],
  [
    '{"MemorySize":"128"}',
    "SerializationException",
    "STRING_VALUE can not be converted to an Integer",
  ],
  ['{"MemorySize":99999999999}', "SerializationException"],
  [
    '{"Environment":{"Variables":{"AB":1}}}',
    "SerializationException",
    "NUMBER_VALUE can not be converted to a String",
  ],
  [
    '{"Environment":{"Variables":[]}}',
    "SerializationException",
    "Start of list found where not expected",
  ],
  ['{"Code":{"ZipFile":"###"}}', "SerializationException", "Invalid Base64 encoding"],
  ["{}", "ValidationException"],
  ["", "ValidationException"],
  ['{"__proto__":{"FunctionName":"bad","Role":"r","Code":{}}}', "ValidationException"],
  [`{"unknown":${"[".repeat(50_000)}${"]".repeat(50_000)}}`, "ValidationException"],
];

/** Bodies that stop half way, or say two things of their length. */
const CUT: readonly (readonly [what: string, headers: readonly string[], body: string])[] = [
  ["fewer bytes than announced", ["Content-Length: 1000"], "{"],
  ["a chunk that stops", ["Transfer-Encoding: chunked"], '10\r\n{"a":'],
  ["a chunk's header that stops", ["Transfer-Encoding: chunked"], "2\r\n{}\r\n1"],
  ["no last chunk", ["Transfer-Encoding: chunked"], "2\r\n{}\r\n"],
];
const FRAMED_WRONG: readonly (readonly [what: string, headers: readonly string[], body: string])[] =
  [
    ["more bytes than announced", ["Content-Length: 2"], "{}GARBAGE"],
    ["a negative length", ["Content-Length: -1"], "{}"],
    ["a length with a sign", ["Content-Length: +2"], "{}"],
    ["a hexadecimal length", ["Content-Length: 0x2"], "{}"],
    ["a length of words", ["Content-Length: two"], "{}"],
    ["a length past all numbers", ["Content-Length: 99999999999999999999"], "{}"],
    ["an empty length", ["Content-Length:"], "{}"],
    ["two lengths", ["Content-Length: 2", "Content-Length: 3"], "{}"],
    ["two lengths in one", ["Content-Length: 2, 2"], "{}"],
    [
      "a length and chunks",
      ["Content-Length: 12", "Transfer-Encoding: chunked"],
      "2\r\n{}\r\n0\r\n\r\n",
    ],
    [
      "chunks inside of something else",
      ["Transfer-Encoding: chunked, gzip"],
      "2\r\n{}\r\n0\r\n\r\n",
    ],
    ["an unknown transfer encoding", ["Transfer-Encoding: xchunked"], "2\r\n{}\r\n0\r\n\r\n"],
    ["a chunk of words", ["Transfer-Encoding: chunked"], "two\r\n{}\r\n0\r\n\r\n"],
    [
      "a chunk past all numbers",
      ["Transfer-Encoding: chunked"],
      "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    ],
  ];

describe("events and bodies that are refused", () => {
  let target: Target;

  before(async () => {
    target = await openTarget();
    const { lambda } = target;
    const ZipFile = await zipOf({
      "index.mjs":
        "export const handler = async (event) => { if (event?.ms) await new Promise((done) => setTimeout(done, event.ms)); return typeof event; };",
    });
    await lambda.send(
      new CreateFunctionCommand({ FunctionName: "echo", ...SOUND, Code: { ZipFile } }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 20 }, { FunctionName: "echo" });
    await target.settle();
  });
  after(() => target[Symbol.asyncDispose]());

  const invoke = (more: Partial<InvokeCommandInput>) =>
    target.lambda.send(new InvokeCommand({ FunctionName: "echo", ...more }));
  const post = (request: Omit<RawRequest, "method">) =>
    target.raw({ method: "POST", service: "lambda", ...request });

  for (const [what, Payload] of Object.entries(NO_JSON))
    test(`an event of ${what} is no JSON, now or later`, async () => {
      for (const InvocationType of ["RequestResponse", "Event"] as const)
        assertRefusal(
          await refusalOf(invoke({ InvocationType, Payload })),
          "InvalidRequestContentException",
          400,
          NOT_JSON,
        );
    });

  test("JSON of any depth and any key is an event", async () => {
    for (const event of [
      `${"[".repeat(50_000)}${"]".repeat(50_000)}`,
      '{"__proto__":{"constructor":1}}',
      '"\\ud800"',
    ]) {
      const { FunctionError, StatusCode } = await invoke({ Payload: Buffer.from(event) });
      assert.deepEqual([FunctionError, StatusCode], [undefined, 200]);
      assert.equal(
        (await invoke({ Payload: Buffer.from(event), InvocationType: "Event" })).StatusCode,
        202,
      );
    }
  });

  test("6 MB go in synchronously and 1 MB asynchronously, and not a byte more", async () => {
    const of = (size: number) => Buffer.from(`"${"a".repeat(size - 2)}"`);
    assert.equal((await invoke({ Payload: of(6 * MB) })).FunctionError, undefined);
    for (const InvocationType of ["RequestResponse", "Event", "DryRun"] as const)
      assertRefusal(
        await refusalOf(invoke({ InvocationType, Payload: of(6 * MB + 1) })),
        "RequestEntityTooLargeException",
        413,
        TOO_LARGE,
      );
    assert.equal((await invoke({ InvocationType: "Event", Payload: of(MB) })).StatusCode, 202);
    assertRefusal(
      await refusalOf(invoke({ InvocationType: "Event", Payload: of(MB + 1) })),
      "RequestTooLargeException",
      413,
      "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
    );
  });

  test("a body without a length is measured while it comes", async () => {
    const body = Buffer.concat([
      Buffer.from("600001\r\n"),
      Buffer.alloc(6 * MB + 1, " "),
      Buffer.from("\r\n0\r\n\r\n"),
    ]);
    const { status, body: text } = await post({
      target: INVOKE,
      headers: ["Transfer-Encoding: chunked"],
      body,
    });
    assert.deepEqual([status, JSON.parse(text).message], [413, TOO_LARGE]);
  });

  test("what a gzip becomes is measured, too", async () => {
    const headers = ["Content-Encoding: gzip"];
    const large = await post({ target: CREATE, headers, body: gzipSync(Buffer.alloc(80 * MB)) });
    assert.deepEqual(
      [large.status, large.headers["x-amzn-errortype"]],
      [413, "RequestEntityTooLargeException"],
    );
    const none = await post({ target: CREATE, headers, body: "{}" });
    assert.deepEqual(
      [none.status, none.headers["x-amzn-errortype"]],
      [400, "SerializationException"],
    );
    await target.unchanged();
  });

  const CONTEXTS = [
    ["###", "Client context must be a valid Base64-encoded JSON object."],
    [
      Buffer.from("{").toString("base64"),
      "Client context must be a valid Base64-encoded JSON object.",
    ],
    [
      Buffer.from([0x22, 0xff, 0x22]).toString("base64"),
      "Client context must be a valid Base64-encoded JSON object.",
    ],
    ["A".repeat(3584), "Client context must be no more than 3583 bytes when base64-encoded"],
  ] as const;
  for (const [ClientContext, message] of CONTEXTS)
    test(`client context ${ClientContext.slice(0, 20)}`, async () =>
      assertRefusal(
        await refusalOf(invoke({ ClientContext })),
        "InvalidRequestContentException",
        400,
        message,
      ));

  test("kinds of invocation and of logs are those that there are", async () => {
    for (const more of [
      { InvocationType: "Later" as "Event" },
      { LogType: "All" as "Tail" },
      { Qualifier: "a".repeat(129) },
    ])
      assertRefusal(
        await refusalOf(invoke(more)),
        "ValidationException",
        400,
        /^1 validation error detected: Value '/,
      );
  });

  for (const [body, code, message] of NO_REQUEST)
    test(`CreateFunction of ${String(body).slice(0, 50)}: ${code}`, async () => {
      const answer = await post({ target: CREATE, body });
      assert.deepEqual(
        [answer.status, answer.headers["x-amzn-errortype"]],
        [400, code],
        answer.body.slice(0, 500),
      );
      if (message !== undefined) assert.equal(JSON.parse(answer.body).message, message);
      await target.unchanged();
    });

  for (const [what, headers, body] of CUT)
    test(`${what}: nobody is answered, nothing is done`, async () => {
      for (const path of [INVOKE, CREATE])
        for (const ending of ["half-close", "reset"] as Ending[]) {
          const bytes = requestBytes({
            method: "POST",
            service: "lambda",
            target: path,
            headers,
            body,
          });
          const answers = await sendRaw(target.platform.origin, bytes, ending);
          for (const { status } of answers) assert.equal(status, 400);
        }
      await target.unchanged();
    });

  for (const [what, headers, body] of FRAMED_WRONG)
    test(`${what}: 400, and the connection ends`, async () => {
      for (const path of [INVOKE, CREATE]) {
        const bytes = requestBytes({
          method: "POST",
          service: "lambda",
          target: path,
          headers,
          body,
        });
        const answers = await sendRaw(target.platform.origin, bytes);
        assert.equal(answers.at(-1)?.status, 400);
      }
      await target.unchanged();
    });

  test("clients that leave while a function runs are nobody's defect", async () => {
    const ways: readonly RawRequest[] = [
      { target: INVOKE },
      { target: INVOKE, service: "lambda" },
      {
        target: INVOKE,
        service: "lambda",
        headers: ["Transfer-Encoding: chunked"],
        body: "2\r\n{}\r\n0\r\n\r\n",
      },
      { target: "/2021-11-15/functions/echo/response-streaming-invocations", service: "lambda" },
    ];
    for (const way of [...ways, ...ways, ...ways]) {
      const bytes = requestBytes({ method: "POST", body: '{"ms":200}', ...way });
      assert.deepEqual(await sendRaw(target.platform.origin, bytes, "reset"), []);
    }
    assert.equal((await invoke({ Payload: Buffer.from("{}") })).FunctionError, undefined);
  });

  test("after all of that, events are taken as before", async () => {
    const { Payload } = await invoke({ Payload: Buffer.from("{}") });
    assert.equal(Buffer.from(Payload ?? []).toString(), '"object"');
  });
});
