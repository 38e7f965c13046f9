import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AwsError } from "../error.ts";
import { Query } from "../query-string.ts";
import type { AwsRequest } from "../request.ts";
import { readSignature } from "../signature.ts";
import { checkPresigned, hoistedHeaders } from "./s3-presigned.ts";

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
const V4 = {
  "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
  "X-Amz-Credential": "AKID/20261122/us-east-1/s3/aws4_request",
  "X-Amz-Date": "20261122T115900Z",
  "X-Amz-Expires": "120",
  "X-Amz-SignedHeaders": "host",
  "X-Amz-Signature": "0",
};

function request(query: object, headers: Record<string, string> = {}): AwsRequest {
  const parsed = new Query(Object.entries(query).filter(([, value]) => value !== undefined));
  return {
    method: "GET",
    path: "/b/k",
    query: parsed,
    headers,
    host: "localhost",
    signature: readSignature(headers, parsed),
    requestId: "R",
    malformed: undefined,
  };
}

function refused(query: object): AwsError {
  try {
    checkPresigned(request(query), NOW);
  } catch (error) {
    assert.ok(error instanceof AwsError);
    return error;
  }
  throw new Error("it was taken");
}

describe("a presigned URL", () => {
  it("holds until its end", () => {
    checkPresigned(request(V4), NOW);
    checkPresigned(request({ ...V4, "X-Amz-Expires": "60" }), NOW);
    checkPresigned(request({ AWSAccessKeyId: "a", Signature: "s", Expires: `${NOW / 1000}` }), NOW);
  });

  it("is refused after it", () => {
    const { code, status, members } = refused({ ...V4, "X-Amz-Expires": "59" });
    assert.deepEqual([code, status], ["AccessDenied", 403]);
    assert.deepEqual(members, {
      "X-Amz-Expires": "59",
      Expires: "2026-11-22T11:59:59Z",
      ServerTime: "2026-11-22T12:00:00Z",
    });
    const old = { AWSAccessKeyId: "a", Signature: "s", Expires: `${NOW / 1000 - 1}` };
    assert.equal(refused(old).message, "Request has expired");
  });

  for (const [name, value] of [
    ["X-Amz-Signature", undefined],
    ["X-Amz-Algorithm", "none"],
    ["X-Amz-Credential", "nonsense"],
    ["X-Amz-Date", "yesterday"],
    ["X-Amz-Date", "20261399T999999Z"],
    ["X-Amz-Expires", "soon"],
    ["X-Amz-Expires", "-1"],
    ["X-Amz-Expires", "604801"],
  ] as const)
    it(`is refused with ${name} ${value ?? "missing"}`, () => {
      const { code, status } = refused({ ...V4, [name]: value });
      assert.deepEqual([code, status], ["AuthorizationQueryParametersError", 400]);
    });

  it("of the second version needs its signature and a time", () => {
    assert.equal(refused({ AWSAccessKeyId: "a", Expires: "1" }).status, 403);
    assert.equal(refused({ AWSAccessKeyId: "a", Signature: "s", Expires: "x" }).status, 403);
  });

  it("is none where the request is signed by header, or not at all", () => {
    const authorization = "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request";
    checkPresigned(request({ ...V4, "X-Amz-Expires": "1" }, { authorization }), NOW);
    checkPresigned(request({ prefix: "a" }), NOW);
  });

  it("carries headers in its query, but no checksums", () => {
    const query = {
      ...V4,
      "x-amz-meta-a": "1",
      "x-amz-acl": "private",
      "x-amz-checksum-crc32": "AAAAAA==",
      "x-amz-sdk-checksum-algorithm": "CRC32",
      "x-amz-checksum-mode": "ENABLED",
      prefix: "p",
    };
    assert.deepEqual(
      { ...hoistedHeaders(request(query, { "x-amz-acl": "sent" })) },
      {
        "x-amz-meta-a": "1",
        "x-amz-checksum-mode": "ENABLED",
      },
    );
    assert.deepEqual({ ...hoistedHeaders(request({ "x-amz-meta-a": "1" })) }, {});
  });
});
