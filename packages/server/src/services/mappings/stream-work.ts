/**
 * What a mapping does with the records of a stream.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
 */
import type { Scope } from "../../domain/scope.ts";
import type { StreamPosition } from "../../ports/event-sources.ts";
import type { FunctionAnswer } from "../../ports/function-calls.ts";
import {
  compileFilters,
  failedItems,
  type StreamCall,
  type StreamOutcome,
  type StreamWork,
  streamRecord,
  type WindowCall,
} from "../pollers/index.ts";
import { callWith, eventOf, newTrace } from "./calls.ts";
import type { MappingsDependencies } from "./context.ts";
import { type LastAttempt, tellOfLoss } from "./lost-batches.ts";
import type { Mapping, StartingPosition, StreamSettings } from "./model.ts";
import { dimensionsOf } from "./queue-work.ts";
import { CALL_FAILED, OK, type Reports } from "./reports.ts";
import { PAYLOADS } from "./settings.ts";

export async function streamWork(
  context: MappingsDependencies,
  scope: Scope,
  mapping: Mapping,
  reports: Reports,
): Promise<StreamWork<LastAttempt>> {
  const { settings, sourceArn, functionArn, kind } = mapping;
  const { functions, clock, metrics } = context;
  const stream = settings.stream ?? DEFAULTS;
  const passes = compileFilters(settings.filters ?? [], PAYLOADS[kind], context.compilePattern);
  const dimensions = dimensionsOf(mapping);
  const { role = "" } = (await functions.find(scope, functionArn)) ?? {};

  async function process(call: StreamCall): Promise<StreamOutcome<LastAttempt>> {
    const { items, window } = call;
    const traceId = await newTrace(functions, functionArn, clock.now());
    const payload = eventOf(items, window && besideOf(call, window, sourceArn));
    const { requestId, answer } = await callWith(functions, functionArn, payload, traceId);
    if (answer.kind !== "answered") return answer;
    metrics.count("InvokedEventCount", dimensions, items.length);
    const outcome = outcomeOf(call, requestId, answer, settings.reportsFailures);
    reports.result(outcome.kind === "done" ? OK : CALL_FAILED);
    if (outcome.kind === "failed")
      metrics.count("FailedInvokeEventCount", dimensions, items.length - outcome.from);
    return outcome;
  }

  return {
    streamArn: sourceArn,
    start: startOf(mapping.position),
    batchSize: settings.batchSize,
    windowMs: settings.windowSeconds * 1000,
    factor: stream.factor,
    tumblingMs: stream.tumblingSeconds * 1000,
    retries: stream.retries === -1 ? Number.POSITIVE_INFINITY : stream.retries,
    ageMs: stream.ageSeconds === -1 ? Number.POSITIVE_INFINITY : stream.ageSeconds * 1000,
    bisect: stream.bisect,
    prepare(record, shardId) {
      const value = streamRecord(record, { streamArn: sourceArn, shardId, role });
      return passes(value) ? JSON.stringify(value) : undefined;
    },
    async process(call) {
      try {
        return await process(call);
      } catch (error) {
        context.onDefect(error, { during: "an event source mapping", uuid: mapping.uuid });
        return { kind: "refused" };
      }
    },
    async giveUp(lost) {
      await tellOfLoss(context, mapping, stream.onFailure, lost);
      metrics.count("OnFailureDestinationDeliveredEventCount", dimensions, lost.items.length);
    },
    polled(records, filtered) {
      metrics.count("PolledEventCount", dimensions, records);
      if (filtered > 0) metrics.count("FilteredOutEventCount", dimensions, filtered);
    },
    trouble: (error) => reports.trouble(error),
    gone: () => reports.gone(),
  };
}

const DEFAULTS: StreamSettings = {
  factor: 1,
  bisect: false,
  retries: -1,
  ageSeconds: -1,
  tumblingSeconds: 0,
};

export const startOf = (position: StartingPosition | undefined): StreamPosition =>
  position?.at === "AT_TIMESTAMP"
    ? { at: "AT_TIMESTAMP", time: position.time ?? 0 }
    : { at: position?.at ?? "TRIM_HORIZON" };

/** https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html */
function besideOf(
  { shardId }: StreamCall,
  { start, end, state, final, early }: WindowCall,
  streamArn: string,
): string {
  const beside = {
    window: { start: secondsOf(start), end: secondsOf(end) },
    state: state ?? {},
    shardId,
    eventSourceARN: streamArn,
    isFinalInvokeForWindow: final,
    isWindowTerminatedEarly: early,
  };
  return `,${JSON.stringify(beside).slice(1, -1)}`;
}

/** `2026-11-22T18:00:00Z` */
const secondsOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

function outcomeOf(
  { items, window }: StreamCall,
  requestId: string,
  answer: Extract<FunctionAnswer, { kind: "answered" }>,
  reportsFailures: boolean,
): Extract<StreamOutcome<LastAttempt>, { kind: "done" | "failed" }> {
  const { functionError, executedVersion, payload } = answer;
  const failed = (from: number) =>
    ({
      kind: "failed",
      from,
      last: { requestId, executedVersion, functionError: functionError ?? null },
    }) as const;
  if (functionError !== undefined) return failed(0);
  const first = reportsFailures ? firstFailure(items, payload) : undefined;
  if (first !== undefined) return failed(first);
  if (window === undefined) return { kind: "done" };
  const state = stateIn(payload);
  // Lambda: who aggregates must answer with the state, but at the end of the window.
  return state === undefined && !window.final ? failed(0) : { kind: "done", state: state ?? {} };
}

/** The index of the first record that failed: those before it are done. */
function firstFailure(items: StreamCall["items"], payload: Uint8Array): number | undefined {
  const ids = new Set(items.map(({ record }) => record.sequenceNumber));
  const failed = failedItems(payload, ids);
  if (failed === "all") return 0;
  const index = items.findIndex(({ record }) => failed.has(record.sequenceNumber));
  return index < 0 ? undefined : index;
}

function stateIn(payload: Uint8Array): unknown {
  try {
    const response: unknown = JSON.parse(Buffer.from(payload).toString("utf8"));
    if (typeof response !== "object" || response === null) return undefined;
    return Reflect.get(response, "state") ?? undefined;
  } catch {
    return undefined;
  }
}
