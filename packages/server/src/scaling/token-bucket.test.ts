import assert from "node:assert/strict";
import { test } from "node:test";
import { TokenBucket } from "./token-bucket.ts";

const taken = (bucket: TokenBucket, now: number): number => {
  let count = 0;
  while (bucket.tryTake(now)) count++;
  return count;
};

test("a bucket is full at first, refills continuously and holds no more than it can", () => {
  const bucket = new TokenBucket(10, 1 / 100, 0);
  assert.equal(taken(bucket, 0), 10);
  assert.equal(taken(bucket, 99), 0);
  assert.equal(taken(bucket, 100), 1);
  assert.equal(taken(bucket, 1_000_000), 10);
});

test("a bucket of another size keeps what was used", () => {
  const bucket = new TokenBucket(10, 0, 0);
  for (let i = 0; i < 6; i++) bucket.tryTake(0);
  bucket.resize(20, 0, 0);
  assert.equal(taken(bucket, 0), 14);
  bucket.resize(30, 0, 0);
  bucket.resize(5, 0, 0);
  assert.equal(taken(bucket, 0), 0);
});
