import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bucketOfHost } from "./s3-host.ts";

describe("the bucket of a host", () => {
  for (const [host, bucket] of [
    ["bucket.s3.localhost:4566", "bucket"],
    ["bucket.s3.us-east-1.amazonaws.com", "bucket"],
    ["bucket.s3.amazonaws.com", "bucket"],
    ["bucket.s3-us-west-2.amazonaws.com", "bucket"],
    ["bucket.s3.dualstack.eu-west-1.amazonaws.com", "bucket"],
    ["my.dotted.bucket.s3.localhost", "my.dotted.bucket"],
    ["s3.bucket.s3.localhost", "s3.bucket"],
    ["bucket.localhost:4566", "bucket"],
    ["my.bucket.localhost", "my.bucket"],
    ["s3.localhost:4566", undefined],
    ["s3.us-east-1.amazonaws.com", undefined],
    ["s3-us-west-2.amazonaws.com", undefined],
    ["localhost:4566", undefined],
    ["127.0.0.1:4566", undefined],
    ["[::1]:4566", undefined],
    ["example.com", undefined],
    ["", undefined],
  ] as const)
    it(`${host || "nothing"}: ${bucket ?? "an endpoint alone"}`, () => {
      assert.equal(bucketOfHost(host), bucket);
    });
});
