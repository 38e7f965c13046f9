/**
 * What becomes of an event that was invoked asynchronously. Times in milliseconds.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
import { doubling } from "./backoff.ts";
import type { EventInvokeSettings } from "./function.ts";

/** An event between its attempts, as it waits in the queue of its function. */
export interface AsyncEvent {
  /** The same on every attempt. */
  readonly requestId: string;
  /** As the caller qualified it. */
  readonly invokedFunctionArn: string;
  readonly qualifier?: string;
  /** With its lineage. */
  readonly traceId: string;
  readonly clientContext?: string;
  /** It is one too many of a recursive loop, and will not run. */
  readonly looped?: true;
  readonly history: EventHistory;
}

export interface EventHistory {
  /** Attempts that the function failed. */
  readonly failures: number;
  /** Attempts that did not reach it: throttles and the platform's own errors. */
  readonly refusals: number;
  /** Refusals since the last attempt that reached it. */
  readonly inARow: number;
}

export const NO_HISTORY: EventHistory = { failures: 0, refusals: 0, inARow: 0 };

export interface Patience {
  /** How often an event is tried again after the function failed. */
  readonly retries: number;
  /** How old it may become. */
  readonly ageMs: number;
}

/** Why an event is over. All but the last one are the conditions of Lambda's invocation records. */
export type EventEnd =
  | "Success"
  | "RetriesExhausted"
  | "EventAgeExceeded"
  | "ZeroReservedConcurrency"
  | "RecursiveInvocation";

/** It waits for another attempt, or it is over. */
export type Next =
  | { readonly delayMs: number; readonly history: EventHistory }
  | { readonly end: EventEnd };

const DEFAULT_RETRIES = 2;
const DEFAULT_AGE_SECONDS = 21_600;
/** Lambda: one minute before the second attempt, two before the third. */
const RETRY_WAITS = [60_000, 120_000];
/** Lambda: from one second to five minutes for throttles and errors of the platform. */
const FIRST_BACKOFF = 1_000;
const LONGEST_BACKOFF = 300_000;

export const patienceOf = (settings: EventInvokeSettings | undefined): Patience => ({
  retries: settings?.maximumRetryAttempts ?? DEFAULT_RETRIES,
  ageMs: (settings?.maximumEventAgeSeconds ?? DEFAULT_AGE_SECONDS) * 1000,
});

/** After the function failed. `age`: how old the event is now. */
export function afterFailure(
  history: EventHistory,
  { retries, ageMs }: Patience,
  age: number,
): Next {
  const failures = history.failures + 1;
  if (failures > retries) return { end: "RetriesExhausted" };
  const delayMs = RETRY_WAITS[failures - 1] ?? LONGEST_BACKOFF;
  // Recorded: an event that would be too old by then ends at once.
  if (age + delayMs > ageMs) return { end: "EventAgeExceeded" };
  return { delayMs, history: { ...history, failures, inARow: 0 } };
}

/** After a throttle or an error of the platform, which count for nothing but the age. */
export function afterRefusal(history: EventHistory, { ageMs }: Patience, age: number): Next {
  const inARow = history.inARow + 1;
  const delayMs = backoffMs(inARow);
  if (age + delayMs > ageMs) return { end: "EventAgeExceeded" };
  return { delayMs, history: { ...history, refusals: history.refusals + 1, inARow } };
}

/** Doubles from a second to five minutes. `nth`: 1 for the first. */
export const backoffMs = (nth: number): number => doubling(FIRST_BACKOFF, nth - 1, LONGEST_BACKOFF);
