/** Buckets and objects that cannot be: names, lengths, chunks and digests that S3 refuses, and what it keeps of them: nothing. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import {
  type Ending,
  openTarget,
  type RawRequest,
  requestBytes,
  sendRaw,
  type Target,
  xmlError,
} from "./bad-input.ts";

const long = (length: number) => "k".repeat(length);
const STREAMED = "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const SENT = "You did not provide the number of bytes specified by the Content-Length HTTP header";
const CUT_OFF = "The request body terminated unexpectedly";

/** Bucket names in a path, percent-encoded. The second list could never have been one, so nobody looks for them. */
const NO_BUCKETS = [
  "A-B-C",
  "a_b_c",
  "-abc",
  "abc-",
  ".abc",
  "a..b",
  "192.168.1.1",
  "xn--abc",
  "abc-s3alias",
  "__proto__",
  long(64),
];
const NO_NAMES = [
  "..",
  "%2e%2e",
  "a",
  "a%00b",
  "a%0ab",
  "a%20b",
  "abc%2fdef",
  "%e5%87%bd%e6%95%b0",
  long(1000),
  long(20_000),
];

/** A body in chunks of its own; `decoded` is what it says of its length without them. */
interface Chunked {
  readonly what: string;
  readonly body: string;
  readonly decoded?: string;
  readonly trailer?: string;
  readonly refusal: readonly [status: number, code: string, message?: string];
}
const CRC32 = "x-amz-checksum-crc32";
const cut = [400, "IncompleteBody", CUT_OFF] as const;
const badTrailer = [
  400,
  "MalformedTrailerError",
  "The request contained trailing data that was not well-formed or did not conform to our published schema.",
] as const;
const CHUNKED: readonly Chunked[] = [
  { what: "nothing of the first header's end", body: "5", refusal: cut },
  { what: "half of the first header's end", body: "5\r", refusal: cut },
  { what: "half of the data", body: "5\r\nhe", refusal: cut },
  { what: "all of the data and no more", body: "5\r\nhello", refusal: cut },
  { what: "no last chunk", body: "5\r\nhello\r\n", refusal: cut },
  { what: "half of the last chunk", body: "5\r\nhello\r\n0", refusal: cut },
  {
    what: "a header that stops in its signature",
    body: "5\r\nhello\r\n3;chunk-signature=ab",
    refusal: cut,
  },
  { what: "a size that is none", body: "zz\r\nhello\r\n0\r\n\r\n", refusal: cut },
  { what: "a negative size", body: "-5\r\nhello\r\n0\r\n\r\n", refusal: cut },
  {
    what: "a size past all numbers",
    body: "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    refusal: cut,
  },
  { what: "data that is longer than it says", body: "5\r\nhello!\r\n0\r\n\r\n", refusal: cut },
  {
    what: "a header that does not end",
    body: `5;${long(20_000)}\r\nhello\r\n0\r\n\r\n`,
    refusal: cut,
  },
  {
    what: "less than it announces",
    body: "5\r\nhello\r\n0\r\n\r\n",
    decoded: "6",
    refusal: [400, "IncompleteBody", SENT],
  },
  {
    what: "more than it announces",
    body: "5\r\nhello\r\n0\r\n\r\n",
    decoded: "4",
    refusal: [400, "IncompleteBody", SENT],
  },
  {
    what: "a length that is none",
    body: "5\r\nhello\r\n0\r\n\r\n",
    decoded: "five",
    refusal: [411, "MissingContentLength", "You must provide the Content-Length HTTP header."],
  },
  {
    what: "a negative length",
    body: "5\r\nhello\r\n0\r\n\r\n",
    decoded: "-1",
    refusal: [411, "MissingContentLength"],
  },
  {
    what: "a length past 5 GB",
    body: "5\r\nhello\r\n0\r\n\r\n",
    decoded: "99999999999999",
    refusal: [400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"],
  },
  {
    what: "no trailer where one is announced",
    body: "5\r\nhello\r\n0\r\n\r\n",
    trailer: CRC32,
    refusal: badTrailer,
  },
  {
    what: "a trailer without a value",
    body: `5\r\nhello\r\n0\r\n${CRC32}\r\n\r\n`,
    trailer: CRC32,
    refusal: badTrailer,
  },
  {
    what: "a wrong checksum behind it",
    body: `5\r\nhello\r\n0\r\n${CRC32}:AAAAAA==\r\n\r\n`,
    trailer: CRC32,
    refusal: [400, "BadDigest", "The CRC32 you specified did not match the calculated checksum."],
  },
  {
    what: "no checksum at all behind it",
    body: `5\r\nhello\r\n0\r\n${CRC32}:###\r\n\r\n`,
    trailer: CRC32,
    refusal: [400, "InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid."],
  },
  {
    what: "a trailer of no algorithm",
    body: "5\r\nhello\r\n0\r\n\r\n",
    trailer: "x-amz-checksum-crc99",
    refusal: [400, "InvalidRequest"],
  },
];

/** Digests that a plain body does not have. */
const DIGESTS: readonly (readonly [headers: readonly string[], code: string, message?: string])[] =
  [
    [["Content-MD5: AAAA"], "InvalidDigest", "The Content-MD5 you specified was invalid."],
    [["Content-MD5:"], "InvalidDigest"],
    [
      [`Content-MD5: ${createHash("md5").update("other").digest("base64")}`],
      "BadDigest",
      "The Content-MD5 you specified did not match what we received.",
    ],
    [
      ["x-amz-checksum-crc32: AAAAAA=="],
      "BadDigest",
      "The CRC32 you specified did not match the calculated checksum.",
    ],
    [["x-amz-checksum-crc32c: AAAAAA=="], "BadDigest"],
    [["x-amz-checksum-crc64nvme: AAAAAAAAAAA="], "BadDigest"],
    [[`x-amz-checksum-sha256: ${Buffer.alloc(32).toString("base64")}`], "BadDigest"],
    [
      ["x-amz-checksum-sha1: nonsense"],
      "InvalidRequest",
      "Value for x-amz-checksum-sha1 header is invalid.",
    ],
    [
      ["x-amz-checksum-crc32: AAAAAA==", "x-amz-checksum-sha1: AAAA"],
      "InvalidRequest",
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    ],
    [
      [`x-amz-content-sha256: ${"0".repeat(64)}`],
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ],
    [
      ["x-amz-content-sha256: GIBBERISH"],
      "InvalidArgument",
      "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
    ],
  ];

/** Headers of an object that S3 does not take. */
const HEADERS: readonly (readonly [header: string, status: number, code: string])[] = [
  [`x-amz-meta-a: ${long(2048)}`, 400, "MetadataTooLarge"],
  ["x-amz-tagging: a=1&a=2", 400, "InvalidArgument"],
  ["x-amz-tagging: %ff=1", 400, "InvalidArgument"],
  ["x-amz-storage-class: CHEAP", 400, "InvalidStorageClass"],
  ["x-amz-server-side-encryption: rot13", 400, "InvalidArgument"],
  ["x-amz-expected-bucket-owner: 1", 400, "InvalidBucketOwnerAWSAccountID"],
  ["x-amz-expected-bucket-owner: 111111111111", 403, "AccessDenied"],
  ["x-amz-website-redirect-location: ftp://x", 400, "InvalidRedirectLocation"],
  ["x-amz-write-offset-bytes: 5", 501, "NotImplemented"],
  ["If-None-Match: nope", 501, "NotImplemented"],
  ["If-Match: nope", 412, "PreconditionFailed"],
];

describe("buckets and objects that are refused", () => {
  let it: Target;
  /** Where bodies go that are refused: an object that is there, a new one, and a part. */
  let places: readonly string[];

  before(async () => {
    it = await openTarget();
    await it.s3.send(new CreateBucketCommand({ Bucket: "there" }));
    await it.s3.send(new PutObjectCommand({ Bucket: "there", Key: "old", Body: "old" }));
    const upload = await it.s3.send(
      new CreateMultipartUploadCommand({ Bucket: "there", Key: "large" }),
    );
    places = ["/there/old", "/there/new", `/there/large?partNumber=1&uploadId=${upload.UploadId}`];
    await it.settle();
  });
  after(() => it[Symbol.asyncDispose]());

  const send = (request: Partial<RawRequest> & { readonly target: string }) =>
    it.raw({ method: "PUT", service: "s3", ...request });

  async function refused(
    request: Partial<RawRequest> & { readonly target: string },
    status: number,
    code: string,
    message?: string,
  ) {
    const answer = await send(request);
    const [found, text] = xmlError(answer);
    assert.deepEqual([answer.status, found], [status, code], answer.body.slice(0, 500));
    if (message !== undefined) assert.equal(text.replaceAll("&apos;", "'"), message);
  }

  test("buckets of names that S3 does not give", async () => {
    for (const name of [...NO_BUCKETS, ...NO_NAMES])
      await refused(
        { target: `/${name}` },
        400,
        "InvalidBucketName",
        "The specified bucket is not valid.",
      );
    for (const name of ["%ff", "%zz", "%", "%e5%87"])
      await refused({ target: `/${name}` }, 400, "InvalidURI");
    await it.unchanged();
  });

  test("buckets that are not there, and those that never could be", async () => {
    for (const method of ["GET", "DELETE"])
      for (const path of ["", "/key"]) {
        for (const name of NO_BUCKETS)
          if (name !== "")
            await refused(
              { method, target: `/${name}${path}` },
              404,
              "NoSuchBucket",
              "The specified bucket does not exist",
            );
        for (const name of NO_NAMES)
          await refused({ method, target: `/${name}${path}` }, 400, "InvalidBucketName");
      }
  });

  test("keys that are too long, or no text", async () => {
    for (const method of ["PUT", "GET", "DELETE"]) {
      const body = method === "PUT" ? "x" : "";
      await refused(
        { method, target: `/there/${long(1025)}`, body },
        400,
        "KeyTooLongError",
        "Your key is too long",
      );
      await refused(
        { method, target: `/there/${"%e5%87%bd".repeat(342)}`, body },
        400,
        "KeyTooLongError",
      );
      for (const key of ["%00", "a%00b", "%ff", "%zz", "%e5%87"])
        await refused(
          { method, target: `/there/${key}`, body },
          400,
          "InvalidURI",
          "Couldn't parse the specified URI.",
        );
    }
    await it.unchanged();
  });

  test("keys that would be paths, properties or lines are keys like any other", async () => {
    for (const key of [
      "..",
      "../..",
      "%2e%2e/%2e%2e/etc/passwd",
      ".",
      "/",
      "a//b",
      "a%5cb",
      "__proto__",
      "constructor",
      "a%0d%0aX-A:%20b",
      "%e5%87%bd",
      long(1024),
    ]) {
      assert.equal((await send({ target: `/there/${key}`, body: key })).status, 200, key);
      assert.equal((await send({ method: "GET", target: `/there/${key}` })).body, key);
      assert.equal((await send({ method: "DELETE", target: `/there/${key}` })).status, 204);
    }
    await it.unchanged();
  });

  for (const { what, body, decoded = "5", trailer, refusal } of CHUNKED)
    test(`aws-chunked with ${what}: ${refusal[1]}`, async () => {
      const headers = [
        STREAMED,
        "Content-Encoding: aws-chunked",
        `x-amz-decoded-content-length: ${decoded}`,
      ];
      if (trailer !== undefined) headers.push(`x-amz-trailer: ${trailer}`);
      for (const target of places) await refused({ target, headers, body }, ...refusal);
      await it.unchanged();
    });

  for (const [headers, code, message] of DIGESTS)
    test(`${headers.join(", ").slice(0, 90)}: ${code}`, async () => {
      for (const target of places)
        await refused({ target, headers, body: "hello" }, 400, code, message);
      await it.unchanged();
    });

  for (const [header, status, code] of HEADERS)
    test(`${header.slice(0, 60)}: ${code}`, async () => {
      await refused({ target: "/there/old", headers: [header], body: "hello" }, status, code);
      await it.unchanged();
    });

  test("a body that stops half way is no object and no part", async () => {
    const chunked = [
      STREAMED,
      "Content-Encoding: aws-chunked",
      "x-amz-decoded-content-length: 100",
    ];
    const cases = [
      [["Content-Length: 1000"], long(500)],
      [["Content-Length: 100000000"], long(5_000_000)],
      [["Transfer-Encoding: chunked", "x-amz-decoded-content-length: 100"], "64\r\nhello"],
      [[...chunked, "Content-Length: 1000"], "5\r\nhello\r\n5f;chunk-sig"],
    ] as const;
    for (const target of places)
      for (const [headers, body] of cases)
        for (const ending of ["half-close", "reset"] as Ending[]) {
          const bytes = requestBytes({ method: "PUT", service: "s3", target, headers, body });
          for (const { status } of await sendRaw(it.platform.origin, bytes, ending))
            assert.equal(status, 400);
        }
    await it.unchanged();
  });

  test("a body of another length than it says", async () => {
    for (const headers of [
      ["Content-Length: 2"],
      ["Content-Length: -1"],
      ["Content-Length: 5", "Content-Length: 6"],
      ["Content-Length: 5", "Transfer-Encoding: chunked"],
      ["Content-Length: 0x5"],
    ]) {
      const bytes = requestBytes({
        method: "PUT",
        service: "s3",
        target: "/nowhere/new",
        headers,
        body: "hello",
      });
      assert.equal((await sendRaw(it.platform.origin, bytes)).at(-1)?.status, 400);
    }
    const unsaid = requestBytes({ method: "PUT", service: "s3", target: "/there/new" });
    assert.equal((await sendRaw(it.platform.origin, unsaid))[0]?.status, 411);
    await refused(
      {
        target: "/there/new",
        headers: ["Transfer-Encoding: chunked"],
        body: "5\r\nhello\r\n0\r\n\r\n",
      },
      411,
      "MissingContentLength",
    );
    await refused(
      {
        target: "/there/new",
        headers: ["Expect: 100-continue", `Content-Length: ${5 * 1024 ** 3 + 1}`],
      },
      400,
      "EntityTooLarge",
    );
    await it.unchanged();
  });

  test("who sends 8 MB to nowhere is told so, even where the connection ends with it", async () => {
    for (const version of ["HTTP/1.1", "HTTP/1.0"]) {
      const request = { target: "/nowhere/new", body: Buffer.alloc(8 * 1024 * 1024), version };
      await refused(request, 404, "NoSuchBucket");
    }
  });

  test("metadata of names that objects have of themselves", async () => {
    const headers = ["x-amz-meta-__proto__: a", "x-amz-meta-constructor: b"];
    assert.equal((await send({ target: "/there/new", headers, body: "x" })).status, 200);
    const found = await send({ method: "HEAD", target: "/there/new" });
    assert.deepEqual(
      [found.headers["x-amz-meta-__proto__"], found.headers["x-amz-meta-constructor"]],
      ["a", "b"],
    );
    assert.equal((await send({ method: "DELETE", target: "/there/new" })).status, 204);
    await it.unchanged();
  });
});
