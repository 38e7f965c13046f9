import assert from "node:assert/strict";
import { test } from "node:test";
import { Query } from "./query-string.ts";
import { readSignature } from "./signature.ts";

const header = (headers: Record<string, string>) => readSignature(headers, Query.EMPTY);
const query = (text: string) => readSignature({}, Query.parse(text));

test("reads an Authorization header of version 4", () => {
  assert.deepEqual(
    header({
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/iam/aws4_request, SignedHeaders=content-type;host, Signature=5d67",
      "x-amz-date": "20261122T174300Z",
      "x-amz-security-token": "token",
    }),
    {
      version: "v4",
      accessKeyId: "AKID",
      region: "us-east-1",
      service: "iam",
      date: "20261122T174300Z",
      signature: "5d67",
      signedHeaders: ["content-type", "host"],
      expires: undefined,
      presigned: false,
      securityToken: "token",
    },
  );
});

test("reads it without spaces between its parts, as some clients write it", () => {
  const signature = header({
    authorization:
      "AWS4-HMAC-SHA256 Credential=A/20261122/eu-west-1/s3/aws4_request,SignedHeaders=host,Signature=0",
  });
  assert.deepEqual(
    [signature?.accessKeyId, signature?.service, signature?.signature],
    ["A", "s3", "0"],
  );
});

test("reads a presigned URL of version 4", () => {
  const signature = query(
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20261122%2Feu-west-1%2Fs3%2Faws4_request" +
      "&X-Amz-Date=20261122T174300Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=5d67",
  );
  assert.deepEqual(
    [
      signature?.presigned,
      signature?.accessKeyId,
      signature?.region,
      signature?.expires,
      signature?.date,
    ],
    [true, "AKID", "eu-west-1", 900, "20261122T174300Z"],
  );
});

test("reads the asymmetric version, whose region stands beside it", () => {
  const signature = header({
    authorization:
      "AWS4-ECDSA-P256-SHA256 Credential=AKID/20261122/events/aws4_request, SignedHeaders=host, Signature=30",
    "x-amz-region-set": "us-east-1,us-west-2",
  });
  assert.deepEqual(
    [signature?.version, signature?.service, signature?.region],
    ["v4a", "events", "us-east-1"],
  );
  const anywhere = header({
    authorization:
      "AWS4-ECDSA-P256-SHA256 Credential=AKID/20261122/events/aws4_request, SignedHeaders=host, Signature=30",
    "x-amz-region-set": "*",
  });
  assert.equal(anywhere?.region, undefined);
});

test("reads both forms of version 2", () => {
  const old = header({ authorization: "AWS AKID:c2ln", date: "Sun, 22 Nov 2026 17:43:05 GMT" });
  assert.deepEqual([old?.version, old?.accessKeyId, old?.signature], ["v2", "AKID", "c2ln"]);
  const url = query("AWSAccessKeyId=AKID&Signature=c2ln&Expires=1795369385");
  assert.deepEqual([url?.version, url?.presigned, url?.expires], ["v2", true, 1795369385]);
});

test("what cannot be read is no signature", () => {
  for (const authorization of [
    "",
    "Basic dTpw",
    "Bearer x",
    "AWS",
    "AWS nocolon",
    "AWS4-HMAC-SHA256",
    "AWS4-HMAC-SHA256 Credential=/////",
  ])
    assert.equal(header({ authorization }), undefined, authorization);
  assert.equal(query("X-Amz-Algorithm=AWS4-HMAC-SHA256"), undefined);
  assert.equal(query("a=b"), undefined);
  assert.equal(
    query("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A/1/r/s/q&X-Amz-Expires=soon")
      ?.expires,
    undefined,
  );
});
