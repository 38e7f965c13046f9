/** Documents and headers about settings, versions and locks that are none: refused in S3's words, and nothing changes. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { openTarget, type Target, xmlError } from "./bad-input.ts";

const long = (length: number) => "x".repeat(length);

/** What a bucket or an object is told by a document. */
const TOLD = [
  "versioning",
  "lifecycle",
  "cors",
  "website",
  "encryption",
  "publicAccessBlock",
  "ownershipControls",
  "accelerate",
  "requestPayment",
  "logging",
  "object-lock",
  "analytics&id=x",
  "inventory&id=x",
  "metrics&id=x",
  "intelligent-tiering&id=x",
];
const TOLD_OF_OBJECTS = ["retention", "legal-hold"];

const NO_DOCUMENTS: Readonly<Record<string, string | Uint8Array>> = {
  "a text": "hello",
  JSON: "{}",
  "half a document": "<A><B>",
  "two roots": "<A/><A/>",
  "a document type": "<!DOCTYPE a><A/>",
  "a file for an entity": '<!DOCTYPE t [<!ENTITY f SYSTEM "file:///etc/passwd">]><A>&f;</A>',
  "elements 10,000 deep": `${"<a>".repeat(10_000)}${"</a>".repeat(10_000)}`,
  "bytes that are not UTF-8": Buffer.from([0x3c, 0x41, 0x3e, 0xff]),
};

/** Sent to a bucket: none of them is a fault of ours. */
const REQUESTS: readonly (readonly [
  method: string,
  target: string,
  status: number,
  code: string,
  headers?: readonly string[],
  body?: string,
])[] = [
  ["GET", "/there?versions&version-id-marker=x", 400, "InvalidArgument"],
  ["GET", "/there?versions&max-keys=-1", 400, "InvalidArgument"],
  ["GET", "/there?versions&max-keys=many", 400, "InvalidArgument"],
  ["GET", "/there?versions&encoding-type=rot13", 400, "InvalidArgument"],
  ["GET", `/there?versions&prefix=${long(1025)}`, 400, "KeyTooLongError"],
  ["GET", "/there?versions&key-marker=%00", 400, "InvalidURI"],
  ["GET", "/there/old?versionId=%00", 400, "InvalidArgument"],
  ["GET", `/there/old?versionId=${long(5000)}`, 400, "InvalidArgument"],
  ["GET", "/there/old?versionId=../../../../etc/passwd", 400, "InvalidArgument"],
  ["DELETE", "/there/old?versionId=nonsense", 400, "InvalidArgument"],
  ["GET", "/there/old?retention", 400, "InvalidRequest"],
  ["GET", "/there/old?legal-hold", 400, "InvalidRequest"],
  ["GET", "/there?analytics&id=../x", 400, "InvalidConfigurationId"],
  ["GET", "/there?inventory&id=nobody", 404, "NoSuchConfiguration"],
  ["GET", "/there?metrics&continuation-token=stranger", 400, "InvalidArgument"],
  ["PUT", "/there?policy", 400, "MalformedPolicy", [], "no policy"],
  ["PUT", "/there?policy", 400, "PolicyTooLarge", [], `{"Statement": "${long(21_000)}"}`],
  ["PUT", "/there?acl", 400, "MissingSecurityHeader"],
  ["PUT", "/there?acl", 400, "InvalidArgument", ["x-amz-acl: everybody"]],
  ["PUT", "/there?acl", 400, "InvalidArgument", ["x-amz-grant-read: id"]],
  ["PUT", "/there?acl", 400, "InvalidArgument", [`x-amz-grant-read: id="${long(64)}"`]],
  [
    "PUT",
    "/there?versioning",
    400,
    "IllegalVersioningConfigurationException",
    [],
    "<VersioningConfiguration/>",
  ],
  ["POST", "/there/old?restore", 400, "MalformedXML"],
  ["POST", "/there/old?restore", 400, "MalformedXML", [], "<RestoreRequest/>"],
  ["PUT", "/there/k", 400, "InvalidArgument", ["x-amz-object-lock-mode: MAYBE"]],
  [
    "PUT",
    "/there/k",
    400,
    "InvalidArgument",
    ["x-amz-object-lock-mode: GOVERNANCE", "x-amz-object-lock-retain-until-date: soon"],
  ],
  ["PUT", "/there/k", 400, "InvalidArgument", ["x-amz-object-lock-legal-hold: PERHAPS"]],
  ["PUT", "/there/k", 400, "InvalidRequest", ["x-amz-object-lock-legal-hold: ON"]],
  [
    "PUT",
    "/there/k",
    400,
    "InvalidArgument",
    [
      "x-amz-server-side-encryption-customer-algorithm: AES256",
      "x-amz-server-side-encryption-customer-key: short",
      "x-amz-server-side-encryption-customer-key-md5: wrong",
    ],
  ],
  [
    "PUT",
    "/there/k",
    400,
    "KMS.NotFoundException",
    [
      "x-amz-server-side-encryption: aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id: ../../keys",
    ],
  ],
  ["OPTIONS", "/there/old", 400, "BadRequest"],
  ["OPTIONS", "/%ff/%zz", 400, "BadRequest", ["Origin: https://a.example"]],
  [
    "OPTIONS",
    "/../x",
    403,
    "AccessForbidden",
    ["Origin: null", "Access-Control-Request-Method: GET"],
  ],
];

describe("what buckets are told and refuse", () => {
  let it: Target;

  before(async () => {
    it = await openTarget();
    await it.s3.send(new CreateBucketCommand({ Bucket: "there" }));
    await it.s3.send(new PutObjectCommand({ Bucket: "there", Key: "old", Body: "x" }));
    await it.settle();
  });
  after(() => it[Symbol.asyncDispose]());

  for (const [what, body] of Object.entries(NO_DOCUMENTS))
    test(`${what}: no document`, async () => {
      const targets = [
        ...TOLD.map((told) => `/there?${told}`),
        ...TOLD_OF_OBJECTS.map((told) => `/there/old?${told}`),
      ];
      for (const target of targets) {
        const answer = await it.raw({ service: "s3", method: "PUT", target, body });
        assert.deepEqual([answer.status, xmlError(answer)[0]], [400, "MalformedXML"], target);
      }
      await it.unchanged();
    });

  for (const [method, target, status, code, headers = [], body = ""] of REQUESTS)
    test(`${method} ${target.slice(0, 60)} ${headers.join(" ").slice(0, 60)}: ${code}`, async () => {
      const answer = await it.raw({ service: "s3", method, target, headers: [...headers], body });
      const [found] = xmlError(answer);
      assert.deepEqual([answer.status, found], [status, code], answer.body.slice(0, 500));
      await it.unchanged();
    });

  test("websites of strangers' hosts", async () => {
    for (const host of [
      "..s3-website.localhost",
      `${long(300)}.s3-website.localhost`,
      "<b>.s3-website.localhost",
    ]) {
      const answer = await it.raw({ target: "/%00", headers: [`Host: ${host}`] });
      assert.ok([400, 404].includes(answer.status), `${host}: ${answer.status}`);
      assert.ok(!answer.body.includes("<b>"));
    }
  });
});
