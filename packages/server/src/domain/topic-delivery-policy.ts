/**
 * When deliveries of topics are tried again: SNS's fixed policies, and those that subscribers of HTTP set.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */

/** Waits in seconds; retries of the four phases. What is left of `retries` is the backoff phase. */
export interface RetryPolicy {
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly retries: number;
  readonly noDelayRetries: number;
  readonly minDelayRetries: number;
  readonly maxDelayRetries: number;
  readonly backoff: Backoff;
}
export type Backoff = "linear" | "arithmetic" | "geometric" | "exponential";

export const isBackoff = (name: unknown): name is Backoff =>
  name === "linear" || name === "arithmetic" || name === "geometric" || name === "exponential";

/** Queues and functions: 3 at once, 2 after a second each, 10 from 1 to 20 s, 100,000 every 20 s. */
export const MANAGED_POLICY: RetryPolicy = {
  minDelay: 1,
  maxDelay: 20,
  retries: 100_015,
  noDelayRetries: 3,
  minDelayRetries: 2,
  maxDelayRetries: 100_000,
  backoff: "exponential",
};

/** Mail: 2 after 10 s each, 10 from 10 s to 10 min, 38 every 10 min. */
export const MAIL_POLICY: RetryPolicy = {
  minDelay: 10,
  maxDelay: 600,
  retries: 50,
  noDelayRetries: 0,
  minDelayRetries: 2,
  maxDelayRetries: 38,
  backoff: "exponential",
};

export const HTTP_POLICY: RetryPolicy = {
  minDelay: 20,
  maxDelay: 20,
  retries: 3,
  noDelayRetries: 0,
  minDelayRetries: 0,
  maxDelayRetries: 0,
  backoff: "linear",
};

/** Milliseconds before the retry with this number, from 1; undefined: there is none. */
export function retryDelay(policy: RetryPolicy, retry: number): number | undefined {
  const { retries, noDelayRetries, minDelayRetries, maxDelayRetries } = policy;
  if (retry > retries) return undefined;
  if (retry <= noDelayRetries) return 0;
  const step = retry - noDelayRetries - minDelayRetries;
  if (step <= 0) return policy.minDelay * 1000;
  const steps = retries - noDelayRetries - minDelayRetries - maxDelayRetries;
  if (step > steps) return policy.maxDelay * 1000;
  return Math.round(backedOff(policy, step, steps) * 1000);
}

/** The wait of one step of the backoff phase: it grows from the least to the longest one. */
function backedOff({ minDelay, maxDelay, backoff }: RetryPolicy, step: number, steps: number) {
  const part = steps === 1 ? 1 : (step - 1) / (steps - 1);
  const range = maxDelay - minDelay;
  switch (backoff) {
    case "linear":
      return minDelay + range * part;
    case "arithmetic": // each wait is longer than the one before by one unit more
      return minDelay + (range * (step * (step - 1))) / Math.max(1, steps * (steps - 1));
    case "geometric":
      return minDelay * (maxDelay / minDelay) ** part;
    case "exponential":
      return Math.min(maxDelay, minDelay * 2 ** Math.min(step - 1, 30));
  }
}

/** SNS: all retries of a policy together may take an hour. Milliseconds. */
export function totalDelay(policy: RetryPolicy): number {
  let sum = 0;
  for (let retry = 1; ; retry += 1) {
    const delay = retryDelay(policy, retry);
    if (delay === undefined) return sum;
    sum += delay;
  }
}
