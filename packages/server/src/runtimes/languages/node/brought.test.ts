import assert from "node:assert/strict";
import { test } from "node:test";
import { runtimeBrings } from "./brought.ts";

test("runtimes from nodejs18.x on bring the AWS SDK v3, as far as it is installed, and nothing else", () => {
  assert.equal(runtimeBrings("nodejs22.x", "@aws-sdk/client-s3"), true);
  assert.equal(runtimeBrings("nodejs16.x", "@aws-sdk/client-s3"), false);
  assert.equal(runtimeBrings("nodejs22.x", "@aws-sdk/client-of-nobody"), false);
  assert.equal(runtimeBrings("nodejs22.x", "zod"), false);
  assert.equal(runtimeBrings("python3.13", "@aws-sdk/client-s3"), false);
});
