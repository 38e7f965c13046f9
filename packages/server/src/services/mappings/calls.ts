/** One batch, one invocation: what all kinds of sources share of it. */
import { randomUUID } from "node:crypto";
import { depthOf } from "../../domain/lineage.ts";
import { newTraceId, usableTraceId } from "../../domain/trace-id.ts";
import type { FunctionAnswer, FunctionCalls } from "../../ports/function-calls.ts";

/** The event of a batch: its records, and what stands beside them. */
export function eventOf(records: readonly { readonly json: string }[], beside = ""): Uint8Array {
  return Buffer.from(`{"Records":[${records.map(({ json }) => json).join(",")}]${beside}}`);
}

export interface BatchCall {
  readonly requestId: string;
  readonly answer: FunctionAnswer;
}

export async function callWith(
  functions: FunctionCalls,
  functionArn: string,
  payload: Uint8Array,
  traceId: string,
): Promise<BatchCall> {
  const requestId = randomUUID();
  const answer = await functions.call(functionArn, { requestId, payload, traceId });
  return { requestId, answer };
}

/** A trace for a batch that brings none. */
export async function newTrace(
  functions: FunctionCalls,
  functionArn: string,
  now: number,
): Promise<string> {
  const traceId = newTraceId(now);
  return (await functions.follow(functionArn, traceId)) ?? traceId;
}

/** Where the items of a batch come from by way of functions, it goes on with the longest of their ways. */
export async function traceOf<T>(
  functions: FunctionCalls,
  functionArn: string,
  items: readonly T[],
  headerOf: (item: T) => string | undefined,
  now: number,
): Promise<{ readonly traceId: string; readonly looped: ReadonlySet<T> }> {
  let deepest: string | undefined;
  let looped: Set<T> | undefined;
  for (const item of items) {
    const header = usableTraceId(headerOf(item));
    if (header === undefined) continue;
    const further = await functions.follow(functionArn, header);
    if (further === undefined) {
      looped ??= new Set();
      looped.add(item);
    } else if (deepest === undefined || depthOf(further) > depthOf(deepest)) deepest = further;
  }
  const traceId = deepest ?? (await newTrace(functions, functionArn, now));
  return { traceId, looped: looped ?? new Set() };
}
