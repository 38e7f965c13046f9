import assert from "node:assert/strict";
import { it } from "node:test";
import { bucketOfWebsite } from "./s3-website-host.ts";

it("finds the bucket in the host of a website", () => {
  for (const [host, bucket] of [
    ["b.s3-website.localhost:4566", "b"],
    ["www.example.com.s3-website-us-east-1.amazonaws.com", "www.example.com"],
    ["b.s3-website.eu-central-1.amazonaws.com", "b"],
    ["s3-website.localhost", undefined],
    ["b.s3.localhost", undefined],
    ["b.s3-website_x.localhost", undefined],
    ["", undefined],
  ] as const)
    assert.equal(bucketOfWebsite(host), bucket, host);
});
