import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isBucketName, placeBucket } from "./bucket.ts";

describe("bucket names", () => {
  for (const name of ["abc", "my-bucket.1", "0-0", "a".repeat(63)])
    it(`${name} is one`, () => assert.ok(isBucketName(name)));

  for (const name of [
    "ab",
    "a".repeat(64),
    "Upper",
    "under_score",
    "-start",
    "end-",
    "two..dots",
    "192.168.5.4",
    "xn--idn",
    "x-s3alias",
    "x--ol-s3",
    "space here",
    "naïve",
    "line\nbreak",
    "../../etc",
  ])
    it(`${JSON.stringify(name)} is none`, () => assert.equal(isBucketName(name), false));
});

describe("where a bucket is created", () => {
  it("the classic endpoint creates anywhere, and at home without being told", () => {
    assert.deepEqual(placeBucket("us-east-1", undefined), { region: "us-east-1" });
    assert.deepEqual(placeBucket("us-east-1", "us-west-2"), { region: "us-west-2" });
    assert.deepEqual(placeBucket("us-east-1", "EU"), { region: "eu-west-1" });
  });

  it("the classic endpoint refuses its own name and what is no region", () => {
    for (const constraint of ["us-east-1", "aws-global", "us-east-1-foo"])
      assert.deepEqual(placeBucket("us-east-1", constraint), { fault: "invalid" });
  });

  it("a regional endpoint creates at home only, and wants to be told", () => {
    assert.deepEqual(placeBucket("us-east-2", "us-east-2"), { region: "us-east-2" });
    assert.deepEqual(placeBucket("eu-west-1", "EU"), { region: "eu-west-1" });
    for (const constraint of [undefined, "us-west-1", "us-east-1", "EU", "bar"])
      assert.deepEqual(placeBucket("us-east-2", constraint), { fault: "illegal" });
  });
});
