import { randomUUID } from "node:crypto";

/**
 * A new trace id in X-Ray's form, `Root=1-<seconds>-<24 hex digits>;Parent=<16 hex digits>;Sampled=0`.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
export function newTraceId(nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
    .toString(16)
    .padStart(8, "0");
  const one = randomUUID();
  const two = randomUUID();
  return `Root=1-${seconds}-${one.slice(0, 8)}${one.slice(9, 13)}${one.slice(24)};Parent=${two.slice(0, 8)}${two.slice(24, 32)};Sampled=0`;
}

/** What a caller's X-Amzn-Trace-Id must look like to be passed on: nothing that could break a header or a log line. */
const TRACE_ID = /^[A-Za-z0-9=;:_-]{1,256}$/;

/** The caller's trace id where it sent a usable one. */
export const usableTraceId = (header: string | undefined): string | undefined =>
  header !== undefined && TRACE_ID.test(header) ? header : undefined;

/** The caller's trace id where it sent a usable one, else a new one. */
export const traceIdOf = (header: string | undefined, nowMs: number): string =>
  usableTraceId(header) ?? newTraceId(nowMs);
