/** What is asked of buckets and cannot be: documents, digests, ranges, tokens, parts, copies, signatures and methods. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { openTarget, type RawRequest, type Target, xmlError } from "./bad-input.ts";

const long = (length: number) => "k".repeat(length);
const MALFORMED =
  "The XML you provided was not well-formed or did not validate against our published schema";
const tag = (key: string, value: string) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`;
const tags = (set: string) =>
  `<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>${set}</TagSet></Tagging>`;
const bomb = '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">';

/** Documents that are none, or that want more of their reader than to be read. */
const NO_DOCUMENTS: Readonly<Record<string, string | Uint8Array>> = {
  nothing: "",
  "a text": "hello",
  JSON: "{}",
  "half a document": "<Tagging><TagSet>",
  "two roots": "<Tagging><TagSet/></Tagging><Tagging/>",
  "another root": "<Other><TagSet/></Other>",
  "no tag set": "<Tagging/>",
  "a tag without a value": tags("<Tag><Key>a</Key></Tag>"),
  "elements that cross": "<Tagging><TagSet></Tagging></TagSet>",
  "a document type": `<!DOCTYPE Tagging>${tags("")}`,
  "a bomb of entities": `<?xml version="1.0"?><!DOCTYPE t [${bomb}]>${tags(tag("a", "&c;"))}`,
  "a file for an entity": `<!DOCTYPE t [<!ENTITY f SYSTEM "file:///etc/passwd">]>${tags(tag("a", "&f;"))}`,
  "an entity of nobody": tags(tag("a", "&nobody;")),
  "a bare ampersand": tags(tag("a", "b & c")),
  "a reference to NUL": tags(tag("a", "&#0;")),
  "a reference to a surrogate": tags(tag("a", "&#xD800;")),
  "a reference past Unicode": tags(tag("a", "&#x110000;")),
  "elements 10,000 deep": `${"<a>".repeat(10_000)}${"</a>".repeat(10_000)}`,
  "300,000 elements": tags("<Tag/>".repeat(300_000)),
  "100,000 comments that open": "<!--".repeat(100_000),
  "100,000 tags that open": "<".repeat(100_000),
  "UTF-16": Buffer.from(`\ufeff${tags("")}`, "utf16le"),
  "bytes that are not UTF-8": Buffer.concat([
    Buffer.from("<Tagging>"),
    Buffer.from([0xff]),
    Buffer.from("</Tagging>"),
  ]),
};

/** Tags that are read, and refused. */
const NO_TAGS: readonly (readonly [set: string, code: string, message: string])[] = [
  [tag("aws:x", "1"), "InvalidTag", "System tags cannot be added/updated by requester"],
  [tag("a", "1") + tag("a", "2"), "InvalidTag", "Cannot provide multiple Tags with the same key"],
  [tag(long(129), "1"), "InvalidTag", "The TagKey you have provided is invalid"],
  [tag("a", "\x01"), "InvalidTag", "The TagValue you have provided is invalid"],
  [tag("a", long(257)), "InvalidTag", "The TagValue you have provided is invalid"],
  [
    Array.from({ length: 51 }, (_, n) => tag(`k${n}`, "v")).join(""),
    "BadRequest",
    "Bucket tag count cannot be greater than 50",
  ],
];

const DELETE_OLD = "<Delete><Object><Key>old</Key></Object></Delete>";
/** Announcements that a document does not hold: what it asks for is not done. */
const WRONG_DIGESTS: readonly (readonly [header: string, code: string])[] = [
  ["Content-MD5: nonsense", "InvalidDigest"],
  [`Content-MD5: ${createHash("md5").update("other").digest("base64")}`, "BadDigest"],
  ["x-amz-checksum-crc32: AAAAAA==", "BadDigest"],
  [`x-amz-checksum-sha256: ${Buffer.alloc(32).toString("base64")}`, "BadDigest"],
  [`x-amz-content-sha256: ${"0".repeat(64)}`, "XAmzContentSHA256Mismatch"],
];

/** Ranges of ten bytes: what is no range is ignored, what lies outside is not satisfiable. */
const RANGES: readonly (readonly [range: string, status: number, body?: string])[] = [
  ["bytes=0-4", 206, "01234"],
  ["bytes=8-99999999999999999999", 206, "89"],
  ["bytes=-99999999999999999999", 206, "0123456789"],
  ["bytes=10-", 416],
  ["bytes=99999999999999999999-", 416],
  ["bytes=-0", 416],
  ...[
    "bytes=5-2",
    "bytes=0-0,2-3",
    "bytes=",
    "bytes=-",
    "bytes=a-b",
    "bytes=0x0-1",
    "bytes=+1-2",
    "bytes=1.0-2",
    "items=0-1",
    long(5000),
  ].map((range) => [range, 200, "0123456789"] as const),
];

const token = (text: string) => Buffer.from(text).toString("base64url");
/** Queries of a listing that are refused, and of what argument. */
const NO_LISTINGS: readonly (readonly [query: string, code: string, message?: string])[] = [
  [
    "list-type=2&continuation-token=stranger",
    "InvalidArgument",
    "The continuation token provided is incorrect",
  ],
  [
    "list-type=2&continuation-token=",
    "InvalidArgument",
    "The continuation token provided is incorrect",
  ],
  [
    "list-type=2&max-keys=-1",
    "InvalidArgument",
    "Argument maxKeys must be an integer between 0 and 2147483647",
  ],
  ["list-type=2&max-keys=some", "InvalidArgument"],
  ["list-type=2&max-keys=2147483648", "InvalidArgument"],
  [
    "list-type=2&encoding-type=gzip",
    "InvalidArgument",
    "Invalid Encoding Method specified in Request",
  ],
  ["prefix=%ff", "InvalidURI", "Couldn't parse the specified URI."],
  ["uploads&upload-id-marker=stranger&key-marker=k", "InvalidArgument", "Invalid uploadId marker"],
  ["uploads&max-uploads=-1", "InvalidArgument"],
];
/** Places that no key can have, in every parameter that takes one: refused or empty, never a fault of ours. */
const PLACES = ["%00", "a%00b", long(3000), token("1a\0"), token(`1${long(5000)}`), token("2a")];
const PLACED = [
  "prefix",
  "marker",
  "delimiter",
  "list-type=2&start-after",
  "list-type=2&prefix",
  "list-type=2&continuation-token",
  "uploads&key-marker",
  "uploads&prefix",
  "uploads&delimiter",
];

const NO_UPLOAD =
  "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
const part = (number: string, etag: string) =>
  `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`;
const complete = (parts: string) => `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`;
/** Calls of a multipart upload; `UPLOAD` stands for the id of one that is under way. */
const NO_PARTS: readonly (readonly [
  method: string,
  query: string,
  body: string,
  code: string,
  message?: string,
])[] = [
  [
    "PUT",
    "partNumber=0&uploadId=UPLOAD",
    "x",
    "InvalidArgument",
    "Part number must be an integer between 1 and 10000, inclusive",
  ],
  [
    "PUT",
    "partNumber=10001&uploadId=UPLOAD",
    "x",
    "InvalidArgument",
    "Part number must be an integer between 1 and 10000, inclusive",
  ],
  ["PUT", "partNumber=one&uploadId=UPLOAD", "x", "InvalidArgument"],
  ["PUT", "partNumber=1&uploadId=stranger", "x", "NoSuchUpload", NO_UPLOAD],
  ["PUT", "partNumber=1&uploadId=%00", "x", "NoSuchUpload"],
  ["PUT", "partNumber=1&uploadId=", "x", "NoSuchUpload"],
  ["PUT", `partNumber=1&uploadId=${long(5000)}`, "x", "NoSuchUpload"],
  ["GET", "uploadId=stranger", "", "NoSuchUpload"],
  ["DELETE", "uploadId=stranger", "", "NoSuchUpload"],
  ["POST", "uploadId=stranger", complete(part("1", "x")), "NoSuchUpload"],
  ["POST", "uploadId=UPLOAD", "", "InvalidRequest", "You must specify at least one part"],
  ["POST", "uploadId=UPLOAD", complete(""), "InvalidRequest", "You must specify at least one part"],
  ["POST", "uploadId=UPLOAD", complete(part("1", "x")), "InvalidPart"],
  ["POST", "uploadId=UPLOAD", complete(part("one", "x")), "MalformedXML", MALFORMED],
  ["POST", "uploadId=UPLOAD", "<Other/>", "MalformedXML", MALFORMED],
  ["GET", "uploadId=UPLOAD&max-parts=-1", "", "InvalidArgument"],
];

const COPIES: readonly (readonly [source: string, status: number, code: string])[] = [
  ["", 400, "InvalidArgument"],
  ["there", 400, "InvalidArgument"],
  ["there/", 400, "InvalidArgument"],
  ["there/nothing", 404, "NoSuchKey"],
  ["nowhere/old", 404, "NoSuchBucket"],
  ["../there/old", 400, "InvalidBucketName"],
  ["a%00b/old", 400, "InvalidBucketName"],
  ["there/%00", 400, "InvalidURI"],
  ["there/%ff", 400, "InvalidArgument"],
  ["there/old%zz", 400, "InvalidArgument"],
  ["there/old?versionId=stranger", 400, "InvalidArgument"],
  [`there/old?versionId=${long(32)}`, 404, "NoSuchVersion"],
  [`there/${long(2000)}`, 400, "KeyTooLongError"],
];

const now = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
const QUERY_AUTH = "AuthorizationQueryParametersError";
/** Presigned URLs: what differs from one that is good. */
const SIGNED: readonly (readonly [
  differs: Readonly<Record<string, string | undefined>>,
  status: number,
  code?: string,
  message?: string,
])[] = [
  [{}, 200],
  [{ "X-Amz-Date": "20200101T000000Z" }, 403, "AccessDenied", "Request has expired"],
  [
    { "X-Amz-Date": "yesterday" },
    400,
    QUERY_AUTH,
    "X-Amz-Date must be in the ISO8601 Long Format &quot;yyyyMMdd'T'HHmmss'Z'&quot;",
  ],
  [
    { "X-Amz-Expires": "604801" },
    400,
    QUERY_AUTH,
    "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
  ],
  [{ "X-Amz-Expires": "-1" }, 400, QUERY_AUTH, "X-Amz-Expires must be non-negative"],
  [{ "X-Amz-Expires": "soon" }, 400, QUERY_AUTH, "X-Amz-Expires should be a number"],
  [{ "X-Amz-Expires": "99999999999999999999" }, 400, QUERY_AUTH],
  [
    { "X-Amz-Expires": undefined },
    400,
    QUERY_AUTH,
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
  ],
  [{ "X-Amz-Signature": undefined }, 400, QUERY_AUTH],
  [{ "X-Amz-Algorithm": "MD5" }, 400, QUERY_AUTH],
  [{ "X-Amz-Credential": "nonsense" }, 400, QUERY_AUTH],
  [{ "X-Amz-Credential": "test/20260101/%00/s3/aws4_request" }, 403, "SignatureDoesNotMatch"],
];

describe("what is asked of buckets and refused", () => {
  let it: Target;
  let upload: string;

  before(async () => {
    it = await openTarget();
    const { s3 } = it;
    await s3.send(new CreateBucketCommand({ Bucket: "there" }));
    await s3.send(new PutObjectCommand({ Bucket: "there", Key: "old", Body: "0123456789" }));
    const begun = await s3.send(
      new CreateMultipartUploadCommand({ Bucket: "there", Key: "large" }),
    );
    upload = begun.UploadId ?? "";
    await it.settle();
  });
  after(() => it[Symbol.asyncDispose]());

  type Request = Partial<RawRequest> & { readonly target: string };
  const send = (request: Request) => it.raw({ service: "s3", ...request });

  async function refused(request: Request, status: number, code: string, message?: string) {
    const answer = await send(request);
    const [found, text] = xmlError(answer);
    assert.deepEqual([answer.status, found], [status, code], answer.body.slice(0, 500));
    if (message !== undefined) assert.equal(text, message);
  }

  for (const [what, body] of Object.entries(NO_DOCUMENTS))
    test(`${what}: no document`, async () => {
      for (const target of ["/there?tagging", "/there/old?tagging", "/there?notification"])
        await refused({ method: "PUT", target, body }, 400, "MalformedXML", MALFORMED);
      await refused({ method: "POST", target: "/there?delete", body }, 400, "MalformedXML");
      await it.unchanged();
    });

  test("a document of 17 MB is too long", async () => {
    const body = Buffer.alloc(17 * 1024 * 1024, " ");
    await refused(
      { method: "PUT", target: "/there?tagging", body },
      400,
      "MaxMessageLengthExceeded",
      "Your request was too large.",
    );
  });

  for (const [set, code, message] of NO_TAGS)
    test(`tags ${set.slice(0, 60)}: ${message}`, async () => {
      await refused(
        { method: "PUT", target: "/there?tagging", body: tags(set) },
        400,
        code,
        message,
      );
      assert.equal((await send({ target: "/there?tagging" })).status, 404);
    });

  for (const [header, code] of WRONG_DIGESTS)
    test(`nothing is deleted by a document without its ${header.slice(0, 60)}`, async () => {
      await refused(
        { method: "POST", target: "/there?delete", headers: [header], body: DELETE_OLD },
        400,
        code,
      );
      await it.unchanged();
    });

  test("deletions of too many keys, of none, and of keys that are none", async () => {
    for (const keys of ["", "<Object><Key>k</Key></Object>".repeat(1001)])
      await refused(
        { method: "POST", target: "/there?delete", body: `<Delete>${keys}</Delete>` },
        400,
        "MalformedXML",
        MALFORMED,
      );
    await refused(
      {
        method: "POST",
        target: "/there?delete",
        body: `<Delete><Object><Key>${long(2000)}</Key></Object></Delete>`,
      },
      400,
      "KeyTooLongError",
    );
    await it.unchanged();
  });

  for (const [range, status, body] of RANGES)
    test(`Range: ${range.slice(0, 50)}: ${status}`, async () => {
      if (body === undefined)
        return refused(
          { target: "/there/old", headers: [`Range: ${range}`] },
          status,
          "InvalidRange",
          "The requested range is not satisfiable",
        );
      const answer = await send({ target: "/there/old", headers: [`Range: ${range}`] });
      assert.deepEqual([answer.status, answer.body], [status, body]);
    });

  for (const [query, code, message] of NO_LISTINGS)
    test(`GET /there?${query}: ${code}`, () =>
      refused({ target: `/there?${query}` }, 400, code, message));

  test("places in a listing that no key can have are no fault of ours", async () => {
    for (const parameter of PLACED)
      for (const place of PLACES) {
        const { status } = await send({ target: `/there?${parameter}=${place}` });
        assert.ok(
          status === 200 || status === 400,
          `${parameter}=${place.slice(0, 20)}: ${status}`,
        );
      }
    for (const query of [
      "prefix=%00",
      `prefix=${long(3000)}`,
      `continuation-token=${token("1a\0")}`,
    ]) {
      const { status } = await send({ target: `/?${query}` });
      assert.ok(status === 200 || status === 400, `${query.slice(0, 20)}: ${status}`);
    }
  });

  for (const [method, query, body, code, message] of NO_PARTS)
    test(`${method} /there/large?${query.slice(0, 50)} ${body.slice(0, 60)}: ${code}`, async () => {
      const target = `/there/large?${query.replace("UPLOAD", upload)}`;
      await refused({ method, target, body }, code === "NoSuchUpload" ? 404 : 400, code, message);
      await it.unchanged();
    });

  for (const [source, status, code] of COPIES)
    test(`a copy of ${source.slice(0, 50)}: ${code}`, async () => {
      const headers = [`x-amz-copy-source: ${source}`, "Content-Length: 0"];
      for (const target of ["/there/new", `/there/large?partNumber=1&uploadId=${upload}`])
        await refused({ method: "PUT", target, headers }, status, code);
      await it.unchanged();
    });

  for (const [differs, status, code, message] of SIGNED)
    test(`a URL signed with ${JSON.stringify(differs)}: ${code ?? status}`, async () => {
      const parameters = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": "test/20260101/us-east-1/s3/aws4_request",
        "X-Amz-Date": now,
        "X-Amz-Expires": "600",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0",
        ...differs,
      };
      const query = Object.entries(parameters).flatMap(([name, value]) =>
        value === undefined ? [] : `${name}=${encodeURIComponent(value)}`,
      );
      const answer = await it.raw({ target: `/there/old?${query.join("&")}` });
      const [found, text] = xmlError(answer);
      assert.deepEqual([answer.status, found], [status, code]);
      if (message !== undefined) assert.equal(text, message);
    });

  test("URLs signed the old way", async () => {
    const url = (query: string) => ({ target: `/there/old?AWSAccessKeyId=test${query}` });
    for (const [query, message] of [
      ["&Signature=s&Expires=1", "Request has expired"],
      ["&Signature=s&Expires=soon", "Invalid date (should be seconds since epoch): soon"],
      [
        "",
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
      ],
    ] as const) {
      const answer = await it.raw(url(query));
      assert.deepEqual([answer.status, ...xmlError(answer)], [403, "AccessDenied", message]);
    }
  });

  test("methods that a resource does not have", async () => {
    for (const [method, target] of [
      ["PATCH", "/there/old"],
      ["POST", "/there/old"],
      ["TRACE", "/there/old"],
      ["PROPFIND", "/there"],
      ["PUT", "/"],
      ["POST", "/"],
      ["GET", "//there/old"],
    ] as const)
      await refused(
        { method, target },
        405,
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
      );
    await it.unchanged();
  });

  test("what is not there yet says so", async () => {
    for (const query of ["replication", "metadataTable", "metadataConfiguration"]) {
      const answer = await send({ target: `/there?${query}` });
      assert.deepEqual([answer.status, xmlError(answer)[0]], [501, "NotImplemented"]);
    }
  });

  test("a header that a query asks for cannot begin another one", async () => {
    const { status, headers } = await send({
      target: "/there/old?response-content-type=a%0d%0aX-Evil:%20b",
    });
    assert.equal(headers["x-evil"], undefined);
    assert.ok(status === 200 || status === 400);
  });

  test("hosts that name no bucket", async () => {
    for (const host of ["a..b.s3.localhost", `${long(200)}.s3.localhost`])
      await refused({ target: "/old", headers: [`Host: ${host}`] }, 404, "NoSuchBucket");
    await refused(
      { target: "/old", headers: [`Host: ${long(5000)}.s3.localhost`] },
      400,
      "InvalidBucketName",
    );
  });
});
