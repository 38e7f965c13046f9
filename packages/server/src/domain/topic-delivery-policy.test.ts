import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Backoff,
  HTTP_POLICY,
  MAIL_POLICY,
  MANAGED_POLICY,
  retryDelay,
  totalDelay,
} from "./topic-delivery-policy.ts";

const delays = (policy: Parameters<typeof retryDelay>[0], count = 20) =>
  Array.from({ length: count }, (_, index) => retryDelay(policy, index + 1));

test("queues and functions are tried as AWS documents: 100,015 times over 23 days", () => {
  assert.deepEqual(
    delays(MANAGED_POLICY, 16),
    [0, 0, 0, 1, 1, 1, 2, 4, 8, 16, 20, 20, 20, 20, 20, 20].map((seconds) => seconds * 1000),
  );
  assert.equal(retryDelay(MANAGED_POLICY, 100_015), 20_000);
  assert.equal(retryDelay(MANAGED_POLICY, 100_016), undefined);
  assert.equal(Math.floor(totalDelay(MANAGED_POLICY) / 86_400_000), 23);
});

test("mail is tried 50 times over six hours", () => {
  assert.deepEqual(delays(MAIL_POLICY, 4), [10_000, 10_000, 10_000, 20_000]);
  assert.equal(retryDelay(MAIL_POLICY, 51), undefined);
  assert.equal(Math.floor(totalDelay(MAIL_POLICY) / 3_600_000), 7); // AWS says "over 6 hours"
});

test("web servers are tried three times unless they say otherwise", () => {
  assert.deepEqual(delays(HTTP_POLICY, 4), [20_000, 20_000, 20_000, undefined]);
});

test("the backoff phase goes from the least wait to the longest by its function", () => {
  const policy = (backoff: Backoff) => ({
    ...HTTP_POLICY,
    minDelay: 2,
    maxDelay: 32,
    retries: 5,
    backoff,
  });
  const seconds = (backoff: Backoff) => delays(policy(backoff), 5).map((ms) => (ms ?? 0) / 1000);
  assert.deepEqual(seconds("linear"), [2, 9.5, 17, 24.5, 32]);
  assert.deepEqual(seconds("arithmetic"), [2, 5, 11, 20, 32]);
  assert.deepEqual(seconds("geometric"), [2, 4, 8, 16, 32]);
  assert.deepEqual(seconds("exponential"), [2, 4, 8, 16, 32]);
});
