import { randomFillSync } from "node:crypto";
import { headerOfTraceparent } from "./trace-header.ts";

/**
 * A new trace id in X-Ray's form, `Root=1-<seconds>-<24 hex digits>;Parent=<16 hex digits>`: nobody has decided yet whether it is recorded.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
export function newTraceId(nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
    .toString(16)
    .padStart(8, "0");
  const digits = randomDigits();
  return `Root=1-${seconds}-${digits.slice(0, 24)};Parent=${digits.slice(24)}`;
}

/** Bytes of one id. Many are drawn at once: it is the asking that costs. */
const ID_BYTES = 20;
const pool = Buffer.alloc(200 * ID_BYTES);
let used = pool.length;

/** Forty hexadecimal digits. */
function randomDigits(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString("hex", used - ID_BYTES, used);
}

/** What a caller's X-Amzn-Trace-Id must look like to be passed on: nothing that could break a header or a log line. */
const TRACE_ID = /^[A-Za-z0-9=;:_-]{1,256}$/;

/** The caller's trace id where it sent a usable one. */
export const usableTraceId = (header: string | undefined): string | undefined =>
  header !== undefined && TRACE_ID.test(header) ? header : undefined;

/** The caller's trace where it sent a usable one, in X-Ray's header or in W3C's, else a new one. */
export const traceIdOf = (
  header: string | undefined,
  traceparent: string | undefined,
  nowMs: number,
): string => usableTraceId(header) ?? headerOfTraceparent(traceparent) ?? newTraceId(nowMs);
